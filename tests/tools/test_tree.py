"""What a clone must not hold is found, and what only looks like it is not."""

from pathlib import Path

import pytest

from tools import dead_code, secrets_scan, tree

HOME = "/" + "home/ada"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("a.py", f'open("{HOME}/notes")', "a path of one machine"),
        ("a.py", "<" * 7 + " HEAD\n", "a merge that was not finished"),
        ("requirements.lock", "--index-" + "url https://example.org", "never an address"),
        ("requirements.lock", "plaza @ git" + "+ssh", "never an address"),
        ("package-lock.json", '{"resolved": "x"}', "never an address"),
        ("pip.conf", "index-" + "url = https://example.org", "a package index"),
        ("a.yml", "a: [", "cannot be read"),
        ("a.toml", "a = ", "cannot be read"),
        ("a.json", "{", "cannot be read"),
    ],
)
def test_a_fault_is_found(file, text, says):
    assert any(says in fault for fault in tree.faults(Path(file), text))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.py", '"/v1/work/of/ada"'),
        ("a.py", '"https://example.org/home/ada"'),
        ("requirements.lock", "msgspec==0.21 \\\n    --hash=sha256:0"),
        ("a.yaml", "a: 1\n---\nb: 2\n"),
    ],
)
def test_what_is_in_order_is_left_alone(file, text):
    assert list(tree.faults(Path(file), text)) == []


def test_a_secret_is_found(tmp_path, monkeypatch):
    (tmp_path / "deploy.py").write_text("TOKEN = '" + "ghp_" + "a1B2" * 9 + "'\n")
    monkeypatch.setattr(secrets_scan, "ROOT", tmp_path)
    monkeypatch.setattr(secrets_scan, "tracked", lambda: [Path("deploy.py")])
    monkeypatch.chdir(tmp_path)
    assert any("deploy.py:1 GitHub Token" in found for found in secrets_scan.findings())


def test_what_nothing_names_is_dead(tmp_path, monkeypatch):
    for folder in ("src", "tools"):
        (tmp_path / folder).mkdir()
    (tmp_path / "src" / "a.py").write_text("def forgotten():\n    return 1\n")
    monkeypatch.setattr(dead_code, "ROOT", tmp_path)
    monkeypatch.setattr(dead_code, "CALLED_FROM_OUTSIDE", {"gone": "nobody calls it any more"})
    assert dead_code.findings() == [
        "src/a.py:1 function forgotten",
        "tools/dead_code.py need not excuse gone",
    ]
