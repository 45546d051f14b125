"""Posts and comments, known in a story by what they first said."""

import secrets
from concurrent.futures import ThreadPoolExecutor

from pytest_bdd import given, then, when

from tests.acceptance.steps.answers import check_refusal
from tests.acceptance.steps.words import names, said

POST = r'"(?P<post>[^"]+)"'
COMMENT = r'"(?P<comment>[^"]+)"'
VERSION = r"of version (?P<version>[0-9]+)"
SAY = r'to say "(?P<text>[^"]+)"'


def say(stage, who, content, **more):
    """A new post, remembered by its content."""
    headers = more.pop("headers", {})
    answer = stage.call(who, "POST", "/v1/posts", {"content": content, **more}, **headers)
    if answer.is_success:
        stage.said[content] = answer.json() | {"tag": answer.headers["etag"]}
    return answer


def place_of(stage, post):
    return f"/v1/posts/{stage.said[post]['id']}"


def comments_on(stage, post):
    return f"{place_of(stage, post)}/comments"


def place_of_comment(stage, comment):
    about = stage.said[comment]
    return f"/v1/posts/{about['post_id']}/comments/{about['id']}"


@given(said(f"{{who}} has posted {POST}(?: for (?P<audience>[a-z_]+))?"))
def has_posted(stage, who, post, audience):
    assert say(stage, who, post, visibility=audience or "public").is_success, stage.answer.text


@given(said(f"{{who}} has commented {COMMENT} on {POST}"))
def has_commented(stage, who, comment, post):
    assert comment_on(stage, who, comment, post).is_success, stage.answer.text


@when(said(f'{{who}} posts {POST} with the title "(?P<title>.+)" and the tags "(?P<tags>.+)"'))
def post_whole(stage, who, post, title, tags):
    say(stage, who, post, title=title, tags=tags.split(", "))


@when(said("{who} posts (?P<count>[0-9]+) characters"))
def post_long(stage, who, count):
    say(stage, who, "x" * int(count))


@when(said(f"{{who}} posts {POST} twice under one key"))
def post_twice(stage, who, post):
    stage.key = {"idempotency-key": secrets.token_hex(8)}
    stage.answers.clear()
    for _ in range(2):
        say(stage, who, post, headers=stage.key)


@when(said(f"{{who}} posts {POST} under the same key"))
def post_under_key(stage, who, post):
    say(stage, who, post, headers=stage.key)


@when(said(f"{{who}} edits {POST} {VERSION} {SAY}"))
def edit(stage, who, post, version, text):
    change = {"content": text, "version": int(version)}
    stage.call(who, "PATCH", place_of(stage, post), change)


@when(said(f"{{who}} edits {POST} of no version {SAY}"))
def edit_blindly(stage, who, post, text):
    stage.call(who, "PATCH", place_of(stage, post), {"content": text})


@when(said(f"{{who}} edits {POST} if it still has its tag, {SAY}"))
def edit_if_match(stage, who, post, text):
    tag = {"if-match": stage.said[post]["tag"]}
    stage.call(who, "PATCH", place_of(stage, post), {"content": text}, **tag)


@when(said(f"(?P<people>.+) edit {POST} {VERSION} at once, (?P<count>[0-9]+) times"))
def edit_together(stage, people, post, version, count):
    editors = names(people)
    stage.answers.clear()

    def one(number):
        change = {"content": f"Edit {number}", "version": int(version)}
        stage.call(editors[number % len(editors)], "PATCH", place_of(stage, post), change)

    with ThreadPoolExecutor(int(count)) as threads:
        list(threads.map(one, range(int(count))))


@when(said(f"{{who}} reads {POST} again, knowing its tag"))
def read_again(stage, who, post):
    stage.call(who, "GET", place_of(stage, post), **{"if-none-match": stage.said[post]["tag"]})


@when(said(f"{{who}} deletes {POST}"))
def delete(stage, who, post):
    stage.call(who, "DELETE", place_of(stage, post))


@when(said(f"{{who}} comments {COMMENT} on {POST}"))
def comment_on(stage, who, comment, post):
    answer = stage.call(who, "POST", comments_on(stage, post), {"content": comment})
    if answer.is_success:
        stage.said[comment] = answer.json()
    return answer


@when(said(f"{{who}} reads the comments on {POST}(?: (?P<count>[0-9]+) at a time)?"))
def read_comments(stage, who, post, count):
    stage.walk(who, comments_on(stage, post), int(count or 20))


@when(said(f"{{who}} edits the comment {COMMENT} {VERSION} {SAY}"))
def edit_comment(stage, who, comment, version, text):
    change = {"content": text, "version": int(version)}
    stage.call(who, "PATCH", place_of_comment(stage, comment), change)


@when(said(f"{{who}} deletes the comment {COMMENT}"))
def delete_comment(stage, who, comment):
    stage.call(who, "DELETE", place_of_comment(stage, comment))


@then("the answer tells where it can be read")
def tells_where(stage):
    assert stage.answer.headers["location"] == f"/v1/posts/{stage.answer.json()['id']}"


@then(said(f"{{who}} can read {POST}"))
def can_read(stage, who, post):
    stage.must(who, "GET", place_of(stage, post))


@then(said(f'{{who}} cannot read {POST}(?:: (?P<status>[0-9]+) "(?P<code>.+)")?'))
def cannot_read(stage, who, post, status, code):
    answer = stage.call(who, "GET", place_of(stage, post))
    check_refusal(answer, int(status or 404), code or "posts.not_found")


@then(said('{who} sees that its "(?P<field>.+)" (?:is|are) (?P<value>.+)'))
def sees_last(stage, who, field, value):
    sees(stage, who, field, list(stage.said)[-1], value)


@then(said(f'{{who}} sees that the "(?P<field>.+)" of {POST} is (?P<value>.+)'))
def sees(stage, who, field, post, value):
    shown = stage.must(who, "GET", place_of(stage, post))[field]
    told = ", ".join(shown) if isinstance(shown, list) else str(shown)
    assert told == value.strip('"')
