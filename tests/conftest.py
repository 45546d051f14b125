"""One set of real servers per run, one database per module, new people per test."""

import asyncio
import os
import secrets

import pytest
import structlog

from plaza.platform.database import Database
from plaza.platform.pool import open_pool
from tests.servers import TEMPLATE, Servers, execute, named

# A server is forked while gRPC's threads work; its handlers then end some of these children.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

SERVERS = pytest.StashKey[Servers]()
KINDS = ("postgres", "nats", "valkey")


def pytest_configure(config):
    """Workers of xdist get the servers of the process that started them."""
    config.stash[SERVERS] = Servers()
    for kind in KINDS:
        given = getattr(config, "workerinput", {}).get(f"plaza_{kind}")
        if given:
            setattr(config.stash[SERVERS], kind, given)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    for kind in KINDS:
        node.workerinput[f"plaza_{kind}"] = getattr(node.config.stash[SERVERS], kind)


def pytest_unconfigure(config):
    config.stash[SERVERS].stop()


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def _logs_as_before():
    """An application that a module starts sets up the logs of the whole process."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def servers(pytestconfig):
    return pytestconfig.stash[SERVERS]


@pytest.fixture(scope="session")
def nats_url(servers):
    return servers.nats


@pytest.fixture(scope="session")
def valkey_url(servers):
    return servers.valkey


@pytest.fixture(scope="module")
def dsn(servers):
    """A database of this module's own, migrated and empty."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(execute(servers.postgres, f"create database {name} template {TEMPLATE}"))
    yield named(servers.postgres, name)
    asyncio.run(execute(servers.postgres, f"drop database {name} with (force)"))


@pytest.fixture(scope="module")
async def database(dsn):
    async with open_pool(dsn, size=8) as pool:
        yield Database(pool)
