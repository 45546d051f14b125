"""What one sees first."""

from pytest_bdd import given, then, when

from tests.acceptance.steps.posts import POST, say
from tests.acceptance.steps.words import quoted, said
from tests.e2e.running import wait_for

FEED = "/v1/users/feed"


@given(said(f'{{who}} has posted {POST} with the tags "(?P<tags>.+)"'))
def has_posted_tagged(stage, who, post, tags):
    assert say(stage, who, post, tags=tags.split(", ")).is_success, stage.answer.text


@given(said("{who} has read the feed"))
def has_read(stage, who):
    stage.must(who, "GET", FEED)


@when(said("{who} reads the feed"))
def read(stage, who):
    stage.walk(who, FEED, 20)


@then(said("(?P<whose>[a-z]+)'s feed has (?P<listed>.+) within (?P<seconds>[0-9]+) seconds"))
def has_soon(stage, whose, listed, seconds):
    def shown():
        return [each["content"] for each in stage.must(whose, "GET", FEED)["items"]]

    wait_for(lambda: shown() == quoted(listed), int(seconds))
