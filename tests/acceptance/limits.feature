Feature: Limits
  Nobody takes so much that others get nothing. What is limited is told before it hurts.

  Scenario: Anybody may know the limits
    When a stranger reads "/v1/limits"
    Then the answer is 200
    And these rates are told:
      | rule        | calls | seconds |
      | anonymous   | 20    | 5       |
      | user        | 300   | 60      |
      | credentials | 30    | 60      |
      | account     | 5     | 60      |
    And a post may have 2000 characters

  Scenario: Without an account, twenty calls in five seconds from one address
    When a stranger calls 20 times
    Then every answer is 200
    And each answer tells how many calls are left
    When a stranger calls once more
    Then the answer is 429 "request.limited"
    And the answer tells when to come back
    When another stranger calls once
    Then the answer is 200

  Scenario: With an account, three hundred calls a minute from wherever
    Given ada and bob have accounts
    When ada calls until it is too much
    Then that was after 300 calls at most
    And the answer tells when to come back
    When bob reads "/v1/account"
    Then the answer is 200

  Scenario: Who guesses at a password locks nobody out
    Given ada has an account
    When a stranger guesses at ada's password 6 times
    Then the answer is 429 "request.limited"
    And the answer tells when to come back
    And ada can log in

  Scenario Outline: Absurd pages
    Given ada has an account
    When ada reads "/v1/users/{ada's id}/posts?<query>"
    Then the answer is 422 "request.invalid"

    Examples:
      | query                |
      | limit=0              |
      | limit=-1             |
      | limit=101            |
      | limit=many           |
      | limit=1.5            |
      | limit=               |
      | limit=1&limit=2      |
      | limit=99999999999999 |
      | cursor=              |
      | cursor=not+a+cursor  |
      | cursor=AAAA          |
      | offset=10            |
      | page=2               |

  Scenario Outline: What nobody routes
    Given ada has an account
    When ada sends <method> "<path>" with nothing
    Then the answer is <status>

    Examples:
      | method | path                        | status |
      | GET    | /v1/nothing                 | 404    |
      | DELETE | /v1/posts                   | 405    |
      | GET    | /v1/posts/not-an-id         | 422    |
      | GET    | /v1/users/%00               | 422    |
