"""Performance with a growing number of keys."""

from lib import bulk, build, chart, load, rounds, sets
from lib import keys as known
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 11
TITLE = "Growth from 10,000 keys to 1,000,000 (10,000,000 with --full)"
GOAL = "checks/s, keys issued per second and lag of expiries constant within noise"
FULL_ONLY = False
KNOWN = 1000
# Bounds of the noise: clients, node and stores share two cores.
MIN_SHARE, MAX_LATER_MS = 0.8, 10


def run(options):
    sizes = [size for size in (10_000, 100_000, 1_000_000, 10_000_000)
             if size <= options.keys * (10 if options.full else 1)]
    times = min(options.rounds, 3)
    found, versions = {}, {}
    with Stores() as stores:
        sets.restart_postgres(stores, track_commit_timestamp="on")
        with Keylapse(stores, jvm=ONE_EVENT_LOOP) as keylapse:
            texts = known.fill(stores, KNOWN)
            file = load.key_file(stores, "keys", texts)
            versions = stores.versions()
            for size in sizes:
                build.say(f"{size:,} keys")
                have = int(stores.psql("SELECT count(*) FROM api_key WHERE state = 'active'"))
                sets.insert_keys(stores, max(0, size - have), "'owner-' || n % 1000", "now() + interval '30 days'",
                                 f"of {size} ")
                stores.psql("VACUUM ANALYZE api_key")
                stores.redis("FLUSHALL")
                keylapse.await_trust()
                load.wrk(keylapse.url + "/check", file, 3 if size > sizes[0] else options.warmup, [])
                found[size] = [measure(stores, keylapse, file, size, options.seconds, each) for each in range(times)]
    figures, series = {}, {"checks/s": [], "keys issued per second": []}
    lag = {"p50 of the lag, ms": []}
    for size, results in found.items():
        for name in ("checks", "issued", "lag"):
            spread = rounds.spread(each[name] for each in results)
            label = {"checks": "checks/s", "issued": "keys issued per second", "lag": "p50 of the lag, ms"}[name]
            figures[f"{label}, {size:,} keys"] = spread
            (lag if name == "lag" else series)[label].append((size, spread["median"]))
    holds = (all(points[-1][1] >= MIN_SHARE * points[0][1] for points in series.values())
             and lag["p50 of the lag, ms"][-1][1] <= lag["p50 of the lag, ms"][0][1] + MAX_LATER_MS)
    return Row(
        NUMBER, TITLE, GOAL, figures, holds if len(sizes) > 1 else None,
        f"Flat: with the most keys at least {MIN_SHARE} of each rate with the fewest, and a lag at most {MAX_LATER_MS}"
        f" ms longer. Checks are of {KNOWN:,} keys in a closed loop, issue is in batches of 100 for two seconds, and the "
        "lag is that of 500 keys expiring each second.",
        charts={"growth-rates.svg": chart.lines("Rates as keys grow", "keys", "a second", series, log_x=True, log_y=True),
                "growth-lag.svg": chart.lines("Lag of expiries as keys grow", "keys", "ms", lag, log_x=True)},
        versions=versions)


def measure(stores, keylapse, file, size, seconds, number):
    checks = load.wrk(keylapse.url + "/check", file, seconds, [keylapse.pid])
    if checks["refused"] or checks["failed"]:
        raise RuntimeError(f"checks of good keys were refused: {checks}")
    lag = sets.expire(stores, 500, 3, f"due-{size}-{number}", lead=4)["p50_ms"]
    issued = bulk.issue(keylapse, 2, clients=2, batch=100)["rate"]
    return {"checks": checks["rate"], "lag": lag, "issued": issued}
