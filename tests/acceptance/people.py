"""Those who play in the stories."""

import secrets

import httpx
from msgspec import Struct

from tests.acceptance.post_office import PostOffice

PASSWORD = "correct horse battery"
TOGETHER = 12


class Person(Struct, kw_only=True):
    """Somebody nobody else is like, who `calls_from` an address of their own.

    `letters` is how many they wait for.
    """

    client: httpx.Client
    post_office: PostOffice
    username: str
    email: str
    calls_from: str
    password: str = PASSWORD
    account: dict | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    letters: int = 0

    def call(self, method, path, body=None, **headers):
        """With their token if they have one; an empty header is left out."""
        headers["x-forwarded-for"] = self.calls_from
        if self.access_token:
            headers.setdefault("authorization", f"Bearer {self.access_token}")
        headers = {name: value for name, value in headers.items() if value}
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.client.request(method, path, headers=headers, **sent)

    @property
    def wanted(self):
        """What a registration of theirs says."""
        return {"username": self.username, "email": self.email, "password": self.password}

    def register(self):
        self.letters += 1
        return self.call("POST", "/v1/auth/register", self.wanted)

    def letter(self):
        """The newest of those they wait for."""
        return self.post_office.wait_for(self.email, self.letters)

    def activate(self):
        return self.call("PUT", f"/v1/users/activate/{self.letter().token}")

    def login(self):
        body = {"login": self.username, "password": self.password}
        answer = self.call("POST", "/v1/auth/login", body)
        if answer.is_success:
            told = answer.json()
            self.account = told["user"]
            self.access_token, self.refresh_token = told["access_token"], told["refresh_token"]
        return answer


class Troupe:
    """People without accounts, and people with: those by the dozen, as their mail takes time."""

    def __init__(self, client, post_office):
        self._client = client
        self._post_office = post_office
        self._ready = []

    def stranger(self):
        name = f"player_{secrets.token_hex(5)}"
        return Person(
            client=self._client,
            post_office=self._post_office,
            username=name,
            email=f"{name}@example.org",
            calls_from="10." + ".".join(str(secrets.randbelow(254) + 1) for _ in range(3)),
        )

    def member(self):
        """Active, and logged in."""
        if not self._ready:
            self._ready = [self.stranger() for _ in range(TOGETHER)]
            for step in (Person.register, Person.activate, Person.login):
                for each in self._ready:
                    step(each).raise_for_status()
        return self._ready.pop(0)
