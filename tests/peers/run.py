"""Judges that others wrote, against a running Plaza: `make test-peers`.

Needs Node.js with npm beside what Plaza needs. Each judge prints one line, and what it found if it
found something; the last line counts them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.peers.server import Server, started

HERE = Path(__file__).parent
MADE = HERE / "generated"
NODE = HERE / "node_modules" / ".bin"
BUF = Path(sys.executable).with_name("buf")
AUDITS = HERE / "graphql_audits" / "run.sh"
OLDEST_NODE = 20
NEEDED = (
    f"make test-peers needs Node.js ({OLDEST_NODE} or newer) with npm: most outside judges of"
    " contracts are written for it."
)
SECONDS = 300

Judge = Callable[[Server], None]


class Unfavourable(Exception):
    """What a judge has to say."""


def run(*command: str | Path, cwd: Path = HERE) -> str:
    """What it prints. Raises Unfavourable when it fails or does not end."""
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "NO_UPDATE_NOTIFIER": "1"}
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Unfavourable(f"no end after {SECONDS} s\n{late.output or ''}") from None
    if done.returncode:
        raise Unfavourable(done.stdout)
    return done.stdout


def redocly(_: Server) -> None:
    run(NODE / "redocly", "lint", "--config", "redocly.yaml", "generated/openapi.yaml")


def spectral(_: Server) -> None:
    run(NODE / "spectral", "lint", "--ruleset", "spectral.yaml", "generated/openapi.yaml")


def typescript(server: Server) -> None:
    contract, types = "generated/openapi.yaml", "generated/plaza.ts"
    # What has a default may be left out, in a request.
    run(NODE / "openapi-typescript", contract, "--output", types, "--default-non-nullable=false")
    run(NODE / "tsc", "--project", "tsconfig.json")
    run("node", "generated/client.js", server.url, server.username, server.password)


def grpc_health(server: Server) -> None:
    """A client in Go, over reflection: every service is there and serves."""
    call = [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge"]
    methods = run(*call, "--list-methods", f"http://{server.grpc}").split()
    ours = {method.rpartition("/")[0] for method in methods if method.startswith("plaza.")}
    if not ours:
        raise Unfavourable(f"reflection shows none of ours: {methods}")
    check = f"http://{server.grpc}/grpc.health.v1.Health/Check"
    for service in ("", *sorted(ours)):
        told = run(*call, "--data", f'{{"service":"{service}"}}', check)
        if '"SERVING"' not in told:
            raise Unfavourable(f"{service or 'the server'}: {told}")


def graphql_audits(server: Server) -> None:
    run("sh", AUDITS, f"{server.url}/graphql")


def judges(server: Server) -> dict[str, Judge]:
    """Those whose subject is there."""
    found: dict[str, Judge] = {
        "redocly, recommended-strict": redocly,
        "spectral, with OWASP's API Top 10": spectral,
        "a typed client in TypeScript": typescript,
    }
    if server.grpc:
        found["buf curl, over reflection"] = grpc_health
    if AUDITS.exists():
        found["GraphQL over HTTP, audits"] = graphql_audits
    return found


def judged(name: str, judge: Judge, server: Server) -> bool:
    begun = time.perf_counter()
    try:
        judge(server)
    except Unfavourable as told:
        print(f"FAIL {time.perf_counter() - begun:5.1f} s  {name}\n{told}\n", flush=True)
        return False
    print(f"ok   {time.perf_counter() - begun:5.1f} s  {name}", flush=True)
    return True


def node_is_there() -> bool:
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    version = run("node", "--version").strip().removeprefix("v")
    return int(version.partition(".")[0]) >= OLDEST_NODE


def install() -> None:
    """As the lock says; only when it changed."""
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm: Sequence[str] = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    run(*npm)


def main() -> int:
    if not node_is_there():
        print(NEEDED)
        return 1
    install()
    MADE.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="plaza-peers-") as folder,
        started(Path(folder)) as server,
    ):
        (MADE / "openapi.yaml").write_text(server.contract(), encoding="utf-8")
        outcomes = [judged(name, judge, server) for name, judge in judges(server).items()]
    failed = outcomes.count(False)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unfavourable as reason:
        sys.exit(f"the judges could not begin:\n{reason}")
