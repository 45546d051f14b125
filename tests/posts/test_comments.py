"""What comments promise, told without any protocol."""

import asyncio

import pytest

from plaza.people.model import Visibility
from plaza.platform.caller import Anonymous
from plaza.platform.problems import Invalid, KeyReused, Stale
from plaza.posts.model import CommentChange, NewComment, NewPost, PostChange
from plaza.posts.problems import CommentNotFound, NotTheCommenter, PostNotFound
from plaza.posts.service import Comments
from tests.people.conftest import person
from tests.posts.test_service import claiming, topics

pytestmark = pytest.mark.anyio

HELLO = NewComment(content="hello")


@pytest.fixture
def comments(database, posts):
    return Comments(database, posts)


@pytest.fixture
def comments_elsewhere(database, elsewhere):
    """Another process with the same database; it remembers nothing."""
    return Comments(database, elsewhere)


@pytest.fixture
async def post(posts, ada):
    return await posts.create(ada, NewPost(content="what do you say?"))


async def said_about(comments, who, post, limit=100):
    return (await comments.of_post(who, post.id, limit)).items


@pytest.mark.parametrize("visibility", [v for v in Visibility if v is not Visibility.PUBLIC])
async def test_who_does_not_see_a_post_does_not_see_what_is_said_about_it(
    comments, posts, ada, bob, admin, post, visibility
):
    comment = await comments.create(bob, post.id, HELLO)
    await posts.edit(ada, post.id, PostChange(visibility=visibility), 1)
    for other in (bob, admin, Anonymous()):
        for refused in (
            comments.of_post(other, post.id),
            comments.edit(other, post.id, comment.id, CommentChange(content="x"), 1),
            comments.delete(other, post.id, comment.id),
        ):
            with pytest.raises(PostNotFound):
                await refused
    with pytest.raises(PostNotFound):
        await comments.create(bob, post.id, HELLO)
    assert await said_about(comments, ada, post) == [comment]


async def test_a_follower_says_something_about_what_is_for_followers(
    comments, posts, people, ada, bob
):
    post = await posts.create(ada, NewPost(content="x", visibility=Visibility.FOLLOWERS))
    await people.follow(bob, ada.id)
    comment = await comments.create(bob, post.id, HELLO)
    assert await said_about(comments, bob, post) == [comment]


async def test_what_is_said_is_read_as_it_was_written_and_counted(
    comments, comments_elsewhere, posts, ada, bob, post
):
    comment = await comments.create(bob, post.id, NewComment(content="light\nand shade"))
    assert (comment.post_id, comment.author_id, comment.version) == (post.id, bob.id, 1)
    assert await said_about(comments_elsewhere, ada, post) == [comment]
    assert (await posts.get(bob, post.id)).comment_count == 1


async def test_the_count_is_right_whoever_says_what_at_once(
    comments, comments_elsewhere, elsewhere, post
):
    """Fifty say something, in two processes, and every other one takes it back."""

    async def busy(number):
        here = comments if number % 4 < 2 else comments_elsewhere
        who = person()
        comment = await here.create(who, post.id, HELLO)
        if number % 2:
            await here.delete(who, post.id, comment.id)

    await asyncio.gather(*(busy(number) for number in range(50)))
    assert len(await said_about(comments, person(), post)) == 25
    assert (await elsewhere.get(person(), post.id)).comment_count == 25


async def test_who_says_it_may_change_it_and_so_may_a_moderator(
    comments, ada, bob, moderator, admin, post
):
    comment = await comments.create(bob, post.id, HELLO)
    with pytest.raises(NotTheCommenter):
        await comments.edit(ada, post.id, comment.id, CommentChange(content="x"), 1)
    edited = await comments.edit(bob, post.id, comment.id, CommentChange(content="hello!"), 1)
    assert (edited.content, edited.version, edited.id) == ("hello!", 2, comment.id)
    assert edited.edited_at > comment.created_at
    with pytest.raises(Stale) as stale:
        await comments.edit(bob, post.id, comment.id, CommentChange(content="x"), 1)
    assert stale.value.facts == {"version": 2}
    change = CommentChange(content="...")
    assert (await comments.edit(moderator, post.id, comment.id, change, 2)).version == 3
    for other in (ada, moderator):
        with pytest.raises(NotTheCommenter):
            await comments.delete(other, post.id, comment.id)
    await comments.delete(admin, post.id, comment.id)


async def test_what_is_taken_back_is_gone_and_counted_once(comments, posts, bob, post):
    comment = await comments.create(bob, post.id, HELLO)
    results = await asyncio.gather(
        *(comments.delete(bob, post.id, comment.id) for _ in range(8)), return_exceptions=True
    )
    assert sorted(str(type(each).__name__) for each in results) == (
        ["CommentNotFound"] * 7 + ["NoneType"]
    )
    with pytest.raises(CommentNotFound):
        await comments.edit(bob, post.id, comment.id, CommentChange(content="x"), 1)
    assert await said_about(comments, bob, post) == []
    assert (await posts.get(bob, post.id)).comment_count == 0


async def test_a_comment_is_found_below_its_own_post_only(comments, posts, ada, bob, post):
    other = await posts.create(ada, NewPost(content="another"))
    comment = await comments.create(bob, post.id, HELLO)
    for refused in (
        comments.edit(bob, other.id, comment.id, CommentChange(content="x"), 1),
        comments.delete(bob, other.id, comment.id),
    ):
        with pytest.raises(CommentNotFound):
            await refused


async def test_nothing_is_said_about_what_is_gone(comments, posts, ada, bob, post):
    await comments.create(bob, post.id, HELLO)
    await posts.delete(ada, post.id)
    for refused in (comments.create(bob, post.id, HELLO), comments.of_post(bob, post.id)):
        with pytest.raises(PostNotFound):
            await refused


async def test_equal_requests_with_one_key_are_one_comment(
    comments, comments_elsewhere, posts, bob, post
):
    callers = [claiming(bob, "c") for _ in range(20)]
    made = await asyncio.gather(
        *(
            (comments if number % 2 else comments_elsewhere).create(caller, post.id, HELLO)
            for number, caller in enumerate(callers)
        )
    )
    assert len({each.id for each in made}) == 1
    assert sum(not caller.origin.claim.replayed for caller in callers) == 1
    assert (await posts.get(bob, post.id)).comment_count == 1
    with pytest.raises(KeyReused):
        await comments.create(claiming(bob, "c", b"another"), post.id, HELLO)


async def test_a_list_is_newest_first_in_pages_without_gaps(comments, bob, post):
    made = [await comments.create(bob, post.id, HELLO) for _ in range(5)]
    await comments.delete(bob, post.id, made[2].id)
    seen, cursor = [], None
    for _ in range(3):
        page = await comments.of_post(bob, post.id, 2, cursor)
        seen += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert cursor is None
    assert seen == sorted((each.id for each in made if each is not made[2]), reverse=True)
    with pytest.raises(Invalid):
        await comments.of_post(bob, post.id, 2, "abc")


async def test_each_decision_announces_itself_and_a_refused_one_nothing(
    comments, database, ada, bob, post
):
    comment = await comments.create(bob, post.id, HELLO)
    await comments.edit(bob, post.id, comment.id, CommentChange(content="x"), 1)
    with pytest.raises(NotTheCommenter):
        await comments.delete(ada, post.id, comment.id)
    await comments.delete(bob, post.id, comment.id)
    assert await topics(database, post.id) == [
        "posts.created",
        "posts.comment_created",
        "posts.comment_edited",
        "posts.comment_deleted",
    ]
