Feature: Posts
  What one says is for everyone, for one's followers or for oneself. One's own one may change and
  take back; a moderator may change what others say, an admin may remove it.

  Scenario: To say something
    Given ada and bob have accounts
    When ada posts "Hello, plaza!" with the title "First" and the tags "hello, first"
    Then the answer is 201
    And the answer tells where it can be read
    And bob can read "Hello, plaza!"
    And bob sees that its "title" is "First"
    And bob sees that its "tags" are "hello, first"

  Scenario Outline: Who may read what
    Given ada, bob and cleo have accounts
    And bob follows ada already
    And ada has posted "Psst" for <audience>
    Then bob <bob> read "Psst"
    And cleo <cleo> read "Psst"
    And ada can read "Psst"
    And a stranger cannot read "Psst": 401 "request.login_required"

    Examples:
      | audience  | bob    | cleo   |
      | public    | can    | can    |
      | followers | can    | cannot |
      | private   | cannot | cannot |

  Scenario: Whoever follows no more reads no more
    Given ada and bob have accounts
    And bob follows ada already
    And ada has posted "Psst" for followers
    When bob unfollows ada
    Then bob cannot read "Psst"

  Scenario: A person's posts, the newest first
    Given ada and bob have accounts
    And ada has posted "One"
    And ada has posted "Two" for private
    And ada has posted "Three"
    When bob reads "/v1/users/{ada's id}/posts"
    Then "Three" and "One" are listed, each once
    When ada reads "/v1/users/{ada's id}/posts" 1 at a time
    Then "Three", "Two" and "One" are listed, each once

  Scenario: One changes and takes back one's own
    Given ada and bob have accounts
    And ada has posted "Helo"
    When ada edits "Helo" of version 1 to say "Hello"
    Then the answer is 200
    And bob sees that its "content" is "Hello"
    And it says that "version" is 2
    When ada deletes "Helo"
    Then the answer is 204
    And bob cannot read "Helo"
    And ada cannot read "Helo"

  Scenario Outline: Another person's post
    Given ada has an account
    And eve is <eve>
    And ada has posted "Mine" for <audience>
    When eve edits "Mine" of version 1 to say "Eve was here"
    Then the answer is <edit>
    When eve deletes "Mine"
    Then the answer is <delete>

    Examples:
      | eve                | audience  | edit                       | delete                     |
      | an ordinary person | public    | 403 "posts.not_the_author" | 403 "posts.not_the_author" |
      | an ordinary person | private   | 404 "posts.not_found"      | 404 "posts.not_found"      |
      | an ordinary person | followers | 404 "posts.not_found"      | 404 "posts.not_found"      |
      | a moderator        | public    | 200                        | 403 "posts.not_the_author" |
      | an admin           | public    | 200                        | 204                        |

  Scenario: A post that is sent twice is one
    Given ada has an account
    When ada posts "Once" twice under one key
    Then every answer is 201
    And the answers cannot be told apart
    And the last answer is a replay
    When ada posts "Other" under the same key
    Then the answer is 422 "request.key_reused"

  Scenario Outline: What is no post
    Given ada has an account
    When ada sends POST "/v1/posts" with <body>
    Then the answer is <status>

    Examples:
      | body                                         | status |
      | {"content": ""}                              | 422    |
      | {"title": "No content"}                      | 422    |
      | {"content": "x", "author_id": "me"}          | 422    |
      | {"content": "x", "tags": ["two words"]}      | 422    |
      | {"content": "x", "visibility": "enemies"}    | 422    |
      | {"content": "nothing\u0000 here"}            | 422    |
      | {"content": 7}                               | 422    |
      | {"content": "x"                              | 400    |
      | ["content"]                                  | 422    |

  Scenario: What is too long
    Given ada has an account
    When ada posts 2000 characters
    Then the answer is 201
    When ada posts 2001 characters
    Then the answer is 422 "request.invalid"
