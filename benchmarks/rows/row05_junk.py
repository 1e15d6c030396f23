"""An attack with junk keys, as many as there are good keys."""

import time

from lib import chart, load, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row

NUMBER = 5
TITLE = "A flood of invalid keys, one for each valid key"
GOAL = ("a malformed key costs no more than a valid one and queries no store; an unknown one queries Redis and Postgres at "
        "most once each; valid keys within 1.5 times their median without the flood, none refused")
FULL_ONLY = False


class Stores:
    """Commands and transactions of the stores per check, minus their background work without checks."""

    def __init__(self, stores):
        self.stores = stores
        self.quiet = (0, 0)
        before, begun = self._counts(), time.monotonic()
        time.sleep(4)
        took = time.monotonic() - begun
        self.quiet = tuple((after - first) / took for first, after in zip(before, self._counts()))

    def _counts(self):
        return self.stores.redis_commands(), self.stores.postgres_transactions()

    def per_check(self, load_of):
        """Runs the load, which returns the number of checks and other figures, and adds commands and transactions."""
        before, begun = self._counts(), time.monotonic()
        checks, result = load_of()
        after, took = self._counts(), time.monotonic() - begun
        redis, postgres = (max(0.0, (b - a - rate * took) / max(1, checks))
                           for a, b, rate in zip(before, after, self.quiet))
        return {**result, "redis": redis, "postgres": postgres}


def run(options):
    stores, texts = options.filled()
    junk = load.junk_keys(len(texts))
    good_file = load.key_file(stores, "good", texts)
    junk_file = load.key_file(stores, "malformed", junk)
    mixed_file = load.key_file(stores, "mixed", [each for pair in zip(texts, junk) for each in pair])
    with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP) as keylapse:
        load.warm(options.warmup, keylapse.url, mixed_file, keylapse.pids())
        counted = Stores(stores)

        def greatest(file):
            found = load.wrk(keylapse.url, file, options.seconds, keylapse.pids())
            return found["requests"], found

        cost = rounds.interleave(options.rounds, {
            name: lambda file=file: counted.per_check(lambda: greatest(file))
            for name, file in {"good": good_file, "good and malformed": mixed_file, "malformed": junk_file}.items()})
        for name, share in {"good": 0, "good and malformed": 0.5, "malformed": 1}.items():
            for each in cost[name]:
                # Each of the 64 connections may be in the middle of a pair.
                if each["failed"] or abs(each["refused"] - share * each["requests"]) > 64:
                    raise RuntimeError(f"{name}: {each['refused']} of {each['requests']} refused, {each['failed']} failed")

        # The stores move to the server's core, so that the load generator, which measures, has a core to itself.
        stores.pin(load.SERVER)
        try:
            rate = int(rounds.median([each["rate"] for each in cost["good"]]) / 4)

            def arriving(of_rate, *sources):
                found = load.open_loop(stores, keylapse.port, of_rate, options.seconds, *sources, warm_up=1)
                return found["good"]["sent"], {
                    "p50": found["good"]["p50"], "p99": found["good"]["p99"], "found": found,
                    "refused": sum(count for status, count in found["good"]["statuses"].items() if status != "200"),
                    "unanswered": found["good"]["unanswered"]}

            with load.both_cores(keylapse.pids()):
                for _ in range(3):
                    arriving(2 * rate, good_file, "unknown")
            quiet = rounds.interleave(options.rounds, {
                "good alone": lambda: counted.per_check(lambda: arriving(rate, good_file)),
                "with malformed": lambda: counted.per_check(lambda: arriving(2 * rate, good_file, junk_file)),
                "with unknown": lambda: counted.per_check(lambda: arriving(2 * rate, good_file, "unknown"))})
        finally:
            stores.pin(load.LOAD)

    def middle(found, figure):
        return rounds.median([each[figure] for each in found])

    dearer = rounds.median(junk["cpu_us"] / good["cpu_us"] for junk, good in zip(cost["malformed"], cost["good"]))
    malformed = {store: middle(cost["malformed"], store) for store in ("redis", "postgres")}
    # Counted per good key sent, because some unknown keys may have been sent too late.
    unknown = {store: max(0.0, rounds.median([
        (each[store] - middle(quiet["good alone"], store)) * each["found"]["good"]["sent"]
        / max(1, each["found"]["unknown"]["sent"]) for each in quiet["with unknown"]]))
        for store in ("redis", "postgres")}
    slower = {name: rounds.median(each["p50"] / alone["p50"] for each, alone in zip(quiet[name], quiet["good alone"]))
              for name in ("with malformed", "with unknown")}
    lost = sum(each["refused"] + each["unanswered"] for found in quiet.values() for each in found)
    answers = {}
    for each in quiet["with unknown"]:
        for status, count in each["found"]["unknown"]["statuses"].items():
            answers[status] = answers.get(status, 0) + count
    figures = {
        "good, µs of processor time": rounds.spread([each["cpu_us"] for each in cost["good"]]),
        "malformed, µs of processor time": rounds.spread([each["cpu_us"] for each in cost["malformed"]]),
        "valid and malformed in turn, µs": rounds.spread([each["cpu_us"] for each in cost["good and malformed"]]),
        "ratio of malformed to valid": dearer,
        "Redis commands per malformed key": malformed["redis"],
        "Postgres transactions per malformed key": malformed["postgres"],
        "Redis commands per unknown key": unknown["redis"],
        "Postgres transactions per unknown key": unknown["postgres"],
        "valid keys/s, and as many invalid ones": rate,
        **{f"median of good keys {name}, us": rounds.spread([each["p50"] for each in found])
           for name, found in quiet.items()},
        **{f"p99 of good keys {name}, us": rounds.spread([each["p99"] for each in found])
           for name, found in quiet.items()},
        **{f"ratio of medians {name}": ratio for name, ratio in slower.items()},
        "valid keys refused or unanswered": lost,
        "unknown keys answered per valid one": rounds.spread(
            [each["found"]["unknown"]["sent"] / each["found"]["good"]["sent"] for each in quiet["with unknown"]]),
        "answers to unknown keys": ", ".join(f"{status}: {count:,}" for status, count in sorted(answers.items()))}
    return Row(
        NUMBER, TITLE, GOAL, figures,
        dearer <= 1 and max(malformed.values()) < 0.001 and max(unknown.values()) <= 1.05
        and max(slower.values()) <= 1.5 and lost == 0,
        "Malformed: a wrong checksum, too short, or other characters, in turn. Unknown: well-formed, right checksum, each "
        "only once. Processor time under as much load as it takes (wrk, 64 connections); latency in an open loop at a "
        "quarter of the greatest rate, then as much junk again on as many connections of its own, with the stores on the "
        "server's core, so that the stores' work slows good keys down. Unknown keys are rate limited, and their connections "
        "wait, so fewer are answered than arrive. The stores' background work is subtracted.",
        {"row-05.svg": chart.bars("Good keys while junk arrives", "median latency in microseconds", {
            name: rounds.spread([each["p50"] for each in found]) for name, found in quiet.items()})},
        {**stores.versions(), "wrk": load.build.version_of("wrk")})
