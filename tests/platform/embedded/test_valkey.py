"""A real Valkey on a private socket, which forgets at its end and never fills the memory."""

import pytest
import redis

from plaza.platform.embedded.valkey import Valkey


@pytest.fixture
def server(open_folder):
    with Valkey(open_folder, memory="8mb") as started:
        yield started


def test_it_answers_on_a_socket_that_only_its_owner_reaches(server, open_folder):
    with redis.from_url(server.url) as ada:
        assert ada.ping()
        assert ada.config_get("port") == {"port": "0"}
    assert (open_folder / "valkey.sock").stat().st_mode & 0o777 == 0o700


def test_it_writes_nothing_to_disk_and_forgets(server, open_folder):
    with redis.from_url(server.url) as ada:
        ada.set("greeting", "hello")
    server.stop()
    server.start()
    server.wait_ready()
    with redis.from_url(server.url) as ada:
        assert ada.get("greeting") is None
    assert not list(open_folder.glob("*.rdb"))


def test_when_its_memory_is_full_old_things_make_room(server):
    with redis.from_url(server.url) as ada:
        for number in range(100):
            ada.set(f"page-{number}", b"x" * 200_000)
        assert ada.exists("page-99")
        assert ada.dbsize() < 50
