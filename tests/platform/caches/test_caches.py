"""What is remembered is forgotten when it is outdated, and doubted when nobody vouches for it."""

from uuid import uuid4

import pytest

from plaza.people.events import PROFILE, Followed, ProfileEdited
from plaza.platform.caches import Caches, outdated_by
from plaza.platform.ids import UserId, uuid7
from plaza.posts.events import POST, CommentCreated, CommentEdited, PostCreated, PostDeleted
from tests.platform.test_database import NOW
from tests.platform.test_loader import Clock

pytestmark = pytest.mark.anyio


class Counting:
    """Loads everything; says how often it was asked for what."""

    def __init__(self):
        self.asked = []

    async def fetch(self, keys):
        self.asked += keys
        return {key: str(key) for key in keys}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def caches(clock):
    return Caches(seconds=60, clock=clock)


@pytest.fixture
def store():
    return Counting()


def one(event, **more):
    return event(occurred_at=NOW, **more)


def test_an_event_says_what_it_outdates():
    ada, bob, post, comment = (uuid7() for _ in range(4))
    told = {"post_id": post, "author_id": ada}
    said = told | {"comment_id": comment, "post_author_id": bob}
    outdated = outdated_by(
        [
            one(Followed, follower_id=ada, followed_id=bob),
            one(ProfileEdited, user_id=ada, version=2),
            one(CommentCreated, **said),
            one(PostDeleted, **told),
        ]
    )
    assert outdated == {PROFILE: {ada, bob}, POST: {post}}
    assert outdated_by([one(CommentEdited, version=2, **said), one(PostCreated, **told)]) == {}


async def test_only_what_is_outdated_is_forgotten(caches, store):
    ada, bob = uuid7(), uuid7()
    profiles = caches.loader(PROFILE, store.fetch, size=10)
    other = caches.loader("lines.line", store.fetch, size=10)
    for loader in (profiles, other):
        await loader.get_many([ada, bob])
    caches.outdate([one(ProfileEdited, user_id=UserId(ada), version=2)])
    caches.forget({"of.another_release": [bob]})
    store.asked.clear()
    for loader in (profiles, other):
        await loader.get_many([ada, bob])
    assert store.asked == [ada]
    caches.forget_all()
    for loader in (profiles, other):
        await loader.get_many([ada, bob])
    assert store.asked == [ada, *[ada, bob] * 2]


async def test_without_a_time_to_keep_nothing_is_kept(store):
    loader = Caches(seconds=0).loader(PROFILE, store.fetch, size=10)
    ada = uuid4()
    assert await loader.get(ada) == await loader.get(ada)
    assert store.asked == [ada, ada]


async def test_what_nobody_vouches_for_is_not_answered_whenever_its_loader_was_made(
    caches, clock, store
):
    ada = uuid7()
    early = caches.loader("lines.early", store.fetch, size=10)
    caches.trust(clock.now + 1)
    late = caches.loader("lines.late", store.fetch, size=10)
    for loader in (early, late):
        await loader.get(ada)
        await loader.get(ada)
    assert (len(store.asked), caches.doubted) == (2, 0)
    clock.now += 1
    for loader in (early, late):
        await loader.get(ada)
        await loader.get_many([ada, uuid7()])
    assert (len(store.asked), caches.doubted) == (8, 4)


def test_a_noun_has_one_loader(caches, store):
    caches.loader(PROFILE, store.fetch, size=10)
    with pytest.raises(ValueError, match="has its loader already"):
        caches.loader(PROFILE, store.fetch, size=10)


async def test_what_was_kept_and_what_was_not_is_counted(caches, store):
    ada, bob = UserId(uuid7()), UserId(uuid7())
    loader = caches.loader("test", store.fetch, size=10)
    for _ in range(3):
        await loader.get(ada)
    await loader.get_many([ada, bob])
    assert (loader.hits, loader.misses) == (3, 2)
    assert caches.loaders == {"test": loader}
