"""Ship the contracts written by hand: `python -m tools.contracts` (`make generate` runs it too).

The protos become one descriptor set, so that running Plaza needs no compiler; the GraphQL schema
goes along as it is. tests/contract refuses a difference.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "src" / "plaza" / "contracts"
SCHEMA = ROOT / "api" / "schema.graphql"
DESCRIPTORS = "plaza.binpb"


def descriptors() -> bytes:
    """A google.protobuf.FileDescriptorSet of every .proto below api/proto and what it imports."""
    buf = Path(sys.executable).parent / "buf"
    command = [str(buf), "build", "--exclude-source-info", "--output", "-#format=binpb"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout


def main() -> None:
    SHIPPED.mkdir(exist_ok=True)
    (SHIPPED / DESCRIPTORS).write_bytes(descriptors())
    (SHIPPED / SCHEMA.name).write_bytes(SCHEMA.read_bytes())


if __name__ == "__main__":
    main()
