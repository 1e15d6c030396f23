"""The time from a key's deadline to its blacklist entry."""

from lib import rounds, sets
from lib.keylapse import Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 8
TITLE = "From the deadline to the committed blacklist entry: 1,000 expiries per second among 1,000,000 valid keys"
GOAL = "p50 at most 20 ms, p99 at most 250 ms"
FULL_ONLY = False
RATE = 1000
MAX_P50, MAX_P99 = 20, 250


def run(options):
    with Stores() as stores:
        sets.restart_postgres(stores, track_commit_timestamp="on", track_wal_io_timing="on")
        with Keylapse(stores) as keylapse:
            sets.insert_keys(stores, options.keys, "'owner-' || n % 1000", "now() + interval '30 days'")
            stores.psql("VACUUM ANALYZE api_key")
            stores.redis("FLUSHALL")
            keylapse.await_trust()
            sets.expire(stores, RATE, 3, "warm-up")
            prompted = [sets.expire(stores, RATE, options.seconds, f"round-{each}", lead=6)
                        for each in range(options.rounds)]
        with Keylapse(stores, env={"KEYLAPSE_EXPIRY_PROMPTER": "false"}):
            unprompted = sets.expire(stores, RATE, options.seconds, "unprompted")
        p50, p99 = (rounds.spread(each[name] for each in prompted) for name in ("p50_ms", "p99_ms"))
        return Row(
            NUMBER, TITLE, GOAL,
            {"p50, ms": p50, "p99, ms": p99, "highest, ms": max(each["max_ms"] for each in prompted),
             "heard by notification": rounds.median(each["notified"] for each in prompted),
             "mean flush of Postgres's log, ms": sets.flush_ms(stores),
             "p50 without the prompter, ms": unprompted["p50_ms"], "p99 without the prompter, ms": unprompted["p99_ms"]},
            p50["median"] <= MAX_P50 and p99["median"] <= MAX_P99,
            "Postgres's commit timestamp of the row less its deadline, both by the same clock. The timestamp is taken "
            "before the commit is flushed to the log; the mean time of a flush is given and must be added. Without "
            "the prompter, Redis expires keys lazily, and the sweep records the rest.",
            versions=stores.versions())
