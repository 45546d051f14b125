"""A line says what happened, to which request, in which process; and never a secret."""

import logging

import msgspec
import pytest
import structlog

from plaza.platform.caller import Origin
from plaza.platform.logs import ORIGIN, Process, start_logging

ADA = Process(service="plaza", environment="test", version="1.2.3", instance_id="ada-7")


@pytest.fixture
def lines(capsys):
    """What was logged since, as objects."""
    yield lambda: [msgspec.json.decode(each) for each in capsys.readouterr().out.splitlines()]
    structlog.reset_defaults()
    logging.basicConfig(force=True)


def test_every_line_names_its_process_and_its_request(lines):
    start_logging(ADA, "info")
    token = ORIGIN.set(Origin(request_id="r1", trace_id="t1"))
    structlog.get_logger().info("hello", count=3)
    logging.getLogger("uvicorn.error").warning("from %s", "below")
    ORIGIN.reset(token)
    ours, theirs = lines()
    for line in (ours, theirs):
        assert line.items() >= msgspec.structs.asdict(ADA).items()
        assert (line["request_id"], line["trace_id"]) == ("r1", "t1")
        assert line["timestamp"].endswith("Z")
    assert (ours["event"], ours["level"], ours["count"]) == ("hello", "info", 3)
    assert (theirs["event"], theirs["level"]) == ("from below", "warning")


def test_what_is_secret_by_its_name_is_hidden_also_further_in(lines):
    start_logging(ADA, "info")
    structlog.get_logger().info(
        "login",
        password="p1",
        headers={"Authorization": "Bearer p2", "accept": "*/*"},
        refresh_token="p3",
    )
    (line,) = lines()
    assert line["headers"] == {"Authorization": "[hidden]", "accept": "*/*"}
    assert line["password"] == line["refresh_token"] == "[hidden]"


def test_what_is_not_worth_a_line_is_not_there(lines):
    start_logging(ADA, "info")
    structlog.get_logger().debug("breathing")
    logging.getLogger("asyncio").debug("breathing")
    assert lines() == []


def test_a_bug_is_told_with_its_trace_and_without_what_its_frames_held(lines):
    start_logging(ADA, "info")
    password = "p4"
    try:
        password.index("broken")
    except ValueError:
        structlog.get_logger().exception("bug")
    (line,) = lines()
    assert "ValueError: substring not found" in line["exception"]
    assert "p4" not in msgspec.json.encode(line).decode()
