"""What is asked word by word, and what can be said of any answer."""

import json
from base64 import b64encode

from pytest_bdd import then, when

from tests.acceptance.steps.words import names, quoted, said

FOR_THIS_REQUEST = {"request_id"}
"""What differs between two answers that are the same."""


@when(said('{who} reads "(?P<path>[^"]+)"'))
def read(stage, who, path):
    answer = stage.call(who, "GET", stage.filled(path))
    if answer.headers["content-type"] == "application/json":
        stage.listed = answer.json().get("items", [])


@when(said('{who} reads "(?P<path>[^"]+)" afresh'))
def read_afresh(stage, who, path):
    stage.answers.clear()
    stage.call(who, "GET", stage.filled(path))


@when(said('the operator reads "(?P<path>[^"]+)"'))
def operator_reads(stage, path):
    basic = b64encode(b"admin:admin").decode()
    stage.call("operator", "GET", path, authorization=f"Basic {basic}")


@when(said('{who} reads "(?P<path>[^"]+)" (?P<count>[0-9]+) at a time'))
def read_in_pages(stage, who, path, count):
    stage.walk(who, stage.filled(path), int(count))


@when(said('{who} sends (?P<method>[A-Z]+) "(?P<path>[^"]+)" with (?P<body>.+)'))
def send(stage, who, method, path, body):
    if body == "nothing":
        stage.call(who, method, stage.filled(path))
    else:
        json_of = {"content-type": "application/json"}
        stage.call(who, method, stage.filled(path), stage.filled(body).encode(), **json_of)


@then(said("the answer is (?P<status>[0-9]{3})"))
def status_is(stage, status):
    assert stage.answer.status_code == int(status), stage.answer.text


@then(said('the answer is (?P<status>[0-9]{3}) "(?P<code>.+)"'))
def refusal_is(stage, status, code):
    check_refusal(stage.answer, int(status), code)


@then(said("every answer is (?P<status>[0-9]{3})"))
def every_status_is(stage, status):
    assert {each.status_code for each in stage.answers} == {int(status)}


@then(said('every answer is (?P<status>[0-9]{3}) "(?P<code>.+)"'))
def every_refusal_is(stage, status, code):
    for each in stage.answers:
        check_refusal(each, int(status), code)


@then(said("one answer is (?P<status>[0-9]{3})"))
def one_is(stage, status):
    assert [each.status_code for each in stage.answers].count(int(status)) == 1


@then(said('the others are (?P<status>[0-9]{3}) "(?P<code>.+)"'))
def others_are(stage, status, code):
    for each in stage.answers:
        if not each.is_success:
            check_refusal(each, int(status), code)


@then("the answers cannot be told apart")
def are_alike(stage):
    """Not by a header's name either."""
    assert len(stage.answers) > 1
    assert len({shape(each) for each in stage.answers}) == 1


@then("the answers differ in their code only")
def differ_in_code(stage):
    assert len({each.json()["code"] for each in stage.answers}) > 1
    assert len({shape(each, "code") for each in stage.answers}) == 1


@then(said('it says that "(?P<field>.+)" is (?P<value>.+)'))
def says(stage, field, value):
    assert stage.answer.json()[field] == (None if value == "nothing" else json.loads(value))


@then("it has nothing")
def has_nothing(stage):
    assert stage.answer.content == b""


@then(said("it has (?P<fields>(?!nothing).+)"))
def has(stage, fields):
    assert set(stage.answer.json()) == set(names(fields))


@then(said("it tells of (?P<fields>.+)"))
def tells_of(stage, fields):
    assert set(stage.answer.json()) >= set(names(fields))


@then("it is a page")
def is_page(stage):
    assert stage.answer.headers["content-type"] == "text/html; charset=utf-8"
    assert stage.answer.text.startswith("<!doctype html>")


@then(said("what is wrong is (?P<pointers>.+?)(?: alone)?"))
def wrong_is(stage, pointers):
    told = [each["pointer"] for each in stage.answer.json()["errors"]]
    assert sorted(told) == quoted(pointers)


@then(said('the answer does not repeat "(?P<text>.+)"'))
def repeats_not(stage, text):
    assert text not in stage.answer.text


@then(said("the answer does not repeat (?P<whose>.+)'s address"))
def repeats_no_address(stage, whose):
    assert stage.person(whose).email not in stage.answer.text


@then("the answer tells when to come back")
def tells_when(stage):
    assert int(stage.answer.headers["retry-after"]) > 0
    assert ";r=0;t=" in stage.answer.headers["ratelimit"]


@then("the last answer is a replay")
def is_replay(stage):
    assert stage.answer.headers["idempotency-replayed"] == "true"


@then("nothing is listed")
def listed_nothing(stage):
    assert stage.answer.is_success
    assert stage.listed == []


@then(said("(?P<listed>.+) (?:is|are) listed(?:,? each)? once"))
def listed_once(stage, listed):
    """In this order: people by their names, what was said by its words."""
    wanted = quoted(listed) or [stage.person(each).username for each in names(listed)]
    assert [each.get("content") or each["username"] for each in stage.listed] == wanted


def check_refusal(answer, status, code):
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def shape(answer, *ignored):
    """All that could tell one answer from another."""
    body = answer.json() if answer.content else {}
    told = {name: body[name] for name in body if name not in FOR_THIS_REQUEST.union(ignored)}
    kept = set(answer.headers) - {"idempotency-replayed"}
    return answer.status_code, json.dumps(told, sort_keys=True), frozenset(kept)
