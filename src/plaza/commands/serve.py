"""`plaza serve`: everything Plaza needs, and Plaza in front."""

import ipaddress
import shutil
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from plaza.commands.processes import Migrations, Servers, Web
from plaza.commands.voice import voice
from plaza.commands.watch import Watch
from plaza.platform.embedded.datafolder import data_folder, unwritable
from plaza.platform.embedded.listening import listen, reserve
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.runfolder import run_folder
from plaza.platform.embedded.supervisor import Supervisor
from plaza.settings import Settings, load

CODE = Path(__file__).parents[1]


Reload = Annotated[
    bool, Parameter(help="Start the web processes again when the code changes.", negative="")
]
Factory = Annotated[str, Parameter(show=False)]


def serve(*, reload: Reload = False, app: Factory = "plaza.app.gateway:build") -> None:
    """Start Plaza with all it needs, until Ctrl-C or SIGTERM."""
    began = time.monotonic()
    settings = load()
    say = voice(settings)
    with ExitStack() as stack:
        data, run = _folders(settings, stack)
        listener = stack.enter_context(listen(settings.host, settings.port, "PLAZA_PORT"))
        if settings.grpc_port:
            stack.enter_context(reserve(settings.host, settings.grpc_port, "GRPC_PORT"))
        servers = Servers(settings, data, run, listener.getsockname()[1])
        environment = servers.environment
        migrations = Migrations(environment, Log(data / "logs" / "migrations.log"))
        webs = [
            Web(listener, run / f"web-{number}", environment, app, settings.drain_seconds)
            for number in range(settings.workers)
        ]
        Supervisor(
            [servers.processes(), [migrations], webs],
            say=say,
            changed=Watch(CODE).changed if reload else None,
        ).run(
            ready=lambda: say(_greeting(settings, listener, time.monotonic() - began)),
            stopping=listener.close,
        )


def _folders(settings: Settings, stack: ExitStack) -> tuple[Path, Path]:
    try:
        data = stack.enter_context(data_folder(settings.data))
        run = run_folder(data)
    except OSError as error:
        raise unwritable(settings.data, error) from None
    stack.callback(shutil.rmtree, run, ignore_errors=True)
    return data, run


def _greeting(settings: Settings, listener: socket.socket, seconds: float) -> str:
    host, port = listener.getsockname()[:2]
    shown = _reachable(host)
    lines = [
        f"Plaza is ready after {seconds:.1f} s",
        f"  web   http://{shown}:{port}",
        f"  docs  http://{shown}:{port}/docs",
        f"  gRPC  {shown}:{settings.grpc_port}",
        f"  data  {settings.data}",
        "Ctrl-C stops it.",
    ]
    if not settings.grpc_port:
        del lines[3]
    return "\n".join(lines)


def _reachable(host: str) -> str:
    """Something one can type into a browser, also when we listen on every address."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return "localhost"
    return f"[{host}]" if isinstance(address, ipaddress.IPv6Address) else host
