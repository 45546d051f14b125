"""Profiles, and who follows whom."""

from pytest_bdd import given, then, when

from tests.acceptance.steps.words import names, said

NOBODY = "00000000-0000-7000-8000-000000000000"


def path_of(stage, whom):
    return f"/v1/users/{NOBODY if whom == 'nobody' else stage.id_of(whom)}"


@given(said("(?P<people>.+) follows? (?P<whom>[a-z]+) already"))
def follows_already(stage, people, whom):
    for who in names(people):
        stage.must(who, "PUT", f"{path_of(stage, whom)}/follow")


@given(said("{who} has edited the profile of version (?P<version>[0-9]+):"))
def has_edited_profile(stage, who, version, datatable):
    edit_profile(stage, who, version, datatable)
    assert stage.answer.is_success


@when(said("{who} (?P<verb>follow|unfollow)s (?P<whom>[a-z]+)"))
def follow(stage, who, verb, whom):
    stage.call(who, "PUT", f"{path_of(stage, whom)}/{verb}")


@when(said("{who} looks at (?P<whom>[a-z]+)"))
def look_at(stage, who, whom):
    stage.answers.clear()
    stage.call(who, "GET", path_of(stage, whom))


@when(said('{who} looks at "(?P<reference>.+)"'))
def look_up(stage, who, reference):
    stage.call(who, "GET", f"/v1/users/{stage.filled(reference)}")


@when(said("{who} edits the profile of version (?P<version>[0-9]+):"))
def edit_profile(stage, who, version, datatable):
    stage.call(who, "PATCH", "/v1/profile", {"version": int(version), **dict(datatable)})


@then(said('{who} sees that (?P<whose>[a-z]+)\'s "(?P<field>.+)" is (?P<value>.+)'))
def sees_profile(stage, who, whose, field, value):
    shown = stage.must(who, "GET", path_of(stage, whose))[field]
    assert str(shown) == value.strip('"')


@then(said("the followers of (?P<whom>[a-z]+) are (?P<people>.+)"))
def followers_are(stage, whom, people):
    assert listed(stage, whom, "followers") == [
        stage.person(each).username for each in names(people)
    ]


@then(said("(?P<whom>[a-z]+) has no followers"))
def has_no_followers(stage, whom):
    assert listed(stage, whom, "followers") == []


@then(said("{who} follows nobody but (?P<people>.+)"))
def follows_only(stage, who, people):
    assert listed(stage, who, "following") == [
        stage.person(each).username for each in names(people)
    ]


def listed(stage, whom, which):
    items = stage.must(whom, "GET", f"{path_of(stage, whom)}/{which}")["items"]
    return [each["username"] for each in items]
