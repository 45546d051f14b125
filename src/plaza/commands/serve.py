"""`plaza serve`: everything Plaza needs, and Plaza in front; or one part of it by itself."""

import ipaddress
import shutil
import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from plaza.commands.processes import Migrations, Servers, Web, Worker
from plaza.commands.voice import voice
from plaza.commands.watch import Watch
from plaza.platform.embedded.datafolder import data_folder, unwritable
from plaza.platform.embedded.listening import listen, reserve
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.process import Process
from plaza.platform.embedded.runfolder import run_folder, short_place
from plaza.platform.embedded.supervisor import Supervisor
from plaza.platform.starting import CannotStart
from plaza.settings import Settings, load

CODE = Path(__file__).parents[1]
SERVERS = ("database_url", "nats_url", "redis_url")

Role = Annotated[
    Literal["all", "gateway", "worker"],
    Parameter(
        help="What to run: `gateway` answers, `worker` does what nobody waits for; each by itself "
        "needs outside servers, and a database that is migrated."
    ),
]
Reload = Annotated[
    bool, Parameter(help="Start the processes again when the code changes.", negative="")
]
Factory = Annotated[str, Parameter(show=False)]


def serve(
    role: Role = "all", /, *, reload: Reload = False, app: Factory = "plaza.app.gateway:build"
) -> None:
    """Start Plaza with all it needs, until Ctrl-C or SIGTERM."""
    began = time.monotonic()
    settings = load()
    say = voice(settings)
    with ExitStack() as stack:
        data, run = _folders(settings, stack) if role == "all" else _apart(settings, role, stack)
        listener = None if role == "worker" else _listener(settings, stack)
        port = listener.getsockname()[1] if listener else settings.port
        servers = Servers(settings, data, run, port)
        environment, drain = servers.environment, settings.drain_seconds
        plaza: list[Process] = []
        if listener:
            ready = (run / f"web-{number}" for number in range(settings.workers))
            plaza += [Web(listener, file, environment, app, drain) for file in ready]
        if role != "gateway":
            plaza.append(Worker(run / "worker", environment, drain))
        stages: list[Sequence[Process]] = [plaza]
        if role == "all":
            migrations = Migrations(environment, Log(data / "logs" / "migrations.log"))
            stages = [servers.processes(), [migrations], plaza]
        Supervisor(stages, say=say, changed=Watch(CODE).changed if reload else None).run(
            ready=lambda: say(_greeting(settings, listener, time.monotonic() - began)),
            stopping=lambda: listener.close() if listener else None,
        )


def _folders(settings: Settings, stack: ExitStack) -> tuple[Path, Path]:
    try:
        data = stack.enter_context(data_folder(settings.data))
        run = run_folder(data)
    except OSError as error:
        raise unwritable(settings.data, error) from None
    stack.callback(shutil.rmtree, run, ignore_errors=True)
    return data, run


def _apart(settings: Settings, role: str, stack: ExitStack) -> tuple[Path, Path]:
    """No server here keeps anything, so that several roles may share one data folder."""
    if missing := [name.upper() for name in SERVERS if not getattr(settings, name)]:
        raise CannotStart(
            f"`plaza serve {role}` has no servers of its own: set {' and '.join(missing)}."
        )
    run = stack.enter_context(tempfile.TemporaryDirectory(prefix="plaza-", dir=short_place()))
    return settings.data, Path(run)


def _listener(settings: Settings, stack: ExitStack) -> socket.socket:
    listener = stack.enter_context(listen(settings.host, settings.port, "PLAZA_PORT"))
    if settings.grpc_port:
        stack.enter_context(reserve(settings.host, settings.grpc_port, "GRPC_PORT"))
    return listener


def _greeting(settings: Settings, listener: socket.socket | None, seconds: float) -> str:
    lines = [f"Plaza is ready after {seconds:.1f} s"]
    if listener:
        host, port = listener.getsockname()[:2]
        shown = _reachable(host)
        lines += [f"  web   http://{shown}:{port}", f"  docs  http://{shown}:{port}/docs"]
        if settings.grpc_port:
            lines.append(f"  gRPC  {shown}:{settings.grpc_port}")
    return "\n".join([*lines, f"  data  {settings.data}", "Ctrl-C stops it."])


def _reachable(host: str) -> str:
    """Something one can type into a browser, also when we listen on every address."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return "localhost"
    return f"[{host}]" if isinstance(address, ipaddress.IPv6Address) else host
