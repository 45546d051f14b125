"""What other contexts, and every edge, may ask of the feed."""

from typing import Protocol

from plaza.feed.model import Offset, Search, Since, Until, WantedTags
from plaza.platform.caller import Caller
from plaza.platform.operations import May, operation
from plaza.platform.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from plaza.posts.model import Post, Sort


class FeedApi(Protocol):
    @operation(may=May.USER, cost=2)
    async def read(
        self,
        caller: Caller,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor | None = None,
        offset: Offset = 0,
        sort: Sort = Sort.DESC,
        tags: WantedTags | None = None,
        search: Search | None = None,
        since: Since | None = None,
        until: Until | None = None,
    ) -> Page[Post]:
        """Read what you and those you follow say, newest first.

        A cursor goes with the filters and the order it was given with, and with no offset.
        """
