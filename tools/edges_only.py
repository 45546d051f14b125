"""An import-linter contract: protocols are spoken at the edges and nowhere else."""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

EDGE_DEPTH = 3


class EdgesOnly(Contract):
    """`plaza.<context>.<edge>` and the packages `outside` may import `protocols`, no one else.

    Only what a module imports itself counts: what is below it answers for itself.
    """

    edges = fields.SetField(subfield=fields.StringField())
    outside = fields.SetField(subfield=fields.StringField())
    protocols = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001
        broken = [
            (importer, imported)
            for importer in sorted(graph.modules)
            if importer.startswith("plaza.") and not self._may(importer.split("."))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if self._speaks(imported)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} must not know {imported}")

    def _may(self, importer: list[str]) -> bool:
        edges, outside = cast("set[str]", self.edges), cast("set[str]", self.outside)
        return importer[1] in outside or (
            len(importer) >= EDGE_DEPTH and importer[2] in edges and importer[1] != "platform"
        )

    def _speaks(self, imported: str) -> bool:
        protocols = cast("set[str]", self.protocols)
        return any(imported == each or imported.startswith(f"{each}.") for each in protocols)
