"""A context that exists in tests only: every shape of operation an edge must carry."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Protocol
from uuid import UUID, uuid4

from msgspec import UNSET, Meta, Struct, UnsetType

from plaza.platform.caller import Caller, Role, User
from plaza.platform.ids import SessionId, UserId, Version, uuid7
from plaza.platform.operations import May, operation
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page, after, cursor_of
from plaza.platform.problems import Kind, Problem, Stale
from plaza.platform.text import Input, Time, printable

Words = Annotated[str, Meta(min_length=1, max_length=20), printable("What to remember.")]


class NoteNotFound(Problem):
    kind, code, title = Kind.NOT_FOUND, "notes.not_found", "There is no such note"


class NotebookFull(Problem):
    kind, code, title = Kind.CONFLICT, "notes.full", "There is no page left"


class NewNote(Input, frozen=True, kw_only=True):
    words: Words
    stars: Annotated[int, Meta(ge=0, le=5)] = 0


class NoteChange(Input, frozen=True, kw_only=True):
    words: Words | UnsetType = UNSET


class Note(Struct, frozen=True, kw_only=True):
    id: UUID
    words: Words
    stars: int
    version: Version
    created_at: Time


class NotesApi(Protocol):
    @operation(may=May.USER, idempotent=True, problems=(NotebookFull,))
    async def create(self, caller: Caller, note: NewNote) -> Note: ...

    @operation(may=May.USER, problems=(NoteNotFound,))
    async def get(self, caller: Caller, note_id: UUID) -> Note: ...

    @operation(may=May.ANYONE)
    async def every(
        self, caller: Caller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor | None = None
    ) -> Page[Note]: ...

    @operation(may=May.USER, problems=(NoteNotFound, Stale))
    async def edit(
        self, caller: Caller, note_id: UUID, change: NoteChange, version: Version
    ) -> Note: ...

    @operation(may=May.ADMIN)
    async def delete(self, caller: Caller, note_id: UUID) -> None: ...

    @operation(may=May.ANYONE, secret=True)
    async def whisper(self, caller: Caller, note: NewNote) -> Note: ...

    @operation(may=May.ANYONE)
    async def crash(self, caller: Caller) -> None: ...


class Notes:
    """Answers from memory; `kept` plays the store of idempotent answers."""

    def __init__(self) -> None:
        self.notes: dict[UUID, Note] = {}
        self.callers: list[Caller] = []
        self.full = False

    async def create(self, caller: Caller, note: NewNote) -> Note:
        self.callers.append(caller)
        if self.full:
            raise NotebookFull
        made = Note(
            id=uuid7(),
            words=note.words,
            stars=note.stars,
            version=1,
            created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )
        self.notes[made.id] = made
        return made

    async def get(self, caller: Caller, note_id: UUID) -> Note:
        self.callers.append(caller)
        if note_id not in self.notes:
            raise NoteNotFound
        return self.notes[note_id]

    async def every(
        self, caller: Caller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor | None = None
    ) -> Page[Note]:
        del caller
        before = after(cursor)
        ids = [i for i in sorted(self.notes, reverse=True) if before is None or i < before]
        shown = [self.notes[i] for i in ids[:limit]]
        more = len(ids) > limit
        return Page(items=shown, next_cursor=cursor_of(shown[-1].id) if more else None)

    async def edit(
        self, caller: Caller, note_id: UUID, change: NoteChange, version: Version
    ) -> Note:
        note = await self.get(caller, note_id)
        if note.version != version:
            raise Stale(version=note.version)
        words = note.words if change.words is UNSET else change.words
        self.notes[note_id] = Note(
            id=note.id,
            words=words,
            stars=note.stars,
            version=note.version + 1,
            created_at=note.created_at,
        )
        return self.notes[note_id]

    async def delete(self, caller: Caller, note_id: UUID) -> None:
        del caller
        if self.notes.pop(note_id, None) is None:
            raise NoteNotFound

    async def whisper(self, caller: Caller, note: NewNote) -> Note:
        return await self.create(caller, note)

    async def crash(self, caller: Caller) -> None:
        raise RuntimeError(f"the secrets of {caller!r}")


class SlowNotes(Notes):
    async def get(self, caller: Caller, note_id: UUID) -> Note:
        await asyncio.Event().wait()
        return await super().get(caller, note_id)


ADA = User(
    id=UserId(uuid4()),
    role=Role.USER,
    session=SessionId(uuid4()),
    proved_at=datetime(2026, 1, 1, tzinfo=UTC),
)
EVE = User(
    id=UserId(uuid4()),
    role=Role.ADMIN,
    session=SessionId(uuid4()),
    proved_at=datetime(2026, 1, 1, tzinfo=UTC),
)
