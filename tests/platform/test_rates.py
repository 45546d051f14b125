"""Nobody calls more often than a rule says, and everybody again when its window is over."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaza.platform import rates as rates_module
from plaza.platform.caller import Anonymous, Origin, Role, System, User
from plaza.platform.ids import SessionId, UserId
from plaza.platform.problems import Limited
from plaza.platform.rates import Counter, Rates, Rule, Rules, network_of

RULE = Rule("anonymous", 20, 5)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rates(clock):
    return Rates(Rules(), clock)


def stranger(address="203.0.113.9"):
    return Anonymous(origin=Origin(address=address))


def person(address="203.0.113.9"):
    return User(
        id=UserId(uuid4()),
        role=Role.USER,
        session=SessionId(uuid4()),
        proved_at=datetime(2026, 1, 1, tzinfo=UTC),
        origin=Origin(address=address),
    )


def allowed(count, most=1000):
    """How many calls in a row are let by."""
    for done in range(most):
        try:
            count()
        except Limited:
            return done
    return most


def test_a_stranger_has_twenty_calls_in_five_seconds(rates, clock):
    standing = rates.count(stranger(), "read")
    assert (standing.rule, standing.left, standing.seconds) == (RULE, 19, 5)
    assert allowed(lambda: rates.count(stranger(), "read")) == 19
    clock.now += 3.5
    with pytest.raises(Limited) as refused:
        rates.count(stranger(), "write")
    assert refused.value.retry_after == 2
    assert refused.value.standing.left == 0
    clock.now += refused.value.retry_after
    assert allowed(lambda: rates.count(stranger(), "read")) == 20


def test_what_was_refused_is_not_counted(rates, clock):
    for _ in range(100):
        allowed(lambda: rates.count(stranger(), "read"), 25)
        clock.now += 0.04
    clock.now += 1.1
    assert allowed(lambda: rates.count(stranger(), "read")) == 20


def test_others_do_not_pay(rates):
    assert allowed(lambda: rates.count(stranger(), "read")) == 20
    assert allowed(lambda: rates.count(stranger("203.0.113.10"), "read")) == 20
    assert allowed(lambda: rates.count(person(), "read"), 5) == 5


def test_a_person_has_three_hundred_a_minute_wherever_she_is(rates):
    ada = person()
    elsewhere = User(
        id=ada.id,
        role=ada.role,
        session=ada.session,
        proved_at=ada.proved_at,
        origin=Origin(address="198.51.100.1"),
    )
    for _ in range(150):
        rates.count(ada, "read")
        rates.count(elsewhere, "write")
    with pytest.raises(Limited):
        rates.count(ada, "read")


def test_plaza_itself_is_not_counted(rates):
    system = System(name="jobs")
    assert rates.count(system, "read") is None
    assert allowed(lambda: rates.count(system, "credentials")) == 1000
    assert allowed(lambda: rates.count_account(system, "ada")) == 1000


def test_credentials_are_tried_thirty_times_a_minute_from_one_address(rates, clock):
    tried = 0
    for _ in range(3):
        tried += allowed(lambda: rates.count(stranger(), "credentials"))
        clock.now += 6
    assert tried == 30
    assert allowed(lambda: rates.count(person(), "credentials")) == 0
    assert allowed(lambda: rates.count(stranger(), "read")) == 20


def test_one_account_five_times(rates, clock):
    assert allowed(lambda: rates.count_account(stranger(), "ada")) == 5
    assert allowed(lambda: rates.count_account(stranger(), "bob")) == 5
    assert allowed(lambda: rates.count_account(stranger("198.51.100.1"), "ada")) == 5
    clock.now += 60
    assert allowed(lambda: rates.count_account(stranger(), "ada")) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("unix:", "unix:"),
        (None, ""),
    ],
)
def test_of_ipv6_a_network_counts_as_one(address, network):
    assert network_of(address) == network


def test_however_many_come_what_is_remembered_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(rates_module, "KEYS", 50)
    monkeypatch.setattr(rates_module, "PLACES", 10)
    counter, refused = Counter(RULE, clock), []
    for number in range(1000):
        try:
            counter.count(number)
        except Limited:
            refused.append(number)
    assert counter.size <= 60
    assert min(refused) >= 50, "who came while there was room has a place of his own"
    clock.now += 10
    counter.count("ada")
    assert counter.size == 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 7)), max_size=200))
def test_no_window_holds_more_than_its_rule_and_waiting_always_helps(calls):
    clock, let_by, waits = Clock(), {"a": [], "b": []}, []
    counter = Counter(Rule("any", 3, 5), clock)
    for who, pause in calls:
        clock.now += pause
        try:
            counter.count(who)
        except Limited as refused:
            waits.append(refused.retry_after)
            clock.now += refused.retry_after
            counter.count(who)
        let_by[who].append(clock.now)
    assert all(1 <= wait <= 5 for wait in waits)
    for times in let_by.values():
        for first, seventh in zip(times, times[6:], strict=False):
            assert seventh - first >= 5 - 1e-6, "two windows full within one"


def test_what_was_too_much_is_counted_by_rule(rates):
    for _ in range(2):
        allowed(lambda: rates.count(stranger(), "read"))
    assert rates.refused == {"anonymous": 2, "user": 0, "credentials": 0, "account": 0}
