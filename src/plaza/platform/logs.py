"""JSON lines: what happened, to which request, in which process; and never a secret."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from enum import Enum
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from structlog.typing import EventDict, WrappedLogger

from plaza.platform.caller import NOWHERE, Origin

ORIGIN: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)
"""Whose request a line belongs to. For logs alone: decisions take their caller as an argument."""

SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie", "credential", "api_key")
HIDDEN = "[hidden]"
BRIEF = 500


class AccessLog(Enum):
    """Which requests are logged; errors and slow ones always are."""

    ALL = "all"
    SAMPLED = "sampled"
    OFF = "off"


class Process(Struct, frozen=True, kw_only=True):
    """Stands on every line."""

    service: str
    environment: str
    version: str
    instance_id: str


def start_logging(process: Process, level: str) -> None:
    """Send structlog and the standard library's loggers to stdout, one JSON object a line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    about = msgspec.structs.asdict(process)

    def name_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {**event, **about}

    shared: list[Any] = [
        _name_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        name_process,
        _hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, _render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)


def _name_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    origin = ORIGIN.get()
    return {"request_id": origin.request_id, "trace_id": origin.trace_id, **event}


def _render(_: WrappedLogger, __: str, event: EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def _hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return dict(_hidden(event))


def _hidden(members: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    for name, value in members.items():
        if isinstance(name, str) and any(word in name.lower() for word in SECRET_WORDS):
            yield name, HIDDEN
        elif isinstance(value, Mapping):
            yield name, dict(_hidden(value))
        else:
            yield name, value


def brief(error: BaseException) -> str:
    """An error in one line of at most BRIEF characters, as rows and other lines keep it."""
    return f"{type(error).__name__}: {error}"[:BRIEF]
