"""Whether the code changed since one last looked."""

from collections.abc import Mapping
from pathlib import Path


class Watch:
    """Over the files of one folder that hold code, statements and contracts."""

    SUFFIXES = frozenset({".py", ".sql", ".graphql", ".proto", ".yaml"})

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._look()

    def changed(self) -> bool:
        seen, self._seen = self._seen, self._look()
        return seen != self._seen

    def _look(self) -> Mapping[Path, float]:
        return {
            path: path.stat().st_mtime
            for path in self._folder.rglob("*")
            if path.suffix in self.SUFFIXES and path.is_file()
        }
