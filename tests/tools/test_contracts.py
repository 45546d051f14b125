"""The two import contracts of our own refuse what they are there to refuse."""

from grimp import ImportGraph
from importlinter.application.user_options import UserOptions

from tools.context_faces import ContextFaces
from tools.edges_only import EdgesOnly

FACES = {"faces": ["api", "model", "events", "problems"], "wiring": ["app"]}
EDGES = {
    "edges": ["rest", "graphql", "grpc"],
    "outside": ["app", "edge"],
    "protocols": ["plaza.edge", "uvicorn"],
}


def graph(*imports):
    made = ImportGraph()
    for module in {each for pair in imports for each in pair} | {"plaza.posts.api"}:
        made.add_module(module)
    for importer, imported in imports:
        made.add_import(importer=importer, imported=imported)
    return made


def broken(contract, options, *imports):
    kept = contract("a rule", UserOptions({}, []).session_options, options)
    return kept.check(graph(*imports), verbose=False).metadata["broken"]


def test_another_contexts_service_is_out_of_reach():
    reached = ("plaza.orders.service", "plaza.posts.service")
    assert broken(ContextFaces, FACES, reached) == [reached]


def test_a_command_too_enters_by_the_face():
    reached = ("plaza.commands.admin", "plaza.posts.queries")
    assert broken(ContextFaces, FACES, reached) == [reached]


def test_faces_one_self_and_the_wiring_are_free_to_import():
    assert not broken(
        ContextFaces,
        FACES,
        ("plaza.orders.service", "plaza.posts.api"),
        ("plaza.orders.service", "plaza.posts.problems"),
        ("plaza.posts.service", "plaza.posts.queries"),
        ("plaza.app", "plaza.posts.service"),
        ("plaza.orders.service", "plaza.platform.database"),
    )


def test_a_decision_that_knows_a_protocol_is_found():
    known = [
        ("plaza.platform.health", "uvicorn.config"),
        ("plaza.posts.service", "plaza.edge.rest.routes"),
    ]
    assert broken(EdgesOnly, EDGES, *known) == known


def test_edges_speak_protocols():
    assert not broken(
        EdgesOnly,
        EDGES,
        ("plaza.posts.rest", "plaza.edge.rest.routes"),
        ("plaza.edge.rest.protocol", "uvicorn"),
        ("plaza.app", "plaza.edge.operations"),
    )
