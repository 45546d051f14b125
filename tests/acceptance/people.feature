Feature: People
  A profile shows what one wants to show, and never an address. Following is one's own decision,
  and taken back as easily.

  Scenario: A profile is there from the first moment
    Given ada and bob have accounts
    When bob looks at ada
    Then the answer is 200
    And it says that "follower_count" is 0
    And it says that "bio" is nothing
    And the answer does not repeat ada's address

  Scenario: By id and by name it is the same person
    Given ada and bob have accounts
    When bob looks at ada
    And bob looks at "@{ada}"
    Then the answers cannot be told apart

  Scenario Outline: Who cannot be seen
    Given ada has an account
    And pia is registered
    When ada looks at "<whom>"
    Then the answer is <status> "<code>"

    Examples:
      | whom                                 | status | code             |
      | @nobody.at.all                       | 404    | people.not_found |
      | @{pia}                               | 404    | people.not_found |
      | 00000000-0000-7000-8000-000000000000 | 404    | people.not_found |
      | no:one                               | 422    | request.invalid  |

  Scenario: One edits one's own profile
    Given ada and bob have accounts
    When ada edits the profile of version 1:
      | display_name | Ada Lovelace        |
      | bio          | Writes for engines. |
      | website      | https://ada.example |
      | location     | London              |
    Then the answer is 200
    And bob sees that ada's "display_name" is "Ada Lovelace"
    And bob sees that ada's "bio" is "Writes for engines."

  Scenario: An edit that comes too late loses nothing
    Given ada has an account
    And ada has edited the profile of version 1:
      | bio | Mine. |
    When ada edits the profile of version 1:
      | bio | From the other tab. |
    Then the answer is 409 "request.stale_version"
    And it says that "version" is 2
    And ada sees that ada's "bio" is "Mine."

  Scenario: To follow and to follow no more
    Given ada and bob have accounts
    When ada follows bob
    Then the answer is 204
    And the followers of bob are ada
    And ada follows nobody but bob
    And bob sees that bob's "follower_count" is 1
    When ada unfollows bob
    Then the answer is 204
    And bob has no followers
    And bob sees that bob's "follower_count" is 0

  Scenario: To follow twice is to follow
    Given ada and bob have accounts
    And ada follows bob already
    When ada follows bob
    Then the answer is 204
    And the followers of bob are ada
    When ada unfollows bob
    And ada unfollows bob
    Then the answer is 204
    And bob has no followers

  Scenario: Followers come in pages, who joined last first
    Given ada, bob, cleo and dora have accounts
    And bob, cleo and dora follow ada already
    When ada reads "/v1/users/{ada's id}/followers" 2 at a time
    Then dora, cleo and bob are listed, each once

  Scenario Outline: Whom one cannot follow
    Given ada has an account
    When ada <verb>s <whom>
    Then the answer is <status> "<code>"

    Examples:
      | verb     | whom   | status | code               |
      | follow   | ada    | 422    | people.not_oneself |
      | unfollow | ada    | 422    | people.not_oneself |
      | follow   | nobody | 404    | people.not_found   |
      | unfollow | nobody | 404    | people.not_found   |

  Scenario: Without an account one sees nobody
    Given ada has an account
    When a stranger looks at ada
    Then the answer is 401 "request.login_required"
    When a stranger follows ada
    Then the answer is 401 "request.login_required"
