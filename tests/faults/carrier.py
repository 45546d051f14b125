"""A process that relays and reacts, to be killed and frozen: `python -m tests.faults.carrier`."""

import asyncio
import sys

from plaza.platform.broker import Broker
from plaza.platform.caches.herald import Herald
from plaza.platform.database import Database
from plaza.platform.fencing import Fenced
from plaza.platform.leases import Leases, Tenure
from plaza.platform.pool import open_pool
from plaza.platform.reactions import Reaction, Reactions
from plaza.platform.relay import LEASE, Relay
from plaza.platform.stream import Stream
from tests.platform.said import Said

SCHEMA = """
create schema heard;
create table heard.event (
    place  bigint generated always as identity primary key,
    id     uuid not null unique,
    who    uuid not null,
    number integer not null
);
"""
HEAR = """
insert into heard.event (id, who, number)
select id, who, number
  from unnest($1::uuid[], $2::uuid[], $3::integer[]) with ordinality as e (id, who, number, place)
 order by place
on conflict do nothing
"""


def works(database, broker, stream, tenure):
    fenced = Fenced(database, tenure.vouch)

    async def hear(events):
        async def decide(tx):
            columns = zip(*((each.event_id, each.who, each.number) for each in events), strict=True)
            await tx.connection.execute(HEAR, *columns)

        await fenced.decide("tests.hear", decide)

    reaction = Reaction(name="tests.heard", events=(Said,), react=hear)
    return {
        LEASE: Relay(fenced, broker, stream, tenure, Herald(broker, [])).lead,
        reaction.name: Reactions(reaction, database, broker, stream, tenure).run,
    }


async def main(dsn, nats):
    async with open_pool(dsn, size=5) as pool, Broker(nats) as broker:
        tenure = Tenure()
        await Leases(dsn, works(Database(pool), broker, Stream(), tenure), tenure).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
