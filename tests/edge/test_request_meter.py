"""Requests are counted by what they are routes of, however many paths there are."""

from plaza.edge.access_log import Done
from plaza.edge.request_meter import DURATION, REQUESTS, UNROUTED, RequestMeter
from plaza.platform.meters import BOUNDS
from tests.edge.notes import ADA

NOTE = "/v1/notes/{note_id}"


def done(method="GET", route=NOTE, outcome=200, seconds=0.003):
    return Done(method, route, outcome, False, seconds, ADA)  # noqa: FBT003  # a row


def counted(meter, family):
    return {each.labels: each.value for each in meter.readings() if each.family == family.name}


def test_a_request_is_counted_and_handed_on():
    handed = []
    meter = RequestMeter(handed.append)
    told = [done(), done(seconds=0.3), done(outcome=404), done("PATCH"), done("gRPC", "/a/B", "OK")]
    for each in told:
        meter(each)
    assert handed == told
    assert counted(meter, REQUESTS) == {
        ("GET", NOTE, "200"): 2,
        ("GET", NOTE, "404"): 1,
        ("PATCH", NOTE, "200"): 1,
        ("gRPC", "/a/B", "OK"): 1,
    }


def test_how_long_a_route_takes_is_one_histogram_whatever_its_status():
    meter = RequestMeter(lambda _: None)
    for seconds in (BOUNDS[0], 0.003, 0.3, 60.0):
        meter(done(seconds=seconds))
    meter(done(outcome=500, seconds=0.3))
    timing = counted(meter, DURATION)["GET", NOTE]
    ends = dict(zip((*BOUNDS, "more"), timing.counts, strict=True))
    assert {end: count for end, count in ends.items() if count} == {
        0.001: 1,
        0.005: 1,
        0.5: 2,
        "more": 1,
    }
    assert round(timing.total, 3) == 60.604


def test_who_makes_up_paths_and_methods_takes_no_memory():
    meter = RequestMeter(lambda _: None)
    for number in range(1_000):
        meter(done(f"ODD{number}", route="", outcome=405))
    assert counted(meter, REQUESTS) == {("", UNROUTED, "405"): 1_000}
