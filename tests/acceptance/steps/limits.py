"""How much is too much."""

from pytest_bdd import parsers, then, when

from tests.acceptance.steps.words import said

TOO_MUCH = 400
CHEAP = "/v1/limits"


@when(said("{who} calls (?P<count>[0-9]+) times"))
def call_often(stage, who, count):
    stage.answers.clear()
    for _ in range(int(count)):
        stage.call(who, "GET", CHEAP)


@when(said("{who} calls once(?: more)?"))
def call_once(stage, who):
    stage.call(who, "GET", CHEAP)


@when(said("{who} calls until it is too much"))
def call_until(stage, who):
    stage.answers.clear()
    while len(stage.answers) < TOO_MUCH and stage.call(who, "GET", CHEAP).is_success:
        pass


@when(said("{who} guesses at (?P<whose>.+)'s password (?P<count>[0-9]+) times"))
def guess(stage, who, whose, count):
    body = {"login": stage.person(whose).username, "password": "a guess"}
    for _ in range(int(count)):
        stage.call(who, "POST", "/v1/auth/login", body)


@then("each answer tells how many calls are left")
def left_is_told(stage):
    told = [each.headers["ratelimit"].split(";")[1] for each in stage.answers]
    assert told == [f"r={left}" for left in reversed(range(len(told)))]
    assert {each.headers["ratelimit-policy"] for each in stage.answers} == {'"anonymous";q=20;w=5'}


@then(parsers.parse("that was after {count:d} calls at most"))
def not_before(stage, count):
    assert stage.answer.status_code == 429
    assert len(stage.answers) <= count + 1


@then("these rates are told:")
def rates_are(stage, datatable):
    told = {each["name"]: each for each in stage.answer.json()["rates"]}
    assert datatable[1:] == [
        [name, str(told[name]["calls"]), str(told[name]["seconds"])] for name in told
    ]


@then(parsers.parse("a post may have {count:d} characters"))
def post_may_have(stage, count):
    (limit,) = [
        each
        for each in stage.answer.json()["texts"]
        if (each["operation"], each["field"]) == ("posts_create", "content")
    ]
    assert limit["at_most"] == count
