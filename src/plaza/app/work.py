"""What goes on without a request: the relay, reactions, jobs and sweeps."""

from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from plaza.accounts import events as accounts_events
from plaza.accounts.service.sweeping import Sweeping
from plaza.app.meters import of_reactions, of_relay
from plaza.app.services import Built
from plaza.feed.reactions import FeedReactions
from plaza.people import events as people_events
from plaza.people.reactions import PeopleReactions
from plaza.platform import jobs
from plaza.platform.broker import Broker
from plaza.platform.caches.herald import Herald
from plaza.platform.database import Database
from plaza.platform.events import announced_in
from plaza.platform.fencing import Fenced
from plaza.platform.jobs import MAIL, Jobs, forget_dead
from plaza.platform.lanes import Lanes
from plaza.platform.leases import Leases, Tenure
from plaza.platform.meters import Meters
from plaza.platform.outbox_days import outbox_days
from plaza.platform.periodic import Periodic, Timetable
from plaza.platform.poking import Pokes, heed
from plaza.platform.reactions import Reactions
from plaza.platform.relay import LEASE as RELAY
from plaza.platform.relay import Relay
from plaza.platform.sealing import Sealer, verified
from plaza.platform.stream import Stream
from plaza.platform.sweeping import forget_answers, sweep
from plaza.posts import events as posts_events
from plaza.settings import Settings

EVENTS = [
    *announced_in(accounts_events),
    *announced_in(people_events),
    *announced_in(posts_events),
]
"""Every event there is."""


def works(
    built: Built, settings: Settings, database: Database, broker: Broker, meters: Meters
) -> Sequence[Coroutine[Any, Any, None]]:
    """Each runs until it is cancelled; what they count is added to the meters."""
    mail = Jobs(database, MAIL, built.accounts.works, grace=settings.drain_seconds)
    database.enqueued = Pokes(broker, jobs.POKE)
    return [
        mail.run(),
        heed(broker, jobs.POKE + MAIL, mail.poke),
        Timetable(database, _periodic(database)).run(),
        _leases(built, settings, database, broker, meters).run(),
    ]


def _leases(
    built: Built, settings: Settings, database: Database, broker: Broker, meters: Meters
) -> Leases:
    """What one process does for all."""
    stream, tenure = Stream(), Tenure()
    fenced = Fenced(database, tenure.vouch)
    relay = Relay(fenced, broker, stream, tenure, Herald(broker, EVENTS))
    database.announced = relay.poke
    meters.add(partial(of_relay, relay))
    works = {RELAY: relay.lead}
    feed = FeedReactions(built.people, built.timelines)
    lanes = Lanes()
    for reaction in (PeopleReactions(fenced).profiles, *feed.all):
        reactions = Reactions(lanes.kept(reaction), database, broker, stream, tenure)
        meters.add(partial(of_reactions, reactions))
        works[reaction.name] = reactions.run
    works["platform.sealer"] = Sealer(database).run
    return Leases(settings.database_url, works, tenure)


def _periodic(database: Database) -> Mapping[str, Periodic]:
    """What comes round, and how often."""
    hourly = {
        **Sweeping(database).brooms,
        "platform.dead_jobs": forget_dead(database),
        "platform.outbox": outbox_days(database),
    }
    works = {
        name: Periodic(run=sweep(broom), every=timedelta(hours=1)) for name, broom in hourly.items()
    }
    often = timedelta(minutes=10)
    works["platform.audit"] = Periodic(run=verified(database), every=timedelta(days=1))
    works["platform.answers"] = Periodic(run=sweep(forget_answers(database)), every=often)
    return works
