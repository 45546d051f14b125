"""An import-linter contract: a context is entered by its face, whoever comes."""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ContextFaces(Contract):
    """A context is a package of the root with an `api` in it; `faces` are what others may import.

    Only the modules in `wiring` may reach further: somebody has to build the services.
    """

    faces = fields.SetField(subfield=fields.StringField())
    wiring = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001
        contexts = {second(name) for name in graph.modules if name.split(".")[2:] == ["api"]}
        faces, wiring = cast("set[str]", self.faces), cast("set[str]", self.wiring)
        broken = [
            (importer, imported)
            for importer in sorted(graph.modules)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported.startswith("plaza.")
            and second(imported) in contexts
            and second(importer) not in {second(imported), *wiring}
            and "".join(imported.split(".")[2:3]) not in faces
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} reaches past the face of {imported}")


def second(module: str) -> str:
    """The name below the root package; empty for the root itself."""
    return "".join(module.split(".")[1:2])
