"""People are awake by day, wherever they are."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaza.demo.chance import Chance
from plaza.demo.rhythm import DAY, HOUR, instant, milliseconds, moment, part_of_day

WINTER = milliseconds(datetime(2026, 1, 1, tzinfo=UTC))


@given(st.integers(), st.integers(0, 300 * DAY), st.floats(-12, 14))
def test_a_moment_is_between_its_bounds(seed, span, east):
    assert WINTER <= moment(Chance(seed), WINTER, WINTER + span, east) <= WINTER + span


@pytest.mark.parametrize("east", [-8, 0, 5.5, 13])
def test_evenings_are_busy_and_nights_are_not(east):
    chance = Chance(east)
    moments = [moment(chance, WINTER, WINTER + 90 * DAY, east) for _ in range(4000)]
    hours = Counter((at + int(east * HOUR)) % DAY // HOUR for at in moments)
    assert sum(hours[hour] for hour in (18, 19, 20, 21)) > 4 * sum(hours[hour] for hour in range(4))


def test_it_is_evening_in_kyoto_when_it_is_morning_in_accra():
    ten = milliseconds(datetime(2026, 1, 1, 10, tzinfo=UTC))
    assert part_of_day(ten, 0) == "morning"
    assert part_of_day(ten, 5.5) == "afternoon"
    assert part_of_day(ten, 9) == "evening"
    assert part_of_day(ten + 15 * HOUR, 0) == "evening"


def test_milliseconds_there_and_back():
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert instant(milliseconds(at)) == at
