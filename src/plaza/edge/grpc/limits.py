"""How much of a server one client may hold: in bytes, at once, and in seconds."""

from msgspec import Struct

KEEPALIVE_SECONDS, KEEPALIVE_TIMEOUT_SECONDS = 60, 20
AGE_SECONDS, AGE_GRACE_SECONDS = 1_800, 75
"""A connection that grew old takes no more calls; those that run may still end."""

Option = tuple[str, int]


class Limits(Struct, frozen=True, kw_only=True):
    """What is over is RESOURCE_EXHAUSTED, but for `connection_streams`: those wait in the client.

    `calls` are those whose message is there; what only opens a call holds none of them.
    `streams` are of health and reflection together, `address_streams` those of one address.
    """

    request_bytes: int = 1024 * 1024
    answer_bytes: int = 4 * 1024 * 1024
    calls: int = 1_000
    connection_streams: int = 100
    streams: int = 1_000
    address_streams: int = 100
    message_seconds: float = 10.0
    watch_seconds: float = 60.0
    reflection_seconds: float = 10.0
    handshake_seconds: float = 20.0
    idle_seconds: float = 300.0


USUAL = Limits()


def options(limits: Limits) -> tuple[Option, ...]:
    """For grpc.aio.server: messages, and connections that are silent, dead or old."""
    return (
        ("grpc.max_receive_message_length", limits.request_bytes),
        ("grpc.max_send_message_length", limits.answer_bytes),
        ("grpc.max_concurrent_streams", limits.connection_streams),
        ("grpc.server_handshake_timeout_ms", int(limits.handshake_seconds * 1_000)),
        ("grpc.keepalive_time_ms", KEEPALIVE_SECONDS * 1_000),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_SECONDS * 1_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.max_connection_idle_ms", int(limits.idle_seconds * 1_000)),
        ("grpc.max_connection_age_ms", AGE_SECONDS * 1_000),
        ("grpc.max_connection_age_grace_ms", AGE_GRACE_SECONDS * 1_000),
    )
