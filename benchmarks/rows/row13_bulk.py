"""Bulk issue over HTTP."""

from lib import bulk, rounds
from lib.keylapse import Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 13
TITLE = "Bulk issue over HTTP, in batches of 1,000"
GOAL = "at least 10,000 keys/s on one node"
FULL_ONLY = False
LEAST, CLIENTS = 10_000, 3


def run(options):
    with Stores() as stores, Keylapse(stores) as keylapse:
        bulk.issue(keylapse, options.warmup // 2, CLIENTS)
        count = [0]

        def alone():
            count[0] += 1
            return {"rate": bulk.insert_alone(stores, 100_000, CLIENTS, f"alone-{count[0]}")}
        results = rounds.interleave(options.rounds, {
            "Keylapse": lambda: bulk.issue(keylapse, options.seconds, CLIENTS), "Postgres": alone})
        rate = rounds.spread(each["rate"] for each in results["Keylapse"])
        bare = rounds.spread(each["rate"] for each in results["Postgres"])
        return Row(
            NUMBER, TITLE, GOAL,
            {"keys per second": rate, "Postgres alone": bare, "ratio": rate["median"] / bare["median"],
             "median of a batch, ms": rounds.median(each["p50_ms"] for each in results["Keylapse"]),
             "pending": sum(each["pending"] for each in results["Keylapse"]), "clients": CLIENTS},
            rate["median"] >= LEAST,
            "Keys are in Postgres and, unless pending, in Redis when the response arrives. Clients, node and both stores share"
            " the machine. Postgres alone: the same statement with the same number of rows, on as many connections, on an"
            " otherwise idle machine.",
            versions=stores.versions())
