"""Memory of Redis per key."""

import re

from lib import sets
from lib.keylapse import Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 7
TITLE = "Redis memory per active key, with an owner of 10 characters and two scopes"
GOAL = "at most 210 bytes, overhead included"
FULL_ONLY = False
MOST = 210


def run(options):
    with Stores() as stores, Keylapse(stores) as keylapse:
        before = used(stores)
        sets.insert_keys(stores, options.keys, "to_char(n % 1000, 'FM\"owner-\"0000')", "now() + interval '30 days'")
        stores.redis("FLUSHALL")
        keylapse.await_trust()
        names = [each for each in stores.redis("SCAN", 0, "COUNT", 100)[1] if len(each) == 19]
        value = stores.redis("STRLEN", names[0])
        alone = sorted(stores.redis_many([("MEMORY", "USAGE", each) for each in names]))[len(names) // 2]
        held = stores.redis("DBSIZE")
        per_key = (used(stores) - before) / options.keys
        resident = float(field(stores, "used_memory_rss"))
        if held < options.keys:
            raise RuntimeError(f"Redis has only {held:,} of {options.keys:,} keys")
        return Row(
            NUMBER, TITLE, GOAL,
            {"bytes per key": per_key, "keys": options.keys, "bytes of the name": 19, "bytes of the value": value,
             "MEMORY USAGE of one key": alone, "resident bytes per key": resident / options.keys,
             "allocator": re.search(r"mem_allocator:(\S+)", stores.redis("INFO", "memory")).group(1)},
            per_key <= MOST,
            "The difference of used_memory between an empty Redis with a node on it and one that the node has filled, "
            "over the number of keys: names, values, both hash tables and their slots. A value is 29 bytes of kind, "
            "version, deadline and id, 2 of a length, and the owner and the scopes as text. Resident memory includes "
            "Redis itself and what its allocator holds.",
            versions=stores.versions())


def used(stores):
    return int(field(stores, "used_memory"))


def field(stores, name):
    return re.search(rf"^{name}:(\d+)", stores.redis("INFO", "memory"), re.M).group(1)
