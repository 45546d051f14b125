"""What follows from chance is the same every time."""

from collections import Counter

from plaza.demo.chance import Chance


def test_the_same_names_draw_the_same():
    assert draws(Chance(1, "cast")) == draws(Chance(1, "cast"))
    assert draws(Chance(1, "cast")) != draws(Chance(2, "cast"))
    assert draws(Chance(1, "cast")) != draws(Chance(1, "graph"))


def test_what_was_drawn_once_is_drawn_on_every_python():
    """Made-up people of a seed are told of by their names: those may not change."""
    assert [Chance("ada").below(1000), Chance("bob").below(1000)] == [928, 422]


def test_bits_fill_their_room():
    chance = Chance("bits")
    drawn = [chance.bits(74) for _ in range(1000)]
    assert max(drawn).bit_length() == 74
    assert len(set(drawn)) == 1000


def test_what_stands_first_is_drawn_most_and_all_is_drawn():
    chance = Chance("words")
    counted = Counter(chance.skewed("abcdefgh") for _ in range(5000))
    assert counted["a"] > 1.5 * counted["b"] > 1.5 * counted["d"]
    assert set(counted) == set("abcdefgh")


def test_a_heavy_tail_is_mostly_small_and_keeps_its_bounds():
    chance = Chance("posts")
    drawn = sorted(chance.heavy(2, 100) for _ in range(5000))
    assert drawn[0] >= 2
    assert drawn[2500] < 4
    assert drawn[-1] == 100


def draws(chance):
    return [chance.below(1000) for _ in range(10)]
