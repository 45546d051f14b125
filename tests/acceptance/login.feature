Feature: Proving who one is
  A login tells nobody whether an account exists. What it gives is short-lived, is renewed by a
  token that works once, and ends when one says so.

  Scenario Outline: By name or by address, in any case
    Given ada has an account
    When ada logs in by "<word>" with <what>
    Then the answer is 200
    And it has access_token, token_type, expires_in, refresh_token and user

    Examples:
      | word     | what                       |
      | login    | the username               |
      | login    | the username, louder       |
      | login    | the address                |
      | username | the username               |
      | email    | the address, louder        |

  Scenario: A login that fails tells nobody why
    Given ada has an account
    And pia is registered
    When these try to log in:
      | as                | password |
      | ada               | wrong    |
      | ada's address     | wrong    |
      | pia               | wrong    |
      | pia's address     | wrong    |
      | nobody            | wrong    |
      | nobody's address  | wrong    |
    Then every answer is 401 "accounts.login_failed"
    And the answers cannot be told apart

  Scenario: Only the right password is told that an account is pending
    Given pia is registered
    Then pia cannot log in: 403 "accounts.pending"

  Scenario: Nothing but a login opens what is one's own
    Given ada has an account
    When a stranger reads "/v1/account"
    Then the answer is 401 "request.login_required"
    When ada sends the refresh token as an access token
    Then the answer is 401 "request.login_required"
    When ada sends an access token that somebody changed
    Then the answer is 401 "request.login_required"
    When ada reads "/v1/account"
    Then the answer is 200

  Scenario: A session is renewed by a token that is replaced each time
    Given ada has an account
    When ada renews the session
    Then the answer is 200
    And the refresh token is another one

  Scenario: After logging out nothing of the session works
    Given ada has an account
    When ada logs out
    Then the answer is 204
    When ada reads "/v1/account"
    Then the answer is 401 "request.login_required"
    When ada renews the session
    Then the answer is 401 "accounts.refresh_refused"

  Scenario: A new password ends the other sessions
    Given ada has an account
    And ada is logged in elsewhere too
    When ada takes the new password "a better horse battery"
    Then the answer is 204
    And the session elsewhere works no more
    And ada can log in
