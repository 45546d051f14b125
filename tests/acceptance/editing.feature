Feature: Editing the same thing
  An edit names the version it replaces. Whoever comes second is told the version there is now, and
  nobody's words are lost without being read.

  Background:
    Given ada and mia have accounts
    And mia is a moderator
    And ada has posted "Draft"

  Scenario: The second of two edits is told that it is late
    When ada edits "Draft" of version 1 to say "Ada's words"
    Then the answer is 200
    When mia edits "Draft" of version 1 to say "Mia's words"
    Then the answer is 409 "request.stale_version"
    And it says that "version" is 2
    And mia sees that its "content" is "Ada's words"
    When mia edits "Draft" of version 2 to say "Both words"
    Then the answer is 200

  Scenario: The same with If-Match, as HTTP has it
    When ada edits "Draft" if it still has its tag, to say "Ada's words"
    Then the answer is 200
    When mia edits "Draft" if it still has its tag, to say "Mia's words"
    Then the answer is 412 "request.stale_version"
    And it says that "version" is 2

  Scenario: An edit that names no version is none
    When ada edits "Draft" of no version to say "Whatever there is"
    Then the answer is 428 "request.unconditional"
    And ada sees that its "content" is "Draft"

  Scenario: Of many edits at once exactly one is made
    When ada and mia edit "Draft" of version 1 at once, 8 times
    Then one answer is 200
    And the others are 409 "request.stale_version"
    And ada sees that its "version" is 2

  Scenario: What has not changed is not sent again
    When ada reads "Draft" again, knowing its tag
    Then the answer is 304
    When mia edits "Draft" of version 1 to say "News"
    And ada reads "Draft" again, knowing its tag
    Then the answer is 200
