"""Who follows whom looks like people."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaza.demo.chance import Chance
from plaza.demo.graph import grow

PEOPLE = 3000


@given(st.integers(), st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3), max_size=40))
def test_nobody_follows_themselves_or_anybody_twice(seed, circles):
    following = grow(Chance(seed), circles)
    assert len(following) == len(circles)
    for person, followed in enumerate(following):
        assert person not in followed
        assert len(set(followed)) == len(followed)
        assert set(followed) <= set(range(len(circles)))


@pytest.fixture(scope="module")
def following():
    chance = Chance("a town")
    return grow(Chance("its graph"), [[chance.below(20)] for _ in range(PEOPLE)])


@pytest.fixture(scope="module")
def followers(following):
    counted = [0] * PEOPLE
    for followed in following:
        for each in followed:
            counted[each] += 1
    return sorted(counted, reverse=True)


def test_a_few_are_followed_by_very_many(followers):
    assert followers[0] > 30 * followers[PEOPLE // 2]
    assert sum(followers[: PEOPLE // 100]) > sum(followers) / 10


def test_followers_fall_off_by_a_power(followers):
    """The tail's exponent, by Hill's estimator, is that of social networks: between 2 and 3.5."""
    tail = followers[: PEOPLE // 10]
    exponent = 1 + len(tail) / sum(log(each / tail[-1]) for each in tail)
    assert 2 < exponent < 3.5


def test_most_people_follow_somebody_and_nobody_everybody(following):
    counted = sorted(map(len, following))
    assert counted[PEOPLE // 20] >= 5
    assert counted[PEOPLE // 2] < 40
    assert counted[-1] < PEOPLE / 2


def test_friends_of_friends_are_friends(following):
    """Among those one follows many times more follow each other than among just anybody."""
    follows = [set(each) for each in following]
    pairs = [(a, b) for each in following[::10] for a in each for b in each if a != b]
    among_friends = sum(b in follows[a] for a, b in pairs) / len(pairs)
    anywhere = sum(map(len, following)) / PEOPLE**2
    assert among_friends > 8 * anywhere


def test_many_follow_back_but_not_all(following):
    follows = [set(each) for each in following]
    back = sum(a in follows[b] for a, each in enumerate(following) for b in each)
    assert 0.2 < back / sum(map(len, following)) < 0.8
