"""Becoming somebody, and proving it."""

import secrets
from copy import copy

from pytest_bdd import given, then, when

from tests.acceptance.post_office import NOWHERE
from tests.acceptance.steps.answers import check_refusal
from tests.acceptance.steps.words import names, quoted, said
from tests.e2e.running import wait_for

ROLES = {"an ordinary person": "user", "a moderator": "moderator", "an admin": "admin"}


def spelled(text, how):
    """The same to whoever hears it, not to whoever reads it."""
    return {"": text, "louder": text.upper(), "dotted": text.replace("_", "._.")}[how]


@given(said(r"(?P<people>.+) (?:has an account|have accounts)"))
def accounts(stage, people):
    stage.join(*names(people))


@given(said("{who} is registered"))
def registered(stage, who):
    assert stage.person(who).register().is_success
    stage.person(who).letter()


@given(said("{who} is (?P<role>an ordinary person|a moderator|an admin)"))
def role(stage, who, role):
    if stage.person(who).account is None:
        stage.join(who)
    stage.beyond_http(
        "update accounts.account set role = $2, role_changed_at = now() where username = $1",
        stage.person(who).username,
        ROLES[role],
    )
    assert stage.person(who).login().is_success


@given(said(r"(?P<time>\d+ (?:minutes|hours)) have passed for {who}"))
def later(stage, time, who):
    stage.beyond_http(
        "update accounts.activation set created_at = created_at - $2::text::interval,"
        " expires_at = expires_at - $2::text::interval where account_id ="
        " (select id from accounts.account where username = $1)",
        stage.person(who).username,
        time,
    )


@given(said("{who} is logged in elsewhere too"))
def elsewhere(stage, who):
    stage.people["elsewhere"] = copy(stage.person(who))
    assert stage.person(who).login().is_success


@when(said("{who} registers"))
def register(stage, who):
    stage.answers.append(stage.person(who).register())


@when(said("{who} registers with an address that does not exist"))
def register_nowhere(stage, who):
    register_with(stage, who, email=f"{stage.person(who).username}@{NOWHERE}")


@when(said("{who} registers with the (?P<field>username|email)(?:, (?P<how>.+))? of (?P<other>.+)"))
def register_like(stage, who, field, how, other):
    taken = spelled(getattr(stage.person(other), field), how or "")
    register_with(stage, who, **{field: taken})


@when(said("{who} registers with (?P<wishes>.+ as .+)"))
def register_wishing(stage, who, wishes):
    words = quoted(wishes)
    register_with(stage, who, **dict(zip(words[::2], words[1::2], strict=True)))


@when(said("{who} registers twice under one key"))
def register_twice(stage, who):
    key = {"idempotency-key": secrets.token_hex(8)}
    stage.answers.clear()
    for _ in range(2):
        stage.call(who, "POST", "/v1/auth/register", stage.person(who).wanted, **key)
    stage.person(who).letters += 1


@when(said("{who} activates the account with the letter"))
def activate(stage, who):
    stage.answers.append(stage.person(who).activate())


@when(said("somebody opens the link in (?P<whose>.+)'s letter"))
def open_link(stage, whose):
    """Which is in both parts; whoever looks at mail before its reader does so."""
    letter = stage.person(whose).letter()
    assert all(f"/activate/{letter.token}" in part for part in (letter.text, letter.html))
    assert stage.call("somebody", "GET", f"/activate/{letter.token}").is_success
    assert '<form method="post"><button>' in stage.answer.text


@when(said("{who} presses the button behind the link"))
def press_button(stage, who):
    stage.call(who, "POST", f"/activate/{stage.person(who).letter().token}")


@when(said("{who} asks for another letter"))
def ask_again(stage, who):
    address = stage.person(who).email
    stage.must(who, "POST", "/v1/auth/activation/resend", {"email": address})
    stage.person(who).letters += 1


@when(said("another letter is asked for, for (?P<people>.+)"))
def ask_for_each(stage, people):
    stage.answers.clear()
    for who in names(people):
        address = {"email": stage.person(who).email}
        stage.call("somebody", "POST", "/v1/auth/activation/resend", address)


