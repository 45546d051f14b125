"""Which requests are worth a line: all, one in a hundred, none; errors and slow ones always."""

import pytest
import structlog

from plaza.edge.access_log import AccessLogger, Done
from plaza.platform.caller import Anonymous
from plaza.platform.logs import AccessLog
from tests.edge.notes import ADA


def done(*, outcome=200, failed=False, seconds=0.001, caller=ADA):
    return Done("GET", "/v1/notes/{note_id}", outcome, failed, seconds, caller)


@pytest.mark.parametrize(
    ("which", "lines"), [(AccessLog.ALL, 300), (AccessLog.SAMPLED, 3), (AccessLog.OFF, 0)]
)
def test_the_setting_says_how_many(which, lines):
    logger = AccessLogger(which)
    with structlog.testing.capture_logs() as told:
        for _ in range(300):
            logger(done())
    assert len(told) == lines


@pytest.mark.parametrize("which", AccessLog)
@pytest.mark.parametrize("worth", [{"outcome": 500, "failed": True}, {"seconds": 1.5}])
def test_what_failed_or_was_slow_is_always_told(which, worth):
    logger = AccessLogger(which)
    logger(done())
    with structlog.testing.capture_logs() as told:
        logger(done(**worth))
    assert len(told) == 1


def test_a_line_says_who_asked_for_which_route_and_how_it_ended():
    with structlog.testing.capture_logs() as told:
        AccessLogger(AccessLog.ALL)(done())
        AccessLogger(AccessLog.ALL)(done(caller=Anonymous()))
    assert told[0]["route"] == "/v1/notes/{note_id}"
    assert (told[0]["outcome"], told[0]["ms"]) == (200, 1.0)
    assert [line["user_id"] for line in told] == [str(ADA.id), None]
