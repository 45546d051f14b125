"""What posts promise, told without any protocol."""

import asyncio
from random import Random

import msgspec
import pytest

from plaza.people.model import FOLLOWERS, Visibility
from plaza.platform.caches import Caches
from plaza.platform.caller import Anonymous, Claim, Origin
from plaza.platform.database import Database
from plaza.platform.pool import open_pool
from plaza.platform.problems import KeyReused, Stale
from plaza.posts.model import NewComment, NewPost, PostChange, Sort, Wanted
from plaza.posts.problems import NotTheAuthor, PostNotFound
from plaza.posts.service import SEARCHES_AT_ONCE, Comments, Posts
from tests.people.conftest import person

pytestmark = pytest.mark.anyio


async def topics(database, post_id):
    async with database.reading() as connection:
        rows = await connection.fetch(
            "select topic from platform.outbox where key = $1 order by seq", post_id
        )
    return [row["topic"] for row in rows]


def claiming(person, key, request=b"request"):
    claim = Claim(scope=person.id.bytes, operation="create", key=key, request_hash=request)
    return msgspec.structs.replace(person, origin=Origin(claim=claim))


async def test_a_stranger_sees_nothing(posts, ada):
    post = await posts.create(ada, NewPost(content="hello"))
    with pytest.raises(PostNotFound):
        await posts.get(Anonymous(), post.id)


async def test_what_is_created_is_read_as_it_was_written_on_every_node(posts, elsewhere, ada, bob):
    said = NewPost(content="light\nand shade", title="Morning", tags=["photo", "dawn"])
    post = await posts.create(ada, said)
    assert (post.author_id, post.version, post.edited_at) == (ada.id, 1, None)
    assert await posts.get(bob, post.id) == await elsewhere.get(bob, post.id) == post


@pytest.mark.parametrize("visibility", [v for v in Visibility if v is not Visibility.PUBLIC])
async def test_what_is_not_public_exists_for_its_author_alone(posts, ada, bob, admin, visibility):
    post = await posts.create(ada, NewPost(content="mine", visibility=visibility))
    assert (await posts.get(ada, post.id)).content == "mine"
    for other in (bob, admin):
        with pytest.raises(PostNotFound):
            await posts.get(other, post.id)
        with pytest.raises(PostNotFound):
            await posts.edit(other, post.id, PostChange(content="ours"), 1)
        with pytest.raises(PostNotFound):
            await posts.delete(other, post.id)
        assert (await posts.by_author(other, ada.id)).items == []


async def test_a_list_does_not_betray_what_it_hides(posts, ada, bob):
    """Neither by a page that is not full nor by where the next one would begin."""
    made = [
        await posts.create(ada, NewPost(content=str(number), visibility=visibility))
        for number in range(3)
        for visibility in (Visibility.PUBLIC, Visibility.PRIVATE)
    ]
    first = await posts.by_author(bob, ada.id, 2)
    assert len(first.items) == 2
    rest = await posts.by_author(bob, ada.id, 2, first.next_cursor)
    assert (len(rest.items), rest.next_cursor) == (1, None)
    assert len((await posts.by_author(ada, ada.id)).items) == len(made)


async def test_an_edit_raises_the_version_keeps_what_was_left_out_and_what_was_said(
    posts, database, ada
):
    post = await posts.create(ada, NewPost(content="helo", title="Greeting", tags=["hi"]))
    edited = await posts.edit(ada, post.id, PostChange(content="hello"), 1)
    assert (edited.content, edited.title, edited.tags, edited.version) == (
        "hello",
        "Greeting",
        ["hi"],
        2,
    )
    assert edited.edited_at > post.created_at
    async with database.reading() as connection:
        kept = await connection.fetch(
            "select version, content from posts.edition where post_id = $1", post.id
        )
    assert [tuple(row) for row in kept] == [(1, "helo")]


async def test_a_title_of_null_is_taken_away(posts, ada):
    post = await posts.create(ada, NewPost(content="hello", title="Greeting"))
    edited = await posts.edit(ada, post.id, PostChange(title=None), 1)
    assert (edited.title, edited.content) == (None, "hello")


