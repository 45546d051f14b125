"""People read lines, collectors read JSON."""

import json

from plaza.commands.voice import voice
from plaza.settings import Settings


def test_people_are_told_plainly(capsys):
    voice(Settings())("Plaza is ready")
    assert capsys.readouterr().out == "Plaza is ready\n"


def test_in_production_every_line_is_one_of_the_log(capsys):
    voice(Settings(environment="production"))("several\nlines")
    told = json.loads(capsys.readouterr().out)
    assert told["event"] == "several\nlines"
    assert told["environment"] == "production"
    assert {"level", "timestamp", "service", "version", "instance_id"} <= told.keys()
