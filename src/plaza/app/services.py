"""The services of the contexts that run here, built on one database, and the keys they share."""

from msgspec import Struct

from plaza.accounts.service import Services as AccountServices
from plaza.accounts.service import Terms
from plaza.accounts.service import build as build_accounts
from plaza.accounts.service.access_tokens import TokenRules
from plaza.accounts.service.keys import Keys, find_keys
from plaza.accounts.service.passwords import HashCost
from plaza.feed.service import Feed
from plaza.feed.timelines import Timelines
from plaza.people.service import People
from plaza.platform.caches import Caches
from plaza.platform.database import Database
from plaza.platform.mail import Mailer
from plaza.platform.mailers import open_mailer
from plaza.platform.valkey import ValkeyClient
from plaza.posts.service import Comments, Posts
from plaza.settings import Settings

CACHE_SECONDS = 60.0


class Built(Struct, frozen=True):
    """The services of one process, lower contexts first, and what they remember."""

    caches: Caches
    accounts: AccountServices
    people: People
    posts: Posts
    comments: Comments
    timelines: Timelines
    feed: Feed


def build_contexts(database: Database, valkey: ValkeyClient, settings: Settings) -> Built:
    """Raises CannotStart for keys that are none."""
    caches = Caches(seconds=CACHE_SECONDS)
    accounts = accounts_in(database, settings)
    people = People(database, accounts.accounts, caches)
    posts = Posts(database, people, caches)
    timelines = Timelines(valkey)
    feed = Feed(people, posts, timelines)
    return Built(caches, accounts, people, posts, Comments(database, posts), timelines, feed)


def accounts_in(database: Database, settings: Settings) -> AccountServices:
    """The accounts of a database. Raises CannotStart for keys that are none."""
    terms = Terms(
        keys=keys_of(settings),
        public_url=settings.reached_at,
        tokens=TokenRules(
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            seconds=settings.jwt_seconds,
        ),
        cost=HashCost(
            memory_kib=settings.password_memory_kib,
            passes=settings.password_passes,
            threads=settings.password_threads,
        ),
        inline_mail=settings.mail_delivery == "inline",
    )
    return build_accounts(database, mailer_of(settings), terms)


def keys_of(settings: Settings) -> Keys:
    """Made in the data folder at the first time. Raises CannotStart for keys that are none."""
    return find_keys(settings.jwt_keys, settings.data / "keys.json")


def mailer_of(settings: Settings) -> Mailer:
    return open_mailer(settings.mail_url, settings.mail_from, settings.data / "mail")
