"""The contracts written by hand, as they are shipped with the code."""

from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "contracts"


def descriptor_set() -> bytes:
    """api/proto, compiled: a serialised google.protobuf.FileDescriptorSet."""
    return (SHIPPED / "plaza.binpb").read_bytes()


def graphql_schema() -> str:
    """api/schema.graphql."""
    return (SHIPPED / "schema.graphql").read_text(encoding="utf-8")
