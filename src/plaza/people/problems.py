"""Why this context says no."""

from plaza.platform.problems import Kind, Problem


class PersonNotFound(Problem):
    kind, code, title = Kind.NOT_FOUND, "people.not_found", "There is no such person"


class NotOneself(Problem):
    kind, code, title = Kind.INVALID, "people.not_oneself", "One does not follow oneself"
