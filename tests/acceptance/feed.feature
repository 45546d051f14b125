Feature: The feed
  What one says oneself and what those one follows say, the newest first; nothing that is hidden,
  deleted or said by somebody one does not follow.

  Background:
    Given ada, bob and cleo have accounts
    And ada follows bob already

  Scenario: What one sees first
    Given bob has posted "One"
    And cleo has posted "Not for ada"
    And ada has posted "Two"
    When ada reads the feed
    Then "Two" and "One" are listed, each once
    When cleo reads the feed
    Then "Not for ada" is listed once

  Scenario: A new post is there within two seconds
    Given bob has posted "One"
    And ada has read the feed
    When bob posts "Two" with the title "Fresh" and the tags "new"
    Then ada's feed has "Two" and "One" within 2 seconds

  Scenario: A new follow shows what was said before
    Given cleo has posted "Before"
    And ada has read the feed
    When ada follows cleo
    Then ada's feed has "Before" within 2 seconds

  Scenario: What is gone is gone at once
    Given ada follows cleo already
    And bob has posted "Kept"
    And bob has posted "Deleted"
    And cleo has posted "Left"
    And ada has read the feed
    When bob deletes "Deleted"
    And ada unfollows cleo
    And ada reads the feed
    Then "Kept" is listed once

  Scenario Outline: Who sees what in the feed
    Given ada has read the feed
    And bob has posted "Psst" for <audience>
    And bob has posted "Hello"
    Then ada's feed has <listed> within 2 seconds

    Examples:
      | audience  | listed             |
      | public    | "Hello" and "Psst" |
      | followers | "Hello" and "Psst" |
      | private   | "Hello"            |

  Scenario: Page by page nothing is missing and nothing comes twice
    Given bob has posted "One"
    And ada has posted "Two"
    And bob has posted "Three"
    When ada reads "/v1/users/feed" 1 at a time
    Then "Three", "Two" and "One" are listed, each once

  Scenario Outline: As GoSocial's clients ask
    Given bob has posted "Gophers dig" with the tags "go, animals"
    And bob has posted "Snakes hiss" with the tags "python, animals"
    And bob has posted "Nobody digs" with the tags "go"
    When ada reads "/v1/users/feed?<query>"
    Then <listed> listed, each once

    Examples:
      | query                     | listed                                             |
      | limit=2                   | "Nobody digs" and "Snakes hiss" are                |
      | limit=2&offset=2          | "Gophers dig" is                                   |
      | sort=asc                  | "Gophers dig", "Snakes hiss" and "Nobody digs" are |
      | tags=go                   | "Nobody digs" and "Gophers dig" are                |
      | tags=go,animals           | "Gophers dig" is                                   |
      | search=DIG                | "Nobody digs" and "Gophers dig" are                |
      | since=2020-01-01T00:00:00Z&search=hiss | "Snakes hiss" is                      |

  Scenario: Nothing is older than the first post
    Given bob has posted "One"
    When ada reads "/v1/users/feed?until=2020-01-01T00:00:00Z"
    Then nothing is listed

  Scenario Outline: Absurd paging
    When ada reads "/v1/users/feed?<query>"
    Then the answer is 422 "request.invalid"
    And what is wrong is "<pointer>" alone

    Examples:
      | query            | pointer |
      | limit=0          | /limit  |
      | limit=101        | /limit  |
      | offset=-1        | /offset |
      | offset=1001      | /offset |
      | sort=sideways    | /sort   |
      | tags=1,2,3,4,5,6 | /tags   |
      | since=yesterday  | /since  |
      | cursor=abc       | /cursor |

  Scenario: Without an account there is no feed
    When a stranger reads the feed
    Then the answer is 401 "request.login_required"
