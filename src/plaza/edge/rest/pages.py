"""The few pages people read here: plain HTML that loads nothing and runs nothing."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from plaza.edge.rest.messages import Reply
from plaza.platform.templates import Templates

FOLDER = Path(__file__).with_name("templates")
STYLE = (FOLDER / "page.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
"""The page has one style, known by its hash, and sends its form to where it came from (CSP 3)."""
HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", POLICY.encode()),
    (b"cache-control", b"no-store"),
]
templates = Templates(FOLDER)


def page(name: str, status: int, /, **gaps: object) -> Reply:
    """The template of this name, with its gaps filled and escaped; kept by nobody."""
    body = templates.render(name, **gaps)
    return Reply(status, body.encode(), [*HEADERS])
