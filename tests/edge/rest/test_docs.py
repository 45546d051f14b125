"""The contract is there for machines and people, from the server alone."""

import re
from html.parser import HTMLParser

import httpx
import pytest
import yaml

from plaza.edge.rest.docs import add_docs
from plaza.edge.rest.docs_page import Here, render
from plaza.edge.rest.openapi import document
from plaza.edge.rest.router import Router
from plaza.edge.rest.server import Server
from tests.edge.rest.conftest import authenticate
from tests.edge.rest.test_openapi import ROUTES

pytestmark = pytest.mark.anyio
HERE = Here("https://plaza.example", "1.2.3.dev4")


@pytest.fixture
async def http():
    router = Router()
    add_docs(router, ROUTES, "1.2.3", HERE)
    server = Server(router, authenticate, lambda _: None, request_seconds=60)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://plaza"
    ) as client:
        yield client


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


async def test_machines_read_json_and_yaml_without_an_account(http):
    as_json = (await http.get("/openapi.json")).json()
    answer = await http.get("/openapi.yaml")
    assert as_json == yaml.safe_load(answer.text) == document(ROUTES, "1.2.3")
    assert answer.headers["content-type"] == "application/yaml"


async def test_the_root_leads_to_the_page(http):
    answer = await http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")


@pytest.mark.parametrize(
    "path", ["/docs", "/v1/swagger", "/v1/swagger/", "/api/v1/swagger/", "/v1/swagger/index.html"]
)
async def test_people_read_a_page(http, path):
    answer = await http.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Hear it again." in answer.text


async def test_the_page_tells_what_runs_here_and_where(http):
    page = (await http.get("/docs")).text
    assert "<small>1.2.3.dev4</small>" in page
    samples = re.findall(r"curl -X [A-Z]+ (.*?)/v1/", page)
    assert set(samples) == {HERE.url}


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/openapi.yaml"])
async def test_what_one_has_is_not_sent_again(http, path):
    tag = (await http.get(path)).headers["etag"]
    again = await http.get(path, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_page_loads_nothing_and_runs_nothing(http):
    answer = await http.get("/docs")
    tags = Elements(answer.text).found
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "form", "object"}
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_its_links_lead_somewhere(http):
    tags = Elements((await http.get("/docs")).text).found
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for tag, attributes in tags if tag == "a"}
    assert {link[1:] for link in links if link[0] == "#"} <= set(ids)
    for link in links:
        if link[0] != "#":
            assert (await http.get(link)).status_code == 200


def test_every_operation_shape_and_code_is_on_the_page():
    contract = document(ROUTES, "1.2.3")
    page = render(contract, HERE)
    tags = Elements(page).found
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    operations = [each for methods in contract["paths"].values() for each in methods.values()]
    assert {each["operationId"] for each in operations} <= ids
    assert {f"shape-{name}" for name in contract["components"]["schemas"]} <= ids
    assert "words.unheard" in page


def test_what_the_contract_says_cannot_break_the_page():
    contract = document(ROUTES, "1.2.3")
    contract["info"]["description"] = "<script>alert(1)</script> & `<b>`"
    page = render(contract, HERE)
    assert not re.search(r"<script|<b>", page.replace('<b class="method', ""))
    assert "&lt;script&gt;" in page
