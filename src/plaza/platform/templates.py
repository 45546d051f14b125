"""Texts with gaps: templates of one folder, by Jinja2."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


class Templates:
    """What fills a gap is escaped in `.html` and stands as it is elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def render(self, name: str, /, **gaps: object) -> str:
        """Raises UndefinedError for a gap that nothing was given for."""
        return self._environment.get_template(name).render(gaps)
