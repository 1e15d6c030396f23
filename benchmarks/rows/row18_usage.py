"""What the recording of uses costs a check: rows 1 and 6 with it and without it."""

from lib import compare, load, rounds
from lib.keylapse import ONE_EVENT_LOOP, Keylapse
from lib.report import Row
from rows import row06_from_memory

NUMBER = 18
TITLE = "Rows 1 and 6 with usage recording, compared with the same without it"
GOAL = "within noise: at least 0.97 of the checks/s in at least 10 pairs"
FULL_ONLY = True

ENOUGH, PAIRS = 0.97, 10
SETTINGS = {"with recording": "true", "without": "false"}
# A JVM does not compile the same code equally well each time.
STARTS = 2


def run(options):
    network, versions = over_http(options)
    memory = in_memory(2 * options.rounds)
    pairs = {"over HTTP": network["rate"], "inside the JVM": memory}
    figures, enough = {}, []
    for where, found in pairs.items():
        ratios = [mine / other for mine, other in zip(found["with recording"], found["without"])]
        for name in SETTINGS:
            figures[f"{where}, checks/s {name}"] = rounds.spread(found[name])
        figures[f"{where}, ratio"] = rounds.spread(ratios)
        enough.append(len(ratios) >= PAIRS)
    figures["over HTTP, ratio of processor time"] = rounds.spread(
        mine / other for mine, other in zip(*(network["cpu_us"][name] for name in SETTINGS)))
    figures["pairs"] = min(len(found["without"]) for found in pairs.values())
    return Row(
        NUMBER, TITLE, GOAL, figures,
        all(figures[f"{where}, ratio"]["median"] >= ENOUGH for where in pairs) if all(enough) else None,
        f"The median of the pairs' ratios. Over HTTP: as row 1, two nodes on the same stores that take turns, started {STARTS} times. "
        "Inside the JVM: as row 6, valid keys alone, with a new JVM for each measurement. With fewer pairs the row is not judged.",
        versions={**versions, "JMH": row06_from_memory.JMH})


def over_http(options):
    """Figures of all pairs: {"rate": {"with recording": [...], ...}, "cpu_us": ...}."""
    stores, texts = options.filled()
    file = load.key_file(stores, "good", texts)
    found = {figure: {name: [] for name in SETTINGS} for figure in ("rate", "cpu_us")}
    for _ in range(STARTS):
        with Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP, env={"KEYLAPSE_USAGE_ENABLED": "true"}) as on, \
                Keylapse(stores, cpus=load.SERVER, jvm=ONE_EVENT_LOOP, env={"KEYLAPSE_USAGE_ENABLED": "false"}) as off:
            results = compare.side_by_side(options, file, {
                name: (node.url, node.pids()) for name, node in zip(SETTINGS, (on, off))})
        for figure, each in found.items():
            for name in SETTINGS:
                each[name].extend(results[name][figure])
    return found, {**stores.versions(), "wrk": load.build.version_of("wrk")}


def in_memory(pairs):
    """Checks per second of each JVM: {"with recording": [...], "without": [...]}."""
    row06_from_memory.compile_benchmark()

    def once(setting):
        measured = row06_from_memory.measure("CheckFromMemory.good", 3, "-p", f"usage={setting}")["good"]
        return rounds.median(measured["primaryMetric"]["rawData"][0])
    return rounds.interleave(pairs, {name: lambda setting=setting: once(setting) for name, setting in SETTINGS.items()})
