"""One Plaza for all stories, as one would start it: its own servers, rate limits, real mail."""

import sys
from importlib import import_module

import httpx
import pytest

pytest.register_assert_rewrite("tests.acceptance.steps", "tests.acceptance.stage")

from tests.acceptance.people import Troupe  # noqa: E402  # asserts are rewritten first
from tests.acceptance.post_office import PostOffice  # noqa: E402
from tests.acceptance.stage import Stage  # noqa: E402
from tests.e2e.running import DEADLINE, Running  # noqa: E402

VOCABULARY = ("accounts", "answers", "feed", "limits", "people", "posts")
WHOLE = [sys.executable, "-m", "plaza.cli", "serve"]


def pytest_configure(config):
    """A step is a fixture: those of a plugin are known in every story."""
    for words in VOCABULARY:
        config.pluginmanager.register(import_module(f"tests.acceptance.steps.{words}"))


@pytest.fixture(scope="session")
def post_office():
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="session")
def plaza(post_office, tmp_path_factory):
    home = tmp_path_factory.mktemp("stories")
    running = Running(
        home,
        command=WHOLE,
        RATE_LIMITS="on",
        TRUSTED_PROXIES="127.0.0.1",  # so that everyone can come from an address of their own
        MAIL_URL=post_office.url,
        PASSWORD_MEMORY_KIB=64,
        PASSWORD_PASSES=1,
        ACCESS_LOG="off",
    )
    try:
        yield running.until_ready()
        assert running.end() == 0
    finally:
        running.kill()


@pytest.fixture(scope="session")
def client(plaza):
    with httpx.Client(base_url=plaza.url, timeout=DEADLINE) as client:
        yield client


@pytest.fixture(scope="session")
def troupe(client, post_office):
    return Troupe(client, post_office)


@pytest.fixture
def stage(plaza, troupe):
    return Stage(plaza, troupe)
