"""Latency of checks at a third of the maximum rate."""

from lib import chart, load, peers, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 4
TITLE = "Latency at a third of the maximum rate, compared with bare Netty at the same rate"
GOAL = "p50 within 1.35 times, p90 and p99 within 1.5 times, and p99.9 within 2 times bare Netty's"
FULL_ONLY = False

PERCENTILES = {"p50": "p50", "p90": "p90", "p99": "p99", "p99.9": "p999"}
# Seconds of load at the beginning of a round that do not count.
WARM_UP = 1
MOST = {"p50": 1.35, "p90": 1.5, "p99": 1.5, "p99.9": 2}


def run(options):
    stores, texts = options.filled()
    file = load.key_file(stores, "good", texts)
    with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP) as keylapse:
        answer = peers.answer_bytes(keylapse.port, texts[0])
        with peers.BareNetty(stores, answer, cpus=load.SERVER) as netty:
            servers = {"Keylapse": keylapse, "bare Netty": netty}
            for server in servers.values():
                load.warm(options.warmup, server.url, file, server.pids())
            greatest = rounds.median([load.wrk(keylapse.url, file, options.seconds, keylapse.pids())["rate"]
                                      for _ in range(3)])
            rate = int(greatest / 3)
            load.build.say(f"greatest rate {greatest:,.0f}/s, measuring at {rate:,}/s")
            for server in servers.values():
                # The JVM compiles code again when a busy core becomes half idle; see row 5. After three such rounds,
                # Keylapse still became faster during the measurement.
                with load.both_cores(server.pids()):
                    for _ in range(6):
                        load.open_loop(stores, server.port, rate, options.seconds, file, warm_up=0)

            def once(server, seeds={}):
                seeds[server.port] = seeds.get(server.port, 0) + 1
                pid = server.pids()[0]
                before = rounds.scheduled(pid)
                found = load.open_loop(
                    stores, server.port, rate, options.seconds, file, warm_up=WARM_UP, seed=seeds[server.port])["good"]
                ran, waited = rounds.busiest(before, rounds.scheduled(pid))
                if set(found["statuses"]) != {"200"} or found["unanswered"]:
                    raise RuntimeError(f"good keys were not all accepted: {found}")
                return {**found, "busy": ran / (options.seconds + WARM_UP), "kept": waited / (options.seconds + WARM_UP)}
            results = rounds.interleave(options.rounds, {
                name: lambda server=server: once(server) for name, server in servers.items()})
    spreads = {name: {shown: rounds.spread([each[key] for each in found]) for shown, key in PERCENTILES.items()}
               for name, found in results.items()}
    ratios = {shown: rounds.median(ours[key] / theirs[key] for ours, theirs in zip(results["Keylapse"], results["bare Netty"]))
              for shown, key in PERCENTILES.items()}
    figures = {"requests/s": rate}
    for shown in PERCENTILES:
        for name in results:
            figures[f"{name}, {shown} in us"] = spreads[name][shown]
        figures[f"ratio of {shown}"] = ratios[shown]
    for name, found in results.items():
        figures[f"{name}, event loop's share of its core"] = rounds.spread(each["busy"] for each in found)
        figures[f"{name}, event loop ready but kept waiting"] = rounds.spread(each["kept"] for each in found)
    ranks = {"p50": 2, "p90": 10, "p99": 100, "p99.9": 1000}
    return Row(
        NUMBER, TITLE, GOAL, figures, all(ratios[shown] <= most for shown, most in MOST.items()),
        "Open loop: Poisson arrivals on 64 connections, the same for both in a round, and latency from the intended "
        "instant of sending, so waiting in line counts. Server on one core, load and stores on the other.",
        {"row-04.svg": chart.lines(
            f"Latency at {rate:,} checks per second", "percentile", "microseconds",
            {name: [(ranks[shown], each[shown]["median"]) for shown in ranks] for name, each in spreads.items()},
            log_x=True, log_y=True, x_labels={rank: shown for shown, rank in ranks.items()})},
        stores.versions())
