"""Checks of good keys, compared with typical home-made gateways."""

from contextlib import ExitStack

from lib import chart, compare, load, peers, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 2
TITLE = "A valid key, compared with what people build themselves"
GOAL = ("checks/s at least 2.3 times nginx + Lua + Redis, 3 times WebFlux + Redis, 40 times Django + Postgres, "
        "1.0 times nginx + Lua + shared memory")
FULL_ONLY = False

GOALS = {"nginx + Lua + Redis": 2.3, "nginx + Lua + shared memory": 1.0, "WebFlux + Redis": 3.0,
         "Django + Postgres": 40.0}


def run(options):
    stores, texts = options.filled()
    file = load.key_file(stores, "good", texts)
    with ExitStack() as running:
        keylapse = running.enter_context(Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP))
        found = {
            "nginx + Lua + Redis": peers.NginxLua(stores, load.SERVER),
            "nginx + Lua + shared memory": peers.NginxLua(stores, load.SERVER, shared=True),
            "WebFlux + Redis": peers.WebFlux(stores, load.SERVER),
            "Django + Postgres": peers.Django(stores, load.SERVER)}
        servers = {"Keylapse": (keylapse.url, keylapse.pids())}
        for name, peer in found.items():
            running.enter_context(peer)
            peers.answer_bytes(peer.port, texts[0])
            servers[name] = (peer.url, peer.pids())
        results = compare.side_by_side(options, file, servers)
        versions = {**stores.versions(), "wrk": load.build.version_of("wrk"), **peers.NginxLua.versions(),
                    **peers.WebFlux.versions(), **peers.Django.versions()}
    ratios = {name: compare.ratio(results["Keylapse"], results[name]) for name in GOALS}
    figures = {f"{name}, checks/s": rounds.spread(each["rate"]) for name, each in results.items()}
    figures |= {f"Keylapse / {name}": ratio for name, ratio in ratios.items()}
    return Row(
        NUMBER, TITLE, GOAL, figures, all(ratios[name] >= GOALS[name] for name in GOALS),
        ("One worker or event loop each on one core; wrk (64 connections, 1,000 keys in turn), Redis and Postgres on the "
         "other, for all. Each compares the deadline and sets the same headers. Those that query a store hash the key "
         "with SHA-256; shared memory is looked up by the key's text and trusted for two seconds. " + compare.idle_share(results)).strip(),
        {"row-02.svg": chart.bars("A good key, one core for the server", "checks per second", {
            name: rounds.spread(each["rate"]) for name, each in results.items()})},
        versions)
