"""What is made from something else is what it would be made to be now: `make generate`."""

import pytest

from tools.generated import GENERATED, stale


@pytest.mark.parametrize("name", GENERATED)
def test_it_is_up_to_date(name):
    assert not stale(name), f"{name}: make generate"
