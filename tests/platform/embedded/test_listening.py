"""A taken port is known at once, and by its setting's name."""

import socket

import pytest

from plaza.platform.embedded.listening import listen, reserve
from plaza.platform.starting import CannotStart

HOME = "127.0.0.1"


def port_of(bound):
    return bound.getsockname()[1]


def test_callers_wait_for_a_process_that_is_not_there_yet():
    with listen(HOME, 0, "PORT") as ada, socket.create_connection((HOME, port_of(ada))) as bob:
        bob.sendall(b"I wait")


def test_a_taken_port_is_refused_with_the_setting_to_change():
    with (
        listen(HOME, 0, "PLAZA_PORT") as ada,
        pytest.raises(CannotStart, match=rf"Port {port_of(ada)} .* taken .* set PLAZA_PORT"),
    ):
        listen(HOME, port_of(ada), "PLAZA_PORT")


def test_a_reserved_port_is_for_sharing_among_ourselves_only():
    with reserve(HOME, 0, "GRPC_PORT") as kept:
        with socket.socket() as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            ours.bind((HOME, port_of(kept)))
            ours.listen()
        with pytest.raises(CannotStart, match="set GRPC_PORT"):
            reserve(HOME, port_of(kept), "GRPC_PORT")


def test_an_address_that_is_not_ours_is_told():
    with pytest.raises(CannotStart, match="set PLAZA_HOST"):
        listen("192.0.2.1", 0, "PLAZA_PORT")
    with pytest.raises(CannotStart, match="no address to listen on"):
        listen("no.such.host.invalid", 0, "PLAZA_PORT")
