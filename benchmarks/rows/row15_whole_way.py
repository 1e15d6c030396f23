"""The whole way of a request: client, gateway with a check, backend."""

from contextlib import ExitStack

from lib import chart, gateways, load, processes, rounds
from lib.gateways import CaddyGateway, HAProxyGateway, NginxGateway, NginxGuard
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row, shown

NUMBER = 15
TITLE = "The whole way through a gateway to a backend, with and without a check"
GOAL = "Keylapse adds at most 1.5 times as much to nginx's p50 as Lua with Redis does"
FULL_ONLY = False

MOST = 1.5
# Requests per second: few enough that the slowest gateway, which shares its core with what it asks, has no queue.
RATE = 1000
CHECKED = {"nginx + Keylapse": "nginx", "nginx + Lua + Redis": "nginx", "HAProxy + Keylapse": "HAProxy", "Caddy + Keylapse": "Caddy"}


def run(options):
    stores, texts = options.filled()
    file, port = load.key_file(stores, "good", texts), processes.free_port()
    with ExitStack() as running:
        keylapse = running.enter_context(Keylapse(
            stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP, env={"KEYLAPSE_GATEWAY_PORT": port}))
        backend = running.enter_context(gateways.Backend(stores, load.SERVER)).port
        found = {
            "nginx": NginxGateway(stores, backend, None, load.SERVER),
            "nginx + Keylapse": NginxGateway(stores, backend, port, load.SERVER),
            "nginx + Lua + Redis": NginxGuard(stores, backend, None, load.SERVER),
            "HAProxy": HAProxyGateway(stores, backend, None, load.SERVER),
            "HAProxy + Keylapse": HAProxyGateway(stores, backend, port, load.SERVER),
            "Caddy": CaddyGateway(stores, backend, None, load.SERVER),
            "Caddy + Keylapse": CaddyGateway(stores, backend, port, load.SERVER)}
        load.warm(options.warmup, f"http://127.0.0.1:{port}", file, keylapse.pids())
        for name, gateway in found.items():
            running.enter_context(gateway)
            gateways.prove(gateway, texts[0], name in CHECKED)
        results = measure(options, stores, file, found)
        versions = {**stores.versions(), **gateways.versions()}
    added = {name: {figure: [mine[figure] - bare[figure] for mine, bare in zip(results[name], results[plain])]
                    for figure in ("p50", "p99")}
             for name, plain in CHECKED.items()}
    ratio = rounds.median(added["nginx + Keylapse"]["p50"]) / rounds.median(added["nginx + Lua + Redis"]["p50"])
    figures = {"requests/s": RATE}
    for name, each in results.items():
        figures[f"{name}, p50 in us"] = rounds.spread(one["p50"] for one in each)
    for name, each in added.items():
        figures[f"added by {name.partition(' + ')[2]} to {CHECKED[name]}'s p50, us"] = rounds.spread(each["p50"])
    figures["added by Keylapse / added by Lua + Redis"] = ratio
    return Row(
        NUMBER, TITLE, GOAL, figures, ratio <= MOST if ratio > 0 else None,
        f"Open loop: {RATE:,} requests a second with Poisson arrivals on 64 connections, the same for all in a round, and latency from the "
        "intended instant of sending. Keylapse is asked with the recipes of deploy/gateways, over its gateway port. Gateways, backend, "
        "Keylapse and stores share one core, the load has the other. What a check adds is the difference to the same gateway without one "
        "in the same round.",
        {"row-15.svg": chart.bars("The whole way through a gateway", "median latency in microseconds", {
            name: rounds.spread(one["p50"] for one in each) for name, each in results.items()})},
        versions, table=table(results, added))


def measure(options, stores, file, found):
    """The latencies of all rounds of each gateway."""
    number = {}

    def once(name):
        number[name] = number.get(name, 0) + 1
        answers = load.open_loop(
            stores, found[name].port, RATE, options.seconds, file, warm_up=1, seed=number[name])["good"]
        if set(answers["statuses"]) != {"200"} or answers["unanswered"]:
            raise RuntimeError(f"{name} did not let all valid keys pass: {answers}")
        return {"p50": answers["p50"], "p99": answers["p99"]}

    # The load generator busy-waits on its core, so the stores are on the servers' core.
    stores.pin(load.SERVER)
    try:
        for name in found:
            once(name)
        number.clear()
        return rounds.interleave(options.rounds, {name: lambda name=name: once(name) for name in found})
    finally:
        stores.pin(load.LOAD)


def table(results, added):
    lines = ["| gateway | p50, µs | p99, µs | added to p50, µs | added to p99, µs |", "|---|---|---|---|---|"]
    for name, each in results.items():
        cells = [rounds.spread(one[figure] for one in each) for figure in ("p50", "p99")]
        cells += [rounds.spread(added[name][figure]) for figure in ("p50", "p99")] if name in added else ["", ""]
        lines.append(f"| {name} | " + " | ".join(map(shown, cells)) + " |")
    return "\n".join(lines)
