"""`plaza openapi` prints the contract, or tells where the kept one differs."""

import pytest
import yaml

from plaza.commands.openapi import openapi
from tools.tracked import ROOT


def test_it_prints_the_contract_that_is_kept(capsys):
    openapi()
    printed = capsys.readouterr().out
    assert printed == (ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(printed)["openapi"] == "3.1.0"


def test_a_check_says_nothing_while_both_agree(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    openapi(check=True)
    assert capsys.readouterr().out == ""


def test_a_check_shows_the_difference_and_fails(monkeypatch, tmp_path):
    (tmp_path / "api").mkdir()
    kept = (ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8")
    changed = kept.replace("summary: Read a post", "summary: Read a letter")
    (tmp_path / "api" / "openapi.yaml").write_text(changed, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as refused:
        openapi(check=True)
    assert "-      summary: Read a letter\n+      summary: Read a post\n" in str(refused.value)


def test_a_check_without_a_kept_one_fails(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"openapi\.yaml is not what the code says"):
        openapi(check=True)