async def test_a_reader_in_the_writing_process_sees_the_edit_at_once(posts, ada, bob):
    post = await posts.create(ada, NewPost(content="helo"))
    await posts.get(bob, post.id)
    await posts.edit(ada, post.id, PostChange(content="hello"), 1)
    assert (await posts.get(bob, post.id)).content == "hello"
    await posts.delete(ada, post.id)
    with pytest.raises(PostNotFound):
        await posts.get(bob, post.id)


async def test_a_decision_reads_the_truth_whatever_is_remembered(
    posts, elsewhere, database, ada, bob
):
    kept = await posts.create(ada, NewPost(content="helo"))
    gone = await posts.create(ada, NewPost(content="oops"))
    hidden = await posts.create(ada, NewPost(content="mine"))
    for each in (kept, gone, hidden):
        await posts.get(bob, each.id)
    database.outdating = lambda _: None
    await elsewhere.edit(ada, kept.id, PostChange(content="hello"), 1)
    await elsewhere.edit(ada, hidden.id, PostChange(visibility=Visibility.PRIVATE), 1)
    await elsewhere.delete(ada, gone.id)
    assert (await posts.get(bob, kept.id)).content == "helo", "it is remembered"
    with pytest.raises(Stale):
        await posts.edit(ada, kept.id, PostChange(content="hullo"), 1)
    comments = Comments(database, posts)
    for each in (gone, hidden):
        with pytest.raises(PostNotFound):
            await comments.create(bob, each.id, NewComment(content="what was that?"))
    with pytest.raises(PostNotFound):
        await posts.edit(ada, gone.id, PostChange(content="again"), 1)


async def test_of_many_edits_of_one_version_one_wins_and_the_others_learn_the_current(posts, ada):
    post = await posts.create(ada, NewPost(content="0"))
    changes = [PostChange(content=str(number)) for number in range(1, 9)]
    results = await asyncio.gather(
        *(posts.edit(ada, post.id, change, 1) for change in changes), return_exceptions=True
    )
    (won,) = [each for each in results if not isinstance(each, Exception)]
    lost = [each for each in results if isinstance(each, Exception)]
    assert [type(each) for each in lost] == [Stale] * 7
    assert {each.facts["version"] for each in lost} == {2}
    assert (await posts.get(ada, post.id)) == won


async def test_only_its_author_or_a_moderator_edits_and_only_an_admin_deletes(
    posts, ada, bob, moderator, admin
):
    post = await posts.create(ada, NewPost(content="mine"))
    with pytest.raises(NotTheAuthor):
        await posts.edit(bob, post.id, PostChange(content="yours"), 1)
    assert (await posts.edit(moderator, post.id, PostChange(content="ours"), 1)).version == 2
    for other in (bob, moderator):
        with pytest.raises(NotTheAuthor):
            await posts.delete(other, post.id)
    await posts.delete(admin, post.id)


async def test_what_is_deleted_is_gone_for_everyone_and_for_good(posts, elsewhere, ada):
    post = await posts.create(ada, NewPost(content="oops"))
    await posts.delete(ada, post.id)
    for again in (
        posts.get(ada, post.id),
        elsewhere.get(ada, post.id),
        posts.delete(ada, post.id),
        posts.edit(ada, post.id, PostChange(content="x"), 1),
    ):
        with pytest.raises(PostNotFound):
            await again


async def test_each_decision_announces_itself_and_a_refused_one_nothing(posts, database, ada, bob):
    post = await posts.create(ada, NewPost(content="helo"))
    await posts.edit(ada, post.id, PostChange(content="hello"), 1)
    with pytest.raises(Stale):
        await posts.edit(ada, post.id, PostChange(content="x"), 1)
    with pytest.raises(NotTheAuthor):
        await posts.delete(bob, post.id)
    await posts.delete(ada, post.id)
    assert await topics(database, post.id) == ["posts.created", "posts.edited", "posts.deleted"]


