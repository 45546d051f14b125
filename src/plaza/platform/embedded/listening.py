"""Sockets taken before anything is started, so that a taken port is known at once."""

import errno
import socket

from plaza.platform.starting import CannotStart

BACKLOG = 2048


def listen(host: str, port: int, setting: str) -> socket.socket:
    """For web processes to inherit: while one is started again, callers wait instead of failing.

    Raises CannotStart, naming the setting to change.
    """
    listener = _bound(host, port, setting)
    listener.listen(BACKLOG)
    return listener


def reserve(host: str, port: int, setting: str) -> socket.socket:
    """Keep a port for servers that open their own socket with SO_REUSEPORT, under our user id.

    Raises CannotStart, naming the setting to change.
    """
    _bound(host, port, setting).close()  # with SO_REUSEPORT we would share it with a stranger
    return _bound(host, port, setting, share=True)


def _bound(host: str, port: int, setting: str, *, share: bool = False) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CannotStart(f"{host} is no address to listen on ({error.strerror}).") from None
    bound = socket.socket(family, kind)
    try:
        # SO_REUSEADDR on both would let a stranger take a port that is bound and not listened to.
        option = socket.SO_REUSEPORT if share else socket.SO_REUSEADDR
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _refusal(error, host, port, setting) from None
    return bound


def _refusal(error: OSError, host: str, port: int, setting: str) -> CannotStart:
    if error.errno == errno.EADDRINUSE:
        return CannotStart(
            f"Port {port} on {host} is taken by another program: stop that one, or set {setting}."
        )
    return CannotStart(
        f"Plaza cannot listen on {host} port {port} ({error.strerror}): set PLAZA_HOST or "
        f"{setting}."
    )