@when(said("these tokens are sent back:"))
def send_tokens_back(stage, datatable):
    stage.answers.clear()
    for whose, code in datatable[1:]:
        who, _, cut = whose.removeprefix("of ").partition(", ")
        token = "A" * 43 if who == "nobody" else stage.person(who).letter().token
        stage.call("somebody", "PUT", f"/v1/users/activate/{token[:-1] if cut else token}")
        assert stage.answer.json()["code"] == code


@when(said('{who} logs in by "(?P<word>.+)" with the (?P<what>username|address)(?:, (?P<how>.+))?'))
def login_by(stage, who, word, what, how):
    person = stage.person(who)
    name = spelled(person.username if what == "username" else person.email, how or "")
    stage.call(who, "POST", "/v1/auth/login", {word: name, "password": person.password})


@when("these try to log in:")
def try_logins(stage, datatable):
    stage.answers.clear()
    for whose, password in datatable[1:]:
        who, _, address = whose.partition("'s ")
        name = stage.person(who).email if address else stage.person(who).username
        body = {"login": name, "password": password}
        stage.call("somebody", "POST", "/v1/auth/login", body)


@when(said("{who} sends the refresh token as an access token"))
def confuse_tokens(stage, who):
    token = stage.person(who).refresh_token
    stage.call(who, "GET", "/v1/account", authorization=f"Bearer {token}")


@when(said("{who} sends an access token that somebody changed"))
def forge_token(stage, who):
    head, body, signature = stage.person(who).access_token.split(".")
    other = "A" if signature[0] != "A" else "B"
    token = f"{head}.{body}.{other}{signature[1:]}"
    stage.call(who, "GET", "/v1/account", authorization=f"Bearer {token}")


@when(said("{who} renews the session"))
def renew(stage, who):
    body = {"refresh_token": stage.person(who).refresh_token}
    stage.call(who, "POST", "/v1/auth/refresh", body, authorization="")


@when(said("{who} logs out"))
def logout(stage, who):
    stage.call(who, "POST", "/v1/auth/logout")


@when(said('{who} takes the new password "(?P<password>.+)"'))
def take_password(stage, who, password):
    person = stage.person(who)
    change = {"current": person.password, "new": password}
    stage.call(who, "PUT", "/v1/account/password", change)
    person.password = password


@then(said("{who} can log in"))
def logs_in(stage, who):
    answer = stage.person(who).login()
    assert answer.status_code == 200, answer.text


@then(said('{who} cannot log in: (?P<status>[0-9]+) "(?P<code>.+)"'))
def logs_in_not(stage, who, status, code):
    check_refusal(stage.person(who).login(), int(status), code)


@then(said("{who}'s account is (?P<state>pending|active), and an ordinary one"))
def account_is(stage, who, state):
    account = stage.person(who).account or stage.answer.json()
    assert (account["state"], account["role"]) == (state, "user")
    assert account["username"] == stage.person(who).username


@then(said("{who}'s name is free(?: again)?"))
def name_is_free(stage, who):
    """Soon: what nobody can receive is given up by a job."""
    path = f"/v1/usernames/{stage.person(who).username}"

    def free():
        stage.people.pop("somebody", None)  # who asks so often is somebody else each time
        return stage.must("somebody", "GET", path)["available"]

    wait_for(free)


@then(said("{who} gets one letter"))
def one_letter(stage, who):
    person = stage.person(who)
    person.letter()
    assert len(person.post_office.to(person.email)) == 1


@then("the refresh token is another one")
def token_is_new(stage):
    told = stage.answer.json()["refresh_token"]
    assert told not in {person.refresh_token for person in stage.people.values()}


@then("the session elsewhere works no more")
def session_is_over(stage):
    assert stage.call("elsewhere", "GET", "/v1/account").status_code == 401


def register_with(stage, who, **wishes):
    stage.call(who, "POST", "/v1/auth/register", stage.person(who).wanted | wishes)
