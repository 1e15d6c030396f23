"""Checks from the near cache, compared with the minimum that a Netty server does."""

from lib import chart, compare, load, peers, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 1
TITLE = "A valid key in the near cache, compared with bare Netty sending the same bytes"
GOAL = "at least 0.90 of bare Netty's checks/s, at most 1.25 of its processor time per check"
FULL_ONLY = False


def run(options):
    stores, texts = options.filled()
    file = load.key_file(stores, "good", texts)
    with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP) as keylapse:
        answer = peers.answer_bytes(keylapse.port, texts[0])
        with peers.BareNetty(stores, answer, cpus=load.SERVER) as netty:
            results = compare.side_by_side(options, file, {
                "Keylapse": (keylapse.url, keylapse.pids()), "bare Netty": (netty.url, netty.pids())})
    ours, theirs = results["Keylapse"], results["bare Netty"]
    speed, cost = compare.ratio(ours, theirs), compare.ratio(ours, theirs, "cpu_us")
    return Row(
        NUMBER, TITLE, GOAL,
        {"Keylapse, checks/s": rounds.spread(ours["rate"]), "bare Netty, requests/s": rounds.spread(theirs["rate"]),
         "ratio of checks/s": speed,
         "Keylapse, µs of processor time": rounds.spread(ours["cpu_us"]),
         "bare Netty, µs of processor time": rounds.spread(theirs["cpu_us"]),
         "ratio of processor time": cost},
        speed >= 0.90 and cost <= 1.25,
        ("HTTP/1.1 keep-alive, 64 connections, 1,000 keys in turn; each server with one event loop (epoll) on one core, "
         "wrk and the stores on the other. " + compare.idle_share(results)).strip(),
        {"row-01.svg": chart.bars("A valid key in the near cache", "checks per second, one core", {
            name: rounds.spread(found["rate"]) for name, found in results.items()})},
        {**stores.versions(), "wrk": load.build.version_of("wrk")})
