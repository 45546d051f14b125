"""A real NATS that keeps its address, its password and what it acknowledged."""

import os
import signal
import socket
from urllib.parse import urlsplit

import nats
import pytest
from nats.js.api import StreamConfig

from plaza.platform.embedded.nats import Nats
from tests.e2e.running import wait_for

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(open_folder):
    with Nats(open_folder / "nats", open_folder) as started:
        yield started


def killed_and_started_again(server):
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: server.ended() is not None)
    server.start()
    return server.wait_ready()


async def test_what_it_acknowledged_survives_a_kill_at_the_same_address(server):
    before = server.url
    ada = await nats.connect(server.url)
    stream = ada.jetstream()
    await stream.add_stream(StreamConfig(name="kept", subjects=["kept"]))
    for number in range(100):
        await stream.publish("kept", b"%d" % number)
    await ada.close()
    assert killed_and_started_again(server)
    assert server.url == before
    bob = await nats.connect(server.url)
    assert (await bob.jetstream().get_msg("kept", 100)).data == b"99"
    await bob.close()


def test_who_does_not_know_the_password_is_refused(server):
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port)) as stranger:
        stranger.sendall(b"CONNECT {}\r\nPING\r\n")
        heard = b"".join(iter(lambda: stranger.recv(4096), b""))
    assert b"-ERR 'Authorization Violation'" in heard
    assert b"PONG" not in heard


def test_its_password_is_for_its_owner_only(open_folder, server):
    configuration = open_folder / "nats.conf"
    assert server.url.split(":")[2].split("@")[0] in configuration.read_text()
    assert configuration.stat().st_mode & 0o777 == 0o600


def test_every_write_reaches_the_disk_before_it_is_acknowledged(open_folder, server):
    assert server.is_ready()
    assert "sync_interval: always" in (open_folder / "nats.conf").read_text()
