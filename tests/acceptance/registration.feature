Feature: Becoming somebody
  Whoever registers proves an address before the account is theirs. Until then it is pending and
  opens nothing, and nobody loses a name to an address that does not exist.

  Scenario: From a registration to the first login
    When ada registers
    Then the answer is 201
    And ada's account is pending, and an ordinary one
    And ada cannot log in: 403 "accounts.pending"
    When ada activates the account with the letter
    Then the answer is 204
    And ada can log in
    And ada's account is active, and an ordinary one

  Scenario: To look at the link in the letter activates nothing
    Given ada is registered
    When somebody opens the link in ada's letter
    Then ada cannot log in: 403 "accounts.pending"
    When ada presses the button behind the link
    Then the answer is 200
    And ada can log in

  Scenario: A letter that was lost is sent again
    Given ada is registered
    And 2 minutes have passed for ada
    When ada asks for another letter
    And ada activates the account with the letter
    Then ada can log in

  Scenario: To ask for another letter tells nobody who has an account
    Given ada has an account
    And pia is registered
    When another letter is asked for, for ada, pia and nobody
    Then every answer is 204
    And the answers cannot be told apart

  Scenario: An address that nobody can receive at frees the name
    When ada registers with an address that does not exist
    Then the answer is 201
    And ada's name is free again
    And ada cannot log in: 401 "accounts.login_failed"
    When ada registers
    And ada activates the account with the letter
    Then ada can log in

  Scenario Outline: A name or an address that somebody has
    Given ada has an account
    When bob registers with the <same> of ada
    Then the answer is 409 "<code>"

    Examples:
      | same             | code                    |
      | username         | accounts.username_taken |
      | username, louder | accounts.username_taken |
      | username, dotted | accounts.username_taken |
      | email            | accounts.email_taken    |
      | email, louder    | accounts.email_taken    |

  Scenario Outline: Nobody gives themselves what only others can give
    When ada registers with "<field>" as "<wish>"
    Then the answer is 422 "request.invalid"
    And what is wrong is "/<field>" alone
    And ada's name is free

    Examples:
      | field   | wish                                 |
      | role    | admin                                |
      | role_id | 3                                    |
      | state   | active                               |
      | id      | 00000000-0000-7000-8000-000000000000 |

  Scenario Outline: What cannot be a name, an address or a password
    When ada registers with "<field>" as "<value>"
    Then the answer is 422 "request.invalid"
    And what is wrong is "/<field>" alone

    Examples:
      | field    | value                           |
      | username | ad                              |
      | username | ada lovelace                    |
      | username | a_name_of_more_than_thirty_chars |
      | email    | ada                             |
      | email    | ada@example.org, bob@x.org       |
      | password | short                           |
      | password | password1                       |

  Scenario: Every mistake is told at once
    When ada registers with "username" as "a!", "email" as "ada" and "password" as "short"
    Then the answer is 422 "request.invalid"
    And what is wrong is "/email", "/password" and "/username"
    And the answer does not repeat "short"

  Scenario: Tokens that are unknown, used or too old differ in their code only
    Given ada has an account
    And pia is registered
    And 24 hours have passed for pia
    When these tokens are sent back:
      | token          | code                   |
      | of nobody      | accounts.token_unknown |
      | of ada, cut    | accounts.token_unknown |
      | of ada         | accounts.token_used    |
      | of pia         | accounts.token_expired |
    Then every answer is 410
    And the answers differ in their code only

  Scenario: A registration that is sent twice is one
    When ada registers twice under one key
    Then every answer is 201
    And the answers cannot be told apart
    And ada gets one letter
