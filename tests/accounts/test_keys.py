"""Keys: made once for all processes, kept from others, rotated by hand."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from plaza.accounts.service.keys import find_keys, keys_in, new_keys, read_keys
from plaza.platform.starting import CannotStart


def test_they_are_made_once_however_many_start_together(tmp_path):
    file = tmp_path / "data" / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(keys_in, [file] * 16))
    assert len({keys.secrets for keys in made}) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert keys_in(file).signing.keys() == made[0].signing.keys()
    assert [each.name for each in file.parent.iterdir()] == ["keys.json"]


def test_they_are_given_as_text_or_as_a_file_or_made(tmp_path):
    text = new_keys()
    (tmp_path / "given.json").write_text(text)
    own = tmp_path / "own.json"
    assert find_keys(text, own).secrets == find_keys(str(tmp_path / "given.json"), own).secrets
    assert not own.exists()
    assert find_keys("", own).secrets == find_keys("", own).secrets
    for missing in (str(tmp_path / "none.json"), str(tmp_path)):
        with pytest.raises(CannotStart):
            find_keys(missing, own)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{"kty": "oct", "k": "YWJj"}]}',
        '{"keys": [1]}',
    ],
)
def test_what_holds_no_keys_is_told_in_a_sentence(text):
    with pytest.raises(CannotStart):
        read_keys(text)


def test_a_public_key_signs_nothing_and_a_short_secret_keeps_none():
    signing, secret = json.loads(new_keys())["keys"]
    for keys in (
        [{name: signing[name] for name in ("kty", "crv", "x")}, secret],
        [signing],
        [secret],
        [signing, {"kty": "oct", "k": "c2hvcnQ"}],
    ):
        with pytest.raises(CannotStart):
            read_keys(json.dumps({"keys": keys}))


def test_what_an_older_secret_made_is_found_again():
    old, new = json.loads(new_keys())["keys"], json.loads(new_keys())["keys"]
    before = read_keys(json.dumps({"keys": old}))
    after = read_keys(json.dumps({"keys": [*new, *old]}))
    made = next(before.derive("refresh", b"token"))
    assert made in set(after.derive("refresh", b"token"))
    assert made != next(after.derive("refresh", b"token"))
    assert made != next(before.derive("activation", b"token"))
