"""Made-up people, as whoever looks at Plaza for the first time meets them."""

import re
import sys

import httpx
import pytest

from tests.e2e.running import DEADLINE, ROOT, using, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE
from tests.e2e.test_make import COPIED

SMALL = "--users 12 --posts-per-user 6 --seed 3"
GUIDE = re.compile(r"^Log in as (\S+) with the password: (.+)$", re.MULTILINE)


class Visitor:
    """Somebody who logs in by what was printed, and looks around."""

    def __init__(self, url, printed):
        (self.name, self.password) = GUIDE.findall(printed)[-1]
        body = {"login": self.name, "password": self.password}
        answer = httpx.post(f"{url}/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self._headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        self._url = url

    def get(self, path):
        answer = httpx.get(f"{self._url}{path}", headers=self._headers, timeout=DEADLINE)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path):
        return self.get(f"{path}?limit=100")["items"]

    def look_around(self):
        """The feed is full, and every count is what a list of it says."""
        profile = self.get(f"/v1/users/@{self.name}")
        home = f"/v1/users/{profile['id']}"
        followed = self.all(f"{home}/following")
        feed = self.all("/v1/users/feed")
        assert {each["author_id"] for each in feed} <= {each["id"] for each in (profile, *followed)}
        assert len({each["author_id"] for each in feed}) > 1
        assert profile["following_count"] == len(followed) > 0
        assert profile["follower_count"] == len(self.all(f"{home}/followers"))
        comments = 0
        for person in (profile, *followed):
            assert person["username"]
            for post in self.all(f"/v1/users/{person['id']}/posts"):
                said = self.all(f"/v1/posts/{post['id']}/comments")
                assert post["comment_count"] == len(said)
                comments += len(said)
        assert comments > 0


@pytest.fixture
def installed(home):
    """A clone after the first `make run`."""
    for name in COPIED:
        target = home / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    program = home / ".venv" / "bin" / "plaza"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m plaza.cli "$@"\n')
    program.chmod(0o755)
    (home / ".venv" / "requirements.installed").touch()
    return home


def test_make_demo_is_full_of_people_and_stays_so(start, installed):
    for time in (1, 2):
        demo = start(
            command=["make", "demo"],
            DEMO_FLAGS=SMALL,
            DATABASE_URL="postgresql://nobody@127.0.0.1:1/not-a-demo",
            **CHEAP,
        ).until_ready()
        assert ("were there already" in demo.output) == (time == 2)
        Visitor(demo.url, demo.output).look_around()
        demo.interrupt()
        demo.process.wait(DEADLINE)
        wait_for(lambda: using(installed) == [])
    assert (installed / ".demo" / "postgres").is_dir()
    assert not (installed / ".plaza").exists()


def test_people_come_to_a_plaza_that_runs(start):
    plaza = start(command=WHOLE, **CHEAP).until_ready()
    seeding = start(command=[sys.executable, "-m", "plaza.cli", "seed", *SMALL.split()], **CHEAP)
    assert seeding.process.wait(DEADLINE) == 0, seeding.output
    Visitor(plaza.url, seeding.output).look_around()
    assert plaza.end() == 0