async def test_fifty_equal_requests_with_one_key_are_one_post(posts, elsewhere, database, ada):
    said = NewPost(content="once")
    callers = [claiming(ada, "k") for _ in range(50)]
    made = await asyncio.gather(
        *(
            (posts if number % 2 else elsewhere).create(caller, said)
            for number, caller in enumerate(callers)
        )
    )
    assert len({post.id for post in made}) == 1
    assert sum(not caller.origin.claim.replayed for caller in callers) == 1
    assert await topics(database, made[0].id) == ["posts.created"]
    with pytest.raises(KeyReused):
        await posts.create(claiming(ada, "k", b"another"), NewPost(content="twice"))


async def test_a_list_is_newest_first_in_pages_without_gaps(posts, ada, bob):
    made = [await posts.create(ada, NewPost(content=str(number))) for number in range(5)]
    await posts.create(bob, NewPost(content="another's"))
    await posts.delete(ada, made[2].id)
    seen, cursor = [], None
    for _ in range(3):
        page = await posts.by_author(bob, ada.id, 2, cursor)
        seen += [post.id for post in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == sorted((post.id for post in made if post is not made[2]), reverse=True)


async def test_what_is_for_followers_is_seen_by_them_while_they_follow(posts, people, ada, bob):
    post = await posts.create(ada, NewPost(content="x", visibility=Visibility.FOLLOWERS))
    kept = await posts.create(ada, NewPost(content="x", visibility=Visibility.PRIVATE))
    await people.follow(ada, bob.id)
    with pytest.raises(PostNotFound):
        await posts.get(bob, post.id)
    await people.follow(bob, ada.id)
    assert await posts.get(bob, post.id) == post
    assert (await posts.by_author(bob, ada.id)).items == [post]
    assert await posts.get_many(bob, [kept.id, post.id]) == [post]
    with pytest.raises(NotTheAuthor):
        await posts.delete(bob, post.id)
    await people.unfollow(bob, ada.id)
    assert await posts.get_many(bob, [kept.id, post.id]) == []
    assert (await posts.by_author(bob, ada.id)).items == []
    with pytest.raises(PostNotFound):
        await posts.delete(bob, post.id)


@pytest.mark.parametrize("many", [1, 3, 50])
async def test_ids_of_many_are_those_of_each_in_one_order(posts, bob, many):
    """However many are asked for: the shortest way to the newest leaves nothing out."""
    chance = Random(many)
    authors = [person() for _ in range(5)]
    said = []
    for _ in range(30):
        who = chance.choice(authors[:4])
        visibility = chance.choice(list(Visibility))
        said.append(await posts.create(who, NewPost(content="x", visibility=visibility)))
    ids = [each.id for each in authors]
    for reader in (authors[0], bob):
        shown = sorted(
            post.id for post in said if post.author_id == reader.id or post.visibility in FOLLOWERS
        )
        for wanted in (Wanted(), Wanted(sort=Sort.ASC), Wanted(tags=[])):
            expected = shown if wanted.sort is Sort.ASC else shown[::-1]
            found, past = [], None
            for _ in range(0, len(shown) + 1, many):
                piece = await posts.ids_of(reader, ids, wanted, past, many)
                found += piece
                past = found[-1]
            assert found == expected


WAITING = "select count(*) from pg_locks where relation = 'posts.post'::regclass and not granted"


async def test_searches_leave_connections_for_everybody_else(database, people, dsn, ada):
    """However slow they are: here the table is locked, and none of them comes to an end."""
    readers = [person() for _ in range(10)]
    async with open_pool(dsn, size=SEARCHES_AT_ONCE + 1) as pool:
        process = Database(pool)
        posts = Posts(process, people, Caches(seconds=0))
        async with database.transaction("a lock") as tx, asyncio.timeout(10):
            await tx.connection.execute("lock table posts.post in access exclusive mode")
            searches = [
                asyncio.create_task(posts.ids_of(reader, [ada.id], Wanted(search="x"), None, 20))
                for reader in readers
            ]
            while await tx.connection.fetchval(WAITING) < SEARCHES_AT_ONCE:
                pass
            async with process.reading() as connection:
                assert await connection.fetchval("select 1") == 1
        assert await asyncio.gather(*searches) == [[]] * len(readers)
