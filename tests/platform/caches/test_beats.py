"""Whoever hears every beat in time knows all that was committed; whoever does not, knows it."""

import pytest

from plaza.platform.caches.beats import CREEP, SILENCE, Beat, Pulse


class Leader:
    def __init__(self, name="ada", clock=5_000.0):
        self.name, self.clock, self.number = name, clock, 0

    def beat(self, at):
        self.number += 1
        return Beat(self.name, self.number, self.clock + at)


@pytest.fixture
def pulse():
    return Pulse()


@pytest.fixture
def leader():
    return Leader()


def test_nothing_is_known_before_the_first_beat(pulse, leader):
    assert pulse.until == float("-inf")
    assert not pulse.feel(leader.beat(0), 0)
    assert pulse.until == pytest.approx(SILENCE)


def test_beat_by_beat_all_is_known(pulse, leader):
    pulse.feel(leader.beat(0), 0)
    for quarter in range(1, 40):
        assert pulse.feel(leader.beat(quarter / 4), quarter / 4)
        assert pulse.until == pytest.approx(quarter / 4 + SILENCE)


def test_a_missing_number_is_noticed_however_soon_the_next_comes(pulse, leader):
    pulse.feel(leader.beat(0), 0)
    leader.beat(0.01)
    assert not pulse.feel(leader.beat(0.02), 0.02)
    assert pulse.feel(leader.beat(0.03), 0.03)


def test_silence_is_noticed_though_no_number_is_missing(pulse, leader):
    pulse.feel(leader.beat(0), 0)
    assert not pulse.feel(leader.beat(SILENCE + 0.01), SILENCE + 0.01)
    assert pulse.feel(leader.beat(1), 1)


def test_another_leader_is_another_story(pulse, leader):
    pulse.feel(leader.beat(0), 0)
    bob = Leader("bob", clock=-7.0)
    assert not pulse.feel(bob.beat(0.1), 0.1)
    assert pulse.feel(bob.beat(0.2), 0.2)
    assert pulse.until == pytest.approx(0.2 + SILENCE)


def test_what_was_held_up_on_its_way_is_as_old_as_it_is(pulse, leader):
    """A broker that stood still for ten seconds gives out old beats first."""
    pulse.feel(leader.beat(0), 0)
    held = [leader.beat(quarter / 4) for quarter in range(1, 41)]
    old = [beat for beat in held if beat.looked_at < leader.clock + 10 - SILENCE]
    for beat in old:
        assert not pulse.feel(beat, 10)
        assert pulse.until <= 10
    assert not pulse.feel(held[len(old)], 10), "the first that is young enough"
    for beat in held[len(old) + 1 :]:
        assert pulse.feel(beat, 10)
    assert pulse.until == pytest.approx(10 + SILENCE)
    assert pulse.feel(leader.beat(10.1), 10.1)


def test_a_way_that_became_longer_for_good_is_believed_in_the_end(pulse, leader):
    """As when the leader's machine, and with it its clock, stood still for two seconds."""
    pulse.feel(leader.beat(0), 0)
    leader.clock -= 2
    alike = [pulse.feel(leader.beat(at / 4), at / 4) for at in range(1, 1_000)]
    believed = alike.index(True, 4) / 4
    assert believed == pytest.approx((2 - SILENCE + 1 / 4) / CREEP, rel=0.05)
    assert all(alike[int(believed * 4) :])
