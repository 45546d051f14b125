Feature: A client written for GoSocial
  Whoever wrote against GoSocial's documented paths changes the address of the server and goes on.

  Scenario Outline: The paths, word for word
    Given ada and bob have accounts
    And ada has posted "hello"
    When <who> sends <method> "<path>" with <body>
    Then the answer is <status>
    And it has <fields>

    Examples: Accounts
      | who    | method | path              | body                                                                                                | status | fields                                                          |
      | newton | POST   | /v1/auth/register | {"username": "{newton}", "email": "{newton}@example.org", "password": "correct horse battery"}      | 201    | id, username, email, role, state, version and created_at        |
      | ada    | POST   | /v1/auth/login    | {"login": "{ada}", "password": "correct horse battery"}                                             | 200    | access_token, token_type, expires_in, refresh_token and user    |
      | ada    | POST   | /v1/auth/login    | {"login": "{ada}@example.org", "password": "correct horse battery"}                                 | 200    | access_token, token_type, expires_in, refresh_token and user    |
      | ada    | POST   | /v1/auth/login    | {"email": "{ada}@example.org", "password": "correct horse battery"}                                 | 200    | access_token, token_type, expires_in, refresh_token and user    |
      | ada    | POST   | /v1/auth/login    | {"username": "{ada}", "password": "correct horse battery"}                                          | 200    | access_token, token_type, expires_in, refresh_token and user    |

    Examples: People
      | who | method | path                         | body    | status | fields                                                                                                                    |
      | bob | GET    | /v1/users/{ada's id}          | nothing | 200    | id, username, display_name, bio, website, location, follower_count, following_count, version and created_at              |
      | bob | PUT    | /v1/users/{ada's id}/follow   | nothing | 204    | nothing                                                                                                                   |
      | bob | PUT    | /v1/users/{ada's id}/unfollow | nothing | 204    | nothing                                                                                                                   |
      | bob | GET    | /v1/users/feed                | nothing | 200    | items and next_cursor                                                                                                     |

    Examples: Posts
      | who | method | path                             | body                                                             | status | fields                                                                                              |
      | bob | POST   | /v1/posts                        | {"title": "First", "content": "Hello again", "tags": ["golang"]} | 201    | id, author_id, title, content, tags, visibility, comment_count, version, created_at and edited_at   |
      | bob | GET    | /v1/posts/{hello's id}           | nothing                                                          | 200    | id, author_id, title, content, tags, visibility, comment_count, version, created_at and edited_at   |
      | ada | PATCH  | /v1/posts/{hello's id}           | {"title": "Hi", "content": "Hello all", "version": 1}            | 200    | id, author_id, title, content, tags, visibility, comment_count, version, created_at and edited_at   |
      | bob | POST   | /v1/posts/{hello's id}/comments  | {"content": "Welcome"}                                           | 201    | id, post_id, author_id, content, version, created_at and edited_at                                  |
      | bob | GET    | /v1/posts/{hello's id}/comments  | nothing                                                          | 200    | items and next_cursor                                                                               |
      | ada | DELETE | /v1/posts/{hello's id}           | nothing                                                          | 204    | nothing                                                                                             |

  Scenario: The token of the letter activates the account
    Given ada is registered
    When ada activates the account with the letter
    Then the answer is 204
    And it has nothing
    And ada can log in

  Scenario Outline: What the operator sees by HTTP Basic
    When the operator reads "<path>"
    Then the answer is 200
    And it tells of <what>
    When a stranger reads "<path>"
    Then the answer is 401 "request.login_required"

    Examples:
      | path           | what                                                   |
      | /v1/health     | status and parts                                       |
      | /v1/debug/vars | version, uptime_seconds, tasks, memory_bytes and pool  |

  Scenario: The contract as a page
    When a stranger reads "/v1/swagger/"
    Then the answer is 200
    And it is a page

  Scenario Outline: Another prefix, or a slash at the end, makes no difference
    Given ada has an account
    When ada reads "/v1/users/{ada's id}/posts" afresh
    And ada reads "<path>"
    Then the answers cannot be told apart

    Examples:
      | path                            |
      | /v1/users/{ada's id}/posts/     |
      | /api/v1/users/{ada's id}/posts  |
      | /api/v1/users/{ada's id}/posts/ |

  Scenario Outline: Without an account there is nothing else
    Given ada has an account
    And ada has posted "hello"
    When a stranger sends <method> "<path>" with <body>
    Then the answer is 401 "request.login_required"

    Examples:
      | method | path                            | body                 |
      | GET    | /v1/users/{ada's id}            | nothing              |
      | PUT    | /v1/users/{ada's id}/follow     | nothing              |
      | PUT    | /v1/users/{ada's id}/unfollow   | nothing              |
      | GET    | /v1/users/feed                  | nothing              |
      | POST   | /v1/posts                       | {"content": "Hello"} |
      | GET    | /v1/posts/{hello's id}          | nothing              |
      | PATCH  | /v1/posts/{hello's id}          | {"content": "Mine"}  |
      | DELETE | /v1/posts/{hello's id}          | nothing              |
      | GET    | /v1/posts/{hello's id}/comments | nothing              |
      | POST   | /v1/posts/{hello's id}/comments | {"content": "Hello"} |
