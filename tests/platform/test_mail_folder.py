"""A letter lies in the folder whole, or not at all."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from plaza.platform.mail import Mail
from plaza.platform.mail_folder import FolderMailer

pytestmark = pytest.mark.anyio


def letter(number=1):
    return Mail(
        to="ada@example.org",
        subject=f"No. {number}",
        text="Grüße\n",
        html="<p>Gr&uuml;&szlig;e</p>",
    )


async def test_a_letter_is_a_file_that_says_all(tmp_path):
    folder = tmp_path / "a" / "mail"
    await FolderMailer(folder).send(letter())
    (file,) = folder.iterdir()
    written = json.loads(file.read_text(encoding="utf-8"))
    assert file.suffix == ".json"
    assert list(written) == ["to", "subject", "text", "html", "sent_at"]
    assert (written["to"], written["text"]) == ("ada@example.org", "Grüße\n")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(written["sent_at"])).seconds < 60


async def test_the_newest_come_first_and_not_more_than_asked_for(tmp_path):
    mailer = FolderMailer(tmp_path)
    assert await mailer.newest(10) == []
    for number in range(5):
        await mailer.send(letter(number))
        await asyncio.sleep(0.002)  # names sort by the millisecond
    assert [sent.subject for sent in await mailer.newest(3)] == ["No. 4", "No. 3", "No. 2"]


async def test_many_at_once_are_many(tmp_path):
    mailer = FolderMailer(tmp_path)
    await asyncio.gather(*(mailer.send(letter(number)) for number in range(50)))
    assert len({sent.subject for sent in await mailer.newest(100)}) == 50


async def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(OSError, match="mail"):
        await FolderMailer(tmp_path / "mail").send(letter())
