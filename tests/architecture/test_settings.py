"""Every setting is told where people look for it."""

import pytest

from plaza.settings import table


@pytest.mark.parametrize("setting", table(), ids=lambda each: each.field)
def test_a_setting_says_in_a_sentence_what_it_does(setting):
    assert setting.sentence.endswith(".")
