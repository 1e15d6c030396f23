"""Checks without the near cache: each reads Redis."""

from lib import chart, compare, load, peers, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 3
TITLE = "Every check reads Redis, compared with nginx + Lua + Redis"
GOAL = "at least as many checks/s"
FULL_ONLY = False

NEAR_CACHE_OFF = {"KEYLAPSE_CHECK_NEAR_CACHE_MAX_SIZE": "0"}


def run(options):
    stores, texts = options.filled()
    file = load.key_file(stores, "good", texts)
    with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP, env=NEAR_CACHE_OFF) as keylapse, \
            peers.NginxLua(stores, load.SERVER) as nginx:
        results = compare.side_by_side(options, file, {
            "Keylapse": (keylapse.url, keylapse.pids()), "nginx + Lua + Redis": (nginx.url, nginx.pids())})
        reads = {}
        for name, (url, pids) in {"Keylapse": (keylapse.url, keylapse.pids()),
                                  "nginx + Lua + Redis": (nginx.url, nginx.pids())}.items():
            before = stores.redis_commands()
            requests = load.wrk(url, file, 2, pids)["requests"]
            reads[name] = (stores.redis_commands() - before) / requests
    ours, theirs = results["Keylapse"], results["nginx + Lua + Redis"]
    speed = compare.ratio(ours, theirs)
    return Row(
        NUMBER, TITLE, GOAL,
        {"Keylapse, checks/s": rounds.spread(ours["rate"]), "nginx + Lua + Redis, checks/s": rounds.spread(theirs["rate"]),
         "ratio of checks/s": speed, "Redis commands per check, Keylapse": reads["Keylapse"],
         "Redis commands per check, nginx": reads["nginx + Lua + Redis"]},
        speed >= 1.0 and reads["Keylapse"] >= 0.99,
        ("Near-cache switched off. Servers on one core, wrk and Redis on the other. " + compare.idle_share(results)).strip(),
        {"row-03.svg": chart.bars("Every check reads Redis", "checks per second, one core", {
            name: rounds.spread(found["rate"]) for name, found in results.items()})},
        {**stores.versions(), "wrk": load.build.version_of("wrk"), **peers.NginxLua.versions()})
