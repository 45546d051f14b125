"""Ids sort by when they were made."""

from datetime import UTC, datetime, timedelta

from plaza.platform.ids import FIRST_ID, LAST_ID, made_at, uuid7

SECOND = timedelta(seconds=1)


def test_an_id_is_between_the_moments_around_it():
    now = datetime.now(UTC)
    assert made_at(now, later=-SECOND) < uuid7() < made_at(now, later=60 * SECOND)


def test_no_moment_is_out_of_reach():
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert made_at(first, later=-SECOND) == FIRST_ID
    assert uuid7() < made_at(last, later=SECOND) < LAST_ID
