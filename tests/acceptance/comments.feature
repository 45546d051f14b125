Feature: Comments
  Whoever can read a post can say something about it. A comment is its writer's.

  Background:
    Given ada, bob and cleo have accounts
    And ada has posted "Hello"

  Scenario: To comment on a post
    When bob comments "Welcome!" on "Hello"
    Then the answer is 201
    And ada sees that the "comment_count" of "Hello" is 1
    When ada reads the comments on "Hello"
    Then "Welcome!" is listed once

  Scenario: The newest comment comes first, in pages
    Given bob has commented "One" on "Hello"
    And cleo has commented "Two" on "Hello"
    And ada has commented "Three" on "Hello"
    When cleo reads the comments on "Hello" 2 at a time
    Then "Three", "Two" and "One" are listed, each once

  Scenario: One changes and takes back one's own
    Given bob has commented "Welcom" on "Hello"
    When bob edits the comment "Welcom" of version 1 to say "Welcome"
    Then the answer is 200
    When bob edits the comment "Welcom" of version 1 to say "Wellcome"
    Then the answer is 409 "request.stale_version"
    When bob deletes the comment "Welcom"
    Then the answer is 204
    And ada sees that the "comment_count" of "Hello" is 0

  Scenario Outline: Another person's comment
    Given bob has commented "Mine" on "Hello"
    And eve is <eve>
    When eve edits the comment "Mine" of version 1 to say "Eve was here"
    Then the answer is <edit>
    When eve deletes the comment "Mine"
    Then the answer is <delete>

    Examples:
      | eve                | edit                          | delete                        |
      | an ordinary person | 403 "posts.not_the_commenter" | 403 "posts.not_the_commenter" |
      | a moderator        | 200                           | 403 "posts.not_the_commenter" |
      | an admin           | 200                           | 204                           |

  Scenario: Who cannot read a post does not know of its comments
    Given ada has posted "Psst" for private
    When bob comments "I heard that" on "Psst"
    Then the answer is 404 "posts.not_found"
    When bob reads the comments on "Psst"
    Then the answer is 404 "posts.not_found"

  Scenario: With a post go its comments
    Given bob has commented "Welcome!" on "Hello"
    When ada deletes "Hello"
    And bob reads the comments on "Hello"
    Then the answer is 404 "posts.not_found"
