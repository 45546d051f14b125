"""The contract as one page of plain HTML: no script, nothing to load."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

from msgspec import Struct

from plaza.edge.rest.docs_schemas import example, fields, said, type_words

STYLE = Path(__file__).with_name("docs.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + b64encode(sha256(STYLE.encode()).digest()).decode()
Document = dict[str, Any]


class Here(Struct, frozen=True):
    """What shows the page: the URL one reaches it at, without a last slash, and its version."""

    url: str
    version: str


def render(document: Document, here: Here) -> str:
    """The whole page; everything of the document that is shown is escaped by the tree."""
    info = document["info"]
    head = _tag(
        "head",
        _tag("meta", charset="utf-8"),
        _tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _tag("title", f"{info['title']} {here.version}"),
        _tag("style", STYLE),
    )
    main = _tag("main", _opening(document, here), *_main(document, here))
    body = _tag("body", _contents(document), main)
    page = _tag("html", head, body, lang="en")
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html")


def _tag(name: str, /, *children: Element | str | None, **attributes: str) -> Element:
    made = Element(name, {key.rstrip("_"): value for key, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif child and len(made):
            made[-1].tail = (made[-1].tail or "") + child
        elif child:
            made.text = (made.text or "") + child
    return made


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _contents(document: Document) -> Element:
    """What is where: by context, then the shapes."""
    nav = _tag("nav", _tag("a", document["info"]["title"], href="#top", class_="home"))
    for tag in document["tags"]:
        nav.append(_tag("h2", _tag("a", tag["name"], href=f"#{tag['name']}")))
        links = [
            _tag("a", _method(method), operation["summary"], href="#" + operation["operationId"])
            for method, _, operation in _operations(document)
            if tag["name"] in operation["tags"]
        ]
        nav.append(_tag("ul", *(_tag("li", link) for link in links)))
    nav.append(_tag("h2", _tag("a", "Shapes", href="#shapes")))
    return nav


def _opening(document: Document, here: Here) -> Element:
    info = document["info"]
    files = _tag(
        "p",
        "For machines: ",
        _tag("a", "openapi.json", href="/openapi.json"),
        " and ",
        _tag("a", "openapi.yaml", href="/openapi.yaml"),
        ".",
    )
    title = _tag("h1", info["title"], " ", _tag("small", here.version), id="top")
    return _tag("header", title, *_prose(info["description"]), files)


def _main(document: Document, here: Here) -> Iterator[Element]:
    for tag in document["tags"]:
        section = _tag("section", _tag("h2", tag["name"], id=tag["name"]))
        section.extend(_prose(tag["description"]))
        for method, path, operation in _operations(document):
            if tag["name"] in operation["tags"]:
                section.append(_operation(document, here, method, path, operation))
        yield section
    yield _shapes(document)


def _operation(
    document: Document, here: Here, method: str, path: str, operation: Document
) -> Element:
    needs_token = {} not in operation["security"]
    made = _tag(
        "article",
        _tag("h3", _method(method), _tag("code", path), id=operation["operationId"]),
        *_prose(operation["description"]),
    )
    if not needs_token:
        made.append(_tag("p", "Needs no access token.", class_="note"))
    parameters = [_resolved(document, each) for each in operation["parameters"]]
    body = operation.get("requestBody")
    schema = body and body["content"]["application/json"]["schema"]
    made.append(_tag("pre", _curl(document, method, here.url + path, operation)))
    made.append(_parameters(parameters))
    if schema:
        made.append(_tag("h4", "Body: ", *_type(schema)))
        made.append(_fields(document, schema))
    made.append(_answers(document, operation))
    return made


def _curl(document: Document, method: str, url: str, operation: Document) -> str:
    """What to type, against this very server."""
    lines = [f"curl -X {method} {url}"]
    if {} not in operation["security"]:
        lines.append("-H 'Authorization: Bearer <access token>'")
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"]["application/json"]["schema"]
        text = json.dumps(example(document, schema), ensure_ascii=False)
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _parameters(parameters: list[Document]) -> Element:
    rows = [
        _tag(
            "tr",
            _tag("td", _tag("code", each["name"]), _required(each.get("required", False))),
            _tag("td", each["in"]),
            _tag("td", *_type(each["schema"])),
            _tag("td", *_inline(each.get("description", "") + _default(each["schema"]))),
        )
        for each in parameters
    ]
    return _table(["Parameter", "in", "is", ""], rows)


def _fields(document: Document, schema: Document) -> Element:
    rows = [
        _tag(
            "tr",
            _tag("td", _tag("code", name), _required(required)),
            _tag("td", *_type(each)),
            _tag("td", *_inline(each.get("description", "") + _default(each))),
        )
        for name, each, required in fields(document, schema)
    ]
    return _table(["Field", "is", ""], rows)


def _answers(document: Document, operation: Document) -> Element:
    rows = []
    for status, response in operation["responses"].items():
        answer = _resolved(document, response)
        content = next(iter(answer.get("content", {}).values()), None)
        schema = content["schema"] if content else {}
        words = [each for line in answer["description"].split("\n") for each in _line(line)]
        shape = [*_type(schema), ": "] if "$ref" in schema else []
        kind = "good" if status < "400" else "bad"
        rows.append(
            _tag("tr", _tag("td", _tag("code", status), class_=kind), _tag("td", *shape, *words))
        )
    return _table(["Answer", ""], rows)


def _shapes(document: Document) -> Element:
    made = _tag("section", _tag("h2", "Shapes", id="shapes"))
    for name, schema in document["components"]["schemas"].items():
        shape = _tag("article", _tag("h3", _tag("code", name), id=f"shape-{name}"))
        shape.extend(_prose(schema.get("description", "")))
        if "enum" in schema:
            shape.append(_tag("p", "One of ", *_inline(said(schema["enum"])), "."))
        else:
            shape.append(_fields(document, schema))
        made.append(shape)
    return made


def _table(heads: list[str], rows: list[Element]) -> Element:
    head = _tag("tr", *(_tag("th", each) for each in heads))
    return _tag("div", _tag("table", _tag("thead", head), _tag("tbody", *rows)), class_="wide")


def _type(schema: Document) -> list[Element | str]:
    """In words; what is a shape of its own is a link to it."""
    made: list[Element | str] = []
    for words, shape in type_words(schema):
        made.append(words)
        if shape:
            made.append(_tag("a", shape, href=f"#shape-{shape}"))
    return made


def _method(method: str) -> Element:
    return _tag("b", method, class_=f"method {method.lower()}")


def _required(required: bool) -> Element | None:  # noqa: FBT001 - it is a column of the contract
    return _tag("sup", "required") if required else None


def _default(schema: Document) -> str:
    if schema.get("default") in (None, []):
        return ""
    return f" If left out: `{schema['default']}`."


def _resolved(document: Document, part: Document) -> Document:
    found: Document = part
    if "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        found = document["components"][kind][name]
    return found


def _prose(text: str) -> Iterator[Element]:
    for paragraph in text.strip().split("\n\n"):
        yield _tag("p", *_inline(paragraph))


def _line(text: str) -> list[Element | str]:
    return [*_inline(text), _tag("br")]


def _inline(text: str) -> list[Element | str]:
    """`Code` between backticks, as docstrings write it."""
    return [
        _tag("code", part) if odd % 2 else part for odd, part in enumerate(text.split("`")) if part
    ]
