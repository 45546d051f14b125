"""A child's log never fills the disk, and its end can be shown."""

from plaza.platform.embedded.log import Log


def test_a_log_stays_bounded_while_its_writer_goes_on(tmp_path):
    log = Log(tmp_path / "ada.log", limit=1000)
    with log.path.open("ab", buffering=0) as child:
        for number in range(1000):
            child.write(b"line %04d of a long story\n" % number)
            log.trim()
    written = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert written < 2100
    assert log.tail(1) == "line 0999 of a long story"


def test_the_newest_lines_are_kept(tmp_path):
    log = Log(tmp_path / "ada.log", limit=10)
    log.path.write_text("old\n" * 10 + "newest\n")
    log.trim()
    assert (tmp_path / "ada.old.log").read_text().endswith("newest\n")
    assert log.path.read_text() == ""


def test_where_there_is_no_room_for_the_past_it_is_cut_all_the_same(tmp_path):
    log = Log(tmp_path / "ada.log", limit=10)
    (tmp_path / "ada.old.log").mkdir()
    log.path.write_text("a line that is too long\n")
    log.trim()
    assert log.size() == 0


def test_the_tail_of_what_was_never_written_says_so(tmp_path):
    log = Log(tmp_path / "ada.log")
    assert log.tail(5) == "it said nothing"
    log.path.write_bytes(b"one\ntwo\n\xff three\n")
    assert log.tail(2) == "two\n\N{REPLACEMENT CHARACTER} three"


def test_the_tail_can_be_that_of_one_run(tmp_path):
    log = Log(tmp_path / "ada.log", limit=10)
    log.path.write_text("of yesterday\n")
    began = log.size()
    assert log.tail(5, since=began) == "it said nothing"
    with log.path.open("a") as child:
        child.write("of today\n")
    assert log.tail(5, since=began) == "of today"
    log.trim()
    log.path.write_text("after\n")
    assert log.tail(5, since=began) == "after"
