"""Rows that set Keylapse beside peers under as much load as they take."""

from lib import build, load, rounds


def side_by_side(options, file, servers):
    """
    Rounds of wrk against each of `servers` ({name: (url, pids)}, ours first), after all got warm:
    {name: {"rate": [...], "cpu_us": [...], ...}}.
    """
    for name, (url, pids) in servers.items():
        build.say(f"warming {name}")
        load.warm(options.warmup, url, file, pids)
    results = rounds.interleave(options.rounds, {
        name: lambda url=url, pids=pids: load.wrk(url, file, options.seconds, pids)
        for name, (url, pids) in servers.items()})
    for name, found in results.items():
        wrong = sum(each["refused"] + each["failed"] for each in found)
        if wrong:
            raise RuntimeError(f"{name} refused or failed {wrong} requests with good keys")
    return {name: {figure: [each[figure] for each in found] for figure in found[0]}
            for name, found in results.items()}


def ratio(ours, theirs, figure="rate"):
    """The median of the rounds' ratios: neighbours in time, for whom a noisy machine was as fast or as slow."""
    return rounds.median(mine / other for mine, other in zip(ours[figure], theirs[figure]))


def idle_share(results):
    """A remark on those who did not use their core up, and so could have done more; empty when all did."""
    idle = [f"{name} {rounds.median(found['busy']):.0%}" for name, found in results.items()
            if rounds.median(found["busy"]) < 0.9]
    return ("Not using up its core, so held back by the load, a store or another program: " + ", ".join(idle) + ".") \
        if idle else ""
