"""What a node costs while nothing happens."""

import re
import time

from lib import build, peers, rounds, sets
from lib.keylapse import Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 17
TITLE = "An idle node with 10,000 active keys"
GOAL = "at most 1 % of one core, and at most 5 statements/s in Postgres"
FULL_ONLY = False

KEYS = 10_000
MAX_SHARE, MAX_STATEMENTS = 0.01, 5
# How many times longer a round is than one with load, because little happens in it.
LONGER = 10
# Seconds until the work of the start is over.
SETTLE = 15


def run(options):
    with Stores() as stores, Keylapse(stores) as keylapse:
        sets.insert_keys(stores, KEYS, "'owner-' || n % 1000", "now() + interval '60 days'")
        stores.psql("VACUUM ANALYZE api_key")
        stores.redis("FLUSHALL")
        keylapse.await_trust()
        stores.psql("ALTER SYSTEM SET log_statement = 'all'")
        stores.psql("SELECT pg_reload_conf()")
        with peers.BareNetty(stores, b"") as netty:
            build.say(f"waiting {SETTLE} s for the end of the start")
            time.sleep(SETTLE)
            found = [idle(stores, keylapse, netty, options.seconds * LONGER) for _ in range(options.rounds)]
        figures = {name: rounds.spread(each[name] for each in found) for name in found[0]}
        share, statements = figures["share of one core"]["median"], figures["statements/s in Postgres"]["median"]
        return Row(
            NUMBER, TITLE, GOAL, {**figures, "keys": KEYS, "seconds a round": options.seconds * LONGER},
            share <= MAX_SHARE and statements <= MAX_STATEMENTS,
            "No requests, default settings, both cores. The share is the node's own processor time, from /proc. Statements are those in "
            "Postgres's log (log_statement = all), with BEGIN and COMMIT, less those of the benchmark; transactions and Redis commands are "
            "those that the stores count.",
            versions=stores.versions())


def idle(stores, keylapse, netty, seconds):
    """What the node used and asked in so many seconds."""
    log = stores.folder / "postgres.log"

    def counts():
        return {"share of one core": rounds.cpu_seconds(keylapse.pid), "bare Netty, share of one core": rounds.cpu_seconds(*netty.pids()),
                "transactions/s in Postgres": stores.postgres_transactions(), "commands/s in Redis": stores.redis_commands(),
                "statements/s in Postgres": statements(log)}
    before, begun = counts(), time.monotonic()
    time.sleep(seconds)
    after, took = counts(), time.monotonic() - begun
    figures = {name: (after[name] - before[name]) / took for name in before}
    build.say(", ".join(f"{name} {value:.3g}" for name, value in figures.items()))
    return figures


def statements(log):
    """Statements in Postgres's log by clients that use the extended protocol, as JDBC does and psql does not."""
    return len(re.findall(r" LOG:  execute ", log.read_text(errors="replace")))
