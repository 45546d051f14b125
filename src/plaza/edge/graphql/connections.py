"""Pages as Relay wants them: edges with cursors (GraphQL Cursor Connections Specification)."""

from collections.abc import Mapping
from typing import Any

from plaza.platform.paging import Page, cursor_of

ARGUMENTS = {"first": "limit", "after": "cursor"}
"""What Relay calls the parameters of an operation that answers with a page."""


def connection(page: Page[Any], arguments: Mapping[str, object]) -> dict[str, object]:
    """An item's cursor is made of its id; the page's own end goes first, as items may be hidden."""
    edges = [{"node": item, "cursor": cursor_of(item.id)} for item in page.items]
    end = edges[-1]["cursor"] if edges else None
    return {
        "edges": edges,
        "page_info": {
            "has_next_page": page.next_cursor is not None,
            "has_previous_page": arguments.get("cursor") is not None,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": page.next_cursor or end,
        },
    }
