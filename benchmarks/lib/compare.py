"""Compares Keylapse with peers at maximum load."""

from lib import build, load, rounds


def side_by_side(options, file, servers, measure=load.wrk):
    """
    Rounds of wrk, or of another load, against each of `servers` ({name: (url, pids)}, ours first), after all are warmed up:
    {name: {"rate": [...], "cpu_us": [...], ...}}.
    """
    for name, (url, pids) in servers.items():
        build.say(f"warming {name}")
        load.warm(options.warmup, url, file, pids, measure)
    results = rounds.interleave(options.rounds, {
        name: lambda url=url, pids=pids: measure(url, file, options.seconds, pids)
        for name, (url, pids) in servers.items()})
    for name, found in results.items():
        wrong = sum(each["refused"] + each["failed"] for each in found)
        if wrong:
            raise RuntimeError(f"{name} refused or failed {wrong} requests with good keys")
    return {name: {figure: [each[figure] for each in found] for figure in found[0]}
            for name, found in results.items()}


def ratio(ours, theirs, figure="rate"):
    """The median of the rounds' ratios. Both values of a ratio are measured one after the other, on an equally fast machine."""
    return rounds.median(mine / other for mine, other in zip(ours[figure], theirs[figure]))


def idle_share(results):
    """A remark on the servers that did not use their whole core, and so could have done more; empty if all did."""
    idle = [f"{name} {rounds.median(found['busy']):.0%}" for name, found in results.items()
            if rounds.median(found["busy"]) < 0.9]
    return ("Not using up its core, so held back by the load, a store or another program: " + ", ".join(idle) + ".") \
        if idle else ""
