"""Everything is answered, in one shape, to the right caller, under one request id."""

import asyncio

import httpx
import pytest

from plaza.platform.caller import Anonymous
from tests.edge.notes import ADA, NewNote, SlowNotes
from tests.edge.rest.conftest import serve

pytestmark = pytest.mark.anyio


async def test_a_stranger_is_asked_to_log_in_before_anything_else_is_read(http):
    del http.headers["authorization"]
    refused = await http.post("/v1/notes", content=b"{")
    assert (refused.status_code, refused.json()["code"]) == (401, "request.login_required")
    assert refused.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer eve2", "Basic YTpi", "ada", "Bearer \u00e9", "Bearer"])
async def test_a_token_that_is_not_good_is_refused_even_where_none_is_needed(http, header):
    refused = await http.get("/v1/notes", headers={"authorization": header.encode("latin-1")})
    assert refused.status_code == 401


async def test_a_role_too_low_is_not_allowed(http, notes):
    note = await notes.create(None, NewNote(words="milk"))
    assert (await http.delete(f"/v1/notes/{note.id}")).status_code == 403
    http.headers["authorization"] = "Bearer eve"
    gone = await http.delete(f"/v1/notes/{note.id}")
    assert (gone.status_code, gone.content) == (204, b"")


async def test_a_path_nobody_knows_is_404_and_a_wrong_method_405_with_those_allowed(http):
    missing = await http.get("/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "request.no_such_path")
    wrong = await http.put("/v1/notes")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    asked = await http.options("/v1/notes")
    assert (asked.status_code, asked.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_head_is_get(http):
    assert (await http.head("/v1/notes")).status_code == 200


async def test_only_json_is_taken_and_given(http):
    accept = await http.get("/v1/notes", headers={"accept": "text/csv"})
    assert accept.status_code == 406
    never = await http.get("/v1/notes", headers={"accept": "application/json;q=0"})
    assert never.status_code == 406
    some = await http.get("/v1/notes", headers={"accept": "text/html, application/*;q=0.5"})
    assert some.status_code == 200
    form = await http.post("/v1/notes", data={"words": "milk"})
    assert form.status_code == 415
    packed = await http.post(
        "/v1/notes",
        content=b"x",
        headers={"content-type": "application/json", "content-encoding": "gzip"},
    )
    assert packed.status_code == 415


async def test_a_body_over_a_mebibyte_is_too_large_announced_or_not(http):
    headers = {"content-type": "application/json"}
    announced = await http.post("/v1/notes", content=b" " * 1_048_577, headers=headers)
    assert announced.status_code == 413

    async def chunks():
        for _ in range(1025):
            yield b" " * 1024

    streamed = await http.post("/v1/notes", content=chunks(), headers=headers)
    assert streamed.status_code == 413


async def test_a_crash_is_logged_and_told_to_nobody(http, capsys):
    crashed = await http.get("/v1/notes/crash")
    assert crashed.status_code == 500
    assert "secrets" not in crashed.text
    assert set(crashed.json()) == {"type", "title", "status", "detail", "code", "request_id"}
    assert "the secrets of" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["abc-123", "01J9:x/y+z="])
async def test_a_well_formed_request_id_is_kept(http, given):
    answer = await http.get("/v1/nothing", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "a\tb"])
async def test_any_other_is_replaced(http, given):
    answer = await http.get("/v1/nothing", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] not in {given, ""}


async def test_the_caller_carries_where_the_request_came_from(http, notes):
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01", "user-agent": "curl/8"}
    await http.post("/v1/notes", json={"words": "milk"}, headers=headers)
    caller = notes.callers[-1]
    assert caller.id == ADA.id
    assert (caller.origin.trace_id, caller.origin.device) == (trace, "curl/8")
    assert caller.origin.address == "127.0.0.1"


async def test_what_was_done_is_told_by_route_never_by_path(http, done, notes):
    note = await notes.create(None, NewNote(words="milk"))
    await http.get(f"/v1/notes/{note.id}")
    del http.headers["authorization"]
    await http.get("/v1/activate/secret-token")
    assert [(each.route, each.outcome) for each in done] == [
        ("/v1/notes/{note_id}", 200),
        ("", 404),
    ]
    assert isinstance(done[1].caller, Anonymous)


async def test_a_request_over_its_time_is_504_and_the_server_goes_on(done):
    slow = serve(SlowNotes(), {}, done, seconds=0)
    watch = asyncio.create_task(slow.deadlines.run())
    transport = httpx.ASGITransport(slow)
    async with httpx.AsyncClient(transport=transport, base_url="http://plaza") as client:
        client.headers["authorization"] = "Bearer ada"
        answer = await client.get(f"/v1/notes/{ADA.id}")
        after = await client.get("/v1/notes")
    watch.cancel()
    assert (answer.status_code, answer.json()["code"]) == (504, "service.timeout")
    assert after.status_code == 200
    assert slow.deadlines.due == {}
