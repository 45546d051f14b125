"""What is announced fits what api/events.json says of it."""

from datetime import UTC, datetime

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from plaza.accounts.events import Ending, SessionEnded
from plaza.platform.ids import SessionId, UserId, uuid7
from tools import event_schemas

DOCUMENT = event_schemas.document()


def judge(topic):
    schema = {"$ref": DOCUMENT["events"][topic]["$ref"], "$defs": DOCUMENT["$defs"]}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_an_event_fits_its_schema():
    event = SessionEnded(
        account_id=UserId(uuid7()),
        session_id=SessionId(uuid7()),
        reason=Ending.LOGOUT,
        occurred_at=datetime.now(UTC),
    )
    sent = msgspec.to_builtins(event)
    judge(event.topic).validate(sent)
    for name in ("event_id", "account_id", "reason", "occurred_at"):
        lacking = {field: value for field, value in sent.items() if field != name}
        assert not judge(event.topic).is_valid(lacking)


@pytest.mark.parametrize("topic", DOCUMENT["events"])
def test_every_topic_has_a_schema_that_is_one(topic):
    assert not judge(topic).is_valid({})


def test_no_event_is_left_out():
    assert {kind.topic for kind in event_schemas.announced()} == set(DOCUMENT["events"])
    assert len(DOCUMENT["events"]) >= 14
