"""A made-up world one could live in, and every client could have made by hand."""

from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaza.accounts.model import NewAccount, skeleton
from plaza.demo.seeding import PASSWORD
from plaza.demo.world import Recipe, World
from plaza.people.model import ProfileChange, Visibility
from plaza.posts.model import NewComment, NewPost

UNTIL = datetime(2026, 1, 31, 12, tzinfo=UTC)


def recipe(seed=1, users=20, posts_per_user=5, until=UNTIL):
    return Recipe(seed=seed, users=users, posts_per_user=posts_per_user, until=until)


recipes = st.builds(
    recipe,
    seed=st.integers(0, 2**31 - 1),
    users=st.integers(1, 30),
    posts_per_user=st.integers(0, 4),
    until=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@pytest.fixture(scope="module")
def town():
    """Large enough to count in."""
    return World(recipe(users=1000, posts_per_user=20))


@pytest.fixture(scope="module")
def said(town):
    return list(town.posts())


@settings(max_examples=50)
@given(recipes)
def test_the_same_recipe_makes_the_same_world(recipe):
    assert told(World(recipe)) == told(World(recipe))


def test_another_seed_makes_another_world():
    assert told(World(recipe(seed=1))) != told(World(recipe(seed=2)))
    ids = [{each.id for each in World(recipe(users=users)).people} for users in (20, 21)]
    assert not ids[0] & ids[1]


@settings(max_examples=50)
@given(recipes)
def test_no_two_people_look_alike_and_each_could_have_registered(recipe):
    people = World(recipe).people
    assert len({each.id for each in people}) == len(people) == recipe.users
    assert len({skeleton(each.username) for each in people}) == len(people)
    for each in people:
        account = {"username": each.username, "email": "a@b.example", "password": PASSWORD}
        msgspec.convert(account, NewAccount)
        shown = ("display_name", "bio", "website", "location")
        msgspec.convert({name: getattr(each, name) for name in shown}, ProfileChange)


@settings(max_examples=50)
@given(recipes)
def test_nobody_follows_themselves_or_anybody_twice_or_too_early(recipe):
    world = World(recipe)
    joined = {each.id: each.id.int >> 80 for each in world.people}
    for person, follows in zip(world.people, world.follows(), strict=True):
        followed = [each.followed_id for each in follows]
        assert person.id not in followed
        assert len(set(followed)) == len(followed)
        for each in follows:
            since = max(joined[person.id], joined[each.followed_id])
            assert since / 1000 <= each.created_at.timestamp() <= recipe.until.timestamp()


@settings(max_examples=50)
@given(recipes)
def test_every_post_could_have_been_posted_and_every_comment_too(recipe):
    world = World(recipe)
    posts = list(world.posts())
    assert len(posts) == recipe.users * recipe.posts_per_user
    for post in posts:
        sent = {"title": post.title, "content": post.content, "tags": post.tags}
        msgspec.convert(sent, NewPost)
        assert len(set(post.tags)) == len(post.tags)
        for comment in post.comments:
            msgspec.convert({"content": comment.content}, NewComment)


@settings(max_examples=50)
@given(recipes)
def test_time_goes_forward(recipe):
    world = World(recipe)
    joined = {each.id: each.joined / 1000 for each in world.people}
    for post in world.posts():
        last = post.created_at
        assert joined[post.author_id] <= last.timestamp()
        for comment in post.comments:
            assert comment.created_at >= last
            assert joined[comment.author_id] < comment.created_at.timestamp()
            last = comment.created_at
        assert last <= recipe.until
        for each in (post, *post.comments):
            assert (each.id.int >> 80) / 1000 == pytest.approx(each.created_at.timestamp())
            assert each.id.version == 7


@settings(max_examples=50)
@given(recipes)
def test_only_who_may_see_a_post_comments_on_it(recipe):
    world = World(recipe)
    pairs = {
        (person.id, each.followed_id)
        for person, follows in zip(world.people, world.follows(), strict=True)
        for each in follows
    }
    for post in world.posts():
        for comment in post.comments:
            assert post.visibility is not Visibility.PRIVATE
            if comment.author_id != post.author_id and post.visibility is Visibility.FOLLOWERS:
                assert (comment.author_id, post.author_id) in pairs


def test_the_guide_sees_the_most(town):
    ids = [each.id for each in town.people]
    follows = dict(zip(ids, map(len, town.follows()), strict=True))
    assert follows[town.guide.id] == max(follows.values())


def test_a_few_posts_are_not_for_everybody(said):
    counted = Counter(each.visibility for each in said)
    assert 0.02 < counted[Visibility.FOLLOWERS] / len(said) < 0.1
    assert 0.005 < counted[Visibility.PRIVATE] / len(said) < 0.05


def test_some_tags_are_everywhere_and_many_are_rare(said):
    counted = [
        count for _, count in Counter(tag for post in said for tag in post.tags).most_common()
    ]
    assert len(counted) > 60
    assert counted[0] > 8 * counted[len(counted) // 2]


def test_some_people_talk_far_more_than_others(said):
    counted = sorted(Counter(post.author_id for post in said).values(), reverse=True)
    assert counted[0] > 5 * counted[len(counted) // 2]


def test_hardly_anybody_says_the_same_twice(said):
    own = Counter((post.author_id, post.content) for post in said)
    assert len(own) > 0.97 * len(said)
    assert len({post.content for post in said}) > 0.7 * len(said)


def test_the_famous_hear_more(town, said):
    followers = Counter(each.followed_id for follows in town.follows() for each in follows)
    famous = {person for person, _ in followers.most_common(50)}
    heard = [len(post.comments) for post in said if post.author_id in famous]
    others = [len(post.comments) for post in said if post.author_id not in famous]
    assert sum(heard) / len(heard) > 1.5 * sum(others) / len(others) > 1


def test_it_has_gone_on_for_months(said):
    assert len({(post.created_at.year, post.created_at.month) for post in said}) >= 6


def told(world):
    return msgspec.json.encode(
        [
            [[each.id, each.username, each.bio, each.joined] for each in world.people],
            list(world.follows()),
            list(world.posts()),
        ]
    )
