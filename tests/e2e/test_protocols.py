"""The same post over REST, GraphQL and gRPC, in the real thing."""

import grpc
import httpx
from google.protobuf import message_factory

from plaza.edge.grpc.descriptors import pool
from tests.e2e.running import free_port, wait_for
from tests.e2e.test_accounts import CHEAP, WHOLE, join, login

SERVICE = "plaza.posts.v1.PostsService"
READ = "query ($id: UUID!) { post(postId: $id) { content version visibility authorId } }"


def test_what_is_said_in_one_protocol_is_read_in_the_others(start):
    port = free_port()
    plaza = start(command=WHOLE, PLAZA_GRPC_PORT=port, **CHEAP).until_ready()
    tokens = login(plaza, join(plaza, "ada"))
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    post = httpx.post(f"{plaza.url}/v1/posts", json={"content": "hello"}, headers=bearer).json()

    asked = {"query": READ, "variables": {"id": post["id"]}}
    told = httpx.post(f"{plaza.url}/graphql", json=asked, headers=bearer).json()
    assert told == {
        "data": {
            "post": {
                "content": "hello",
                "version": 1,
                "visibility": "PUBLIC",
                "authorId": post["author_id"],
            }
        }
    }
    called = get_post(port, post["id"], tuple(bearer.items()))
    assert (called.content, called.author_id) == ("hello", post["author_id"])


def get_post(port, post_id, metadata):
    method = pool().FindServiceByName(SERVICE).methods_by_name["GetPost"]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(
            f"/{SERVICE}/GetPost",
            request_serializer=message_factory.GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        request = message_factory.GetMessageClass(method.input_type)(post_id=post_id)
        return call(request, metadata=metadata, timeout=10).post


def test_limits_hold_for_whoever_calls_too_often_and_for_him_alone(start):
    plaza = start(command=WHOLE, RATE_LIMITS="on", TRUSTED_PROXIES="127.0.0.1", **CHEAP)
    plaza.until_ready()
    tokens = login(plaza, join(plaza, "ada"))
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    strange = {"x-forwarded-for": "203.0.113.9"}
    with httpx.Client(base_url=plaza.url, headers=strange) as bob:
        path = "/.well-known/jwks.json"
        refused = wait_for(lambda: limited(bob.get(path)))
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        assert bob.get("/health/ready").status_code == 200
        assert bob.get("/v1/account", headers=bearer).status_code == 200
        elsewhere = {"x-forwarded-for": "203.0.113.10"}
        assert bob.get(path, headers=elsewhere).status_code == 200


def limited(answer):
    return answer if answer.status_code == 429 else None
