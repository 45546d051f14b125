"""What a link in a letter opens: a page whose button calls an operation."""

from collections.abc import Mapping

from msgspec import Struct

from plaza.edge.arguments import convert
from plaza.edge.operations import Bound
from plaza.edge.rest.messages import Reply, Request
from plaza.edge.rest.pages import page
from plaza.edge.rest.problems import reply_to
from plaza.edge.rest.router import Router
from plaza.edge.rest.routes import OK, PARAMETER
from plaza.platform.operations import Operation
from plaza.platform.problems import Problem

LATER = "Nothing has changed. Try again in a moment."


class ButtonPage(Struct, frozen=True, kw_only=True):
    """One line of a context's rest.py: the operation takes what is in the path, and nothing else.

    To read the page changes nothing, so that what looks at links before people do, does no harm.
    `refused` has a sentence for each refusal of the operation.
    """

    path: str
    operation: Operation
    title: str
    sentence: str
    button: str
    done: str
    refused: Mapping[type[Problem], str]


def add_button_page(router: Router, words: ButtonPage, bound: Bound) -> None:
    """GET shows the button, POST is the button. Raises TypeError for words that are missing."""
    names = PARAMETER.findall(words.path)
    if set(names) != bound.parameters.keys() or words.refused.keys() != set(bound.policy.problems):
        raise TypeError(f"{words.path} does not fit {bound.name}")

    async def show(_: Request) -> Reply:
        return page("button.html", OK, words=words)

    async def press(request: Request) -> Reply:
        try:
            bound.permit(request.caller)
            raw: dict[str, object] = dict(zip(names, request.path, strict=True))
            arguments = convert(raw, bound.parameters)
            await bound(bound.claimed(request.caller, arguments), arguments)
        except Problem as problem:
            told = reply_to(problem, request.caller.origin.request_id)
            later = LATER if problem.retry_after else problem.detail
            sentence = words.refused.get(type(problem), later)
            shown = page("outcome.html", told.status, title=problem.title, sentence=sentence)
            shown.headers += [each for each in told.headers if each[0] == b"retry-after"]
            return shown
        return page("outcome.html", OK, title=words.title, sentence=words.done)

    router.add("GET", words.path, show)
    router.add("POST", words.path, press)
