"""The files git knows: what a clone would hold."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def tracked() -> list[Path]:
    """Relative to the root, sorted; a file deleted but not yet committed is left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return sorted(file for file in files if (ROOT / file).is_file())


def text_of(file: Path) -> str | None:
    """None for what is not UTF-8 text."""
    try:
        return (ROOT / file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
