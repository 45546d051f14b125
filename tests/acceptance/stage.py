"""Who plays in a scenario, what they have said, and what they were answered."""

import asyncio
import re

import asyncpg

from plaza.platform.embedded.borrowed import postgres_in

MENTIONED = re.compile(r"\{([a-z]+)('s id)?\}")


class Stage:
    """New people in every scenario, though the server is the same for all.

    `answers` are those to compare, the last one last; `listed` is what the last list had; `said`
    are posts and comments by what they first said.
    """

    def __init__(self, plaza, troupe):
        self._plaza = plaza
        self._troupe = troupe
        self.people = {}
        self.said = {}
        self.answers = []
        self.listed = []
        self.key = {}

    @property
    def answer(self):
        return self.answers[-1]

    def person(self, who):
        """Who was not on stage before comes without an account."""
        if who not in self.people:
            self.people[who] = self._troupe.stranger()
        return self.people[who]

    def join(self, *names):
        """People who have an account and are logged in."""
        self.people |= {who: self._troupe.member() for who in names}

    def id_of(self, who):
        return self.person(who).account["id"]

    def call(self, who, method, path, body=None, **headers):
        self.answers.append(self.person(who).call(method, path, body, **headers))
        return self.answer

    def must(self, who, method, path, body=None, **headers):
        """What is answered where nothing else is expected."""
        answer = self.call(who, method, path, body, **headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def walk(self, who, path, count):
        """From page to page to the last one."""
        self.listed, cursor = [], None
        while True:
            place = f"{path}?limit={count}" + (f"&cursor={cursor}" if cursor else "")
            if not self.call(who, "GET", place).is_success:
                return
            page = self.answer.json()
            assert len(page["items"]) <= count
            self.listed += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def filled(self, text):
        """`{ada}` is a person's username, `{ada's id}` an id; of what was said by its word too."""

        def known(found):
            name, wants_id = found.groups()
            if not wants_id:
                return self.person(name).username
            return self.said[name]["id"] if name in self.said else self.id_of(name)

        return MENTIONED.sub(known, text)

    def beyond_http(self, sql, *values):
        """What no request can do: let time pass, give a role."""
        data = self._plaza.data
        dsn = postgres_in(data, (data / "run").resolve()).dsn

        async def execute():
            session = await asyncpg.connect(dsn)
            try:
                await session.execute(sql, *values)
            finally:
                await session.close()

        asyncio.run(execute())
