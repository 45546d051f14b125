"""Started in order, started again when they end, stopped in reverse; with real processes."""

import os
import signal
import threading
import time

import pytest

from plaza.platform.embedded.launch import Launch
from plaza.platform.embedded.log import Log
from plaza.platform.embedded.process import Process
from plaza.platform.embedded.supervisor import LIVES, Supervisor
from plaza.platform.starting import CannotStart
from tests.e2e.running import wait_for

STAYS = "echo started; trap 'echo stopped >> $STORY; exit 0' TERM; while :; do sleep 0.01; done"


class Actor(Process):
    """Follows a script of the shell's; tells in a story who came and went."""

    def __init__(self, name, folder, script=STAYS):
        super().__init__(Log(folder / f"{name}.log"))
        self.name = name
        self.script = script
        self.starts = 0
        self.story = folder / "story"

    def launch(self):
        self.starts += 1
        return Launch(
            command=["sh", "-c", f"echo {self.name} >> $STORY; {self.script}"],
            environment={"STORY": str(self.story), "PATH": os.environ["PATH"]},
        )

    def is_ready(self):
        return "started" in self.last_words()


@pytest.fixture
def said():
    return []


@pytest.fixture
def run(said):
    """Runs them until `meanwhile`, in another thread, is done; then asks to stop."""

    def begin(stages, meanwhile=lambda: None, changed=None):
        def play():
            try:
                meanwhile()
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=play)
        Supervisor(stages, said.append, changed).run(thread.start, lambda: None)
        thread.join()

    return begin


@pytest.fixture
def run_to_ruin(said):
    """Nobody asks to stop: it must end by itself."""
    return lambda stages: Supervisor(stages, said.append).run(lambda: None, lambda: None)


@pytest.fixture
def actor(tmp_path):
    return lambda name, script=STAYS: Actor(name, tmp_path, script)


def test_stages_start_one_after_the_other_and_stop_in_reverse(run, actor):
    ada, bob = actor("ada"), actor("bob")
    run([[ada], [bob]])
    assert ada.story.read_text().split() == ["ada", "bob", "stopped", "stopped"]
    assert (ada.ended(), bob.ended()) == (0, 0)


def test_what_does_not_start_ends_all_and_says_why(run_to_ruin, actor):
    ada, bob = actor("ada"), actor("bob", "echo no luck today; exit 1")
    with pytest.raises(CannotStart, match="bob did not start: no luck today"):
        run_to_ruin([[ada], [bob]])
    assert ada.ended() == 0


def test_what_is_killed_is_started_again_and_the_others_stay(run, actor, said):
    ada, bob = actor("ada"), actor("bob")

    def kill():
        os.kill(ada.pid, signal.SIGKILL)
        wait_for(lambda: ada.starts == 2)

    run([[ada, bob]], kill)
    assert bob.starts == 1
    assert "ended by SIGKILL; starting it again" in said[0]


def test_the_fifth_end_within_a_minute_is_the_last(run_to_ruin, actor, said, monkeypatch):
    monkeypatch.setattr("plaza.platform.embedded.supervisor.FIRST_PAUSE", 0.01)
    ada = actor("ada", "echo started; sleep 0.05; echo I cannot go on; exit 3")
    with pytest.raises(CannotStart, match=r"(?s)code 3, for the 5th time .*I cannot go on"):
        run_to_ruin([[ada]])
    assert (ada.starts, len(said)) == (LIVES, LIVES - 1)


def test_who_ignores_the_wish_to_stop_is_killed(run, actor):
    ada = actor("ada", "trap '' TERM; echo started; while :; do sleep 0.01; done")
    ada.stop_seconds = 0.2
    run([[ada]])
    assert ada.ended() == -signal.SIGKILL


def test_a_change_of_the_code_starts_the_last_stage_anew(run, actor):
    ada, bob = actor("ada"), actor("bob")
    changes = []

    def edit():
        changes.append("app.py")
        wait_for(lambda: bob.starts == 2)

    run([[ada], [bob]], edit, changed=lambda: bool(changes and changes.pop()))
    assert ada.starts == 1


def test_broken_code_waits_for_the_next_change(run, actor, said):
    bob = actor("bob")
    changes = []

    def edit():
        os.kill(bob.pid, signal.SIGKILL)
        wait_for(lambda: said)
        time.sleep(0.3)
        assert bob.starts == 1
        changes.append("app.py")
        wait_for(lambda: bob.starts == 2)

    run([[bob]], edit, changed=lambda: bool(changes and changes.pop()))
    assert said[0].endswith("it is started again when a file changes")


def test_handlers_of_signals_are_given_back(run, actor):
    before = signal.getsignal(signal.SIGTERM)
    run([[actor("ada")]])
    assert signal.getsignal(signal.SIGTERM) is before
