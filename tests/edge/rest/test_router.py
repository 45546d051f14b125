"""Paths find their handlers, by the straight way or by any other."""

import pytest

from plaza.edge.rest.problems import NoSuchPath, WrongMethod
from plaza.edge.rest.router import Router

TEMPLATES = [
    "GET /v1/posts",
    "POST /v1/posts",
    "GET /v1/posts/{post_id}",
    "GET /v1/posts/trending",
    "GET /v1/posts/{post_id}/comments/{comment_id}",
    "PUT /v1/posts/trending/refresh",
]


@pytest.fixture
def router() -> Router:
    router = Router()
    for line in TEMPLATES:
        method, template = line.split()
        router.add(method, template, line)
    return router


@pytest.mark.parametrize(
    ("method", "path", "template", "values"),
    [
        ("GET", "/v1/posts", "/v1/posts", ()),
        ("HEAD", "/v1/posts/", "/v1/posts", ()),
        ("GET", "/v1/posts/7", "/v1/posts/{post_id}", ("7",)),
        ("GET", "/v1/posts/trending", "/v1/posts/trending", ()),
        ("GET", "/api/v1/posts/7/comments/8/", TEMPLATES[4].split()[1], ("7", "8")),
        ("GET", "/v1/posts/trending/comments/8", TEMPLATES[4].split()[1], ("trending", "8")),
    ],
)
def test_a_path_finds_its_template_and_its_values(router, method, path, template, values):
    target, found = router.find(method, path)
    assert (target.template, found) == (template, values)


@pytest.mark.parametrize(
    "path", ["/", "", "/v1", "/v1/posts//comments/8", "//v1/posts", "/v1/x/y/z"]
)
def test_a_path_without_a_template_is_not_there(router, path):
    with pytest.raises(NoSuchPath):
        router.find("GET", path)


def test_a_wrong_method_is_told_every_right_one(router):
    with pytest.raises(WrongMethod) as refused:
        router.find("DELETE", "/v1/posts/trending")
    assert refused.value.allowed == "GET, HEAD, OPTIONS"


def test_the_root_is_a_path_too(router):
    router.add("GET", "/", "root")
    assert router.find("GET", "/")[0].template == "/"


def test_a_route_stands_once(router):
    with pytest.raises(ValueError, match="routed twice"):
        router.add("GET", "/v1/posts/{another}", None)
