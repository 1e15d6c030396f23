"""Alternating rounds of measurements, and their statistics."""

import os
import pathlib
import statistics

from lib import quiet
from lib.build import say

TICKS = os.sysconf("SC_CLK_TCK")


def median(values):
    return statistics.median(values)


def spread(values):
    """The median, minimum and maximum of the values."""
    values = list(values)
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": len(values)}


def cpu_seconds(*pids):
    """Processor time, user and system, of these processes and their ended children."""
    ticks = 0
    for pid in pids:
        fields = _stat(pid)
        ticks += sum(int(each) for each in fields[11:15])
    return ticks / TICKS


def scheduled(pid):
    """By thread: seconds on a core, and seconds in which it was ready to run and had to wait for one."""
    found = {}
    for thread in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            ran, waited, _ = map(int, (thread / "schedstat").read_text().split())
            found[thread.name] = (ran / 1e9, waited / 1e9)
        except OSError:
            pass  # It has ended.
    return found


def busiest(before, after):
    """What scheduled() says of the thread that ran most between two calls: seconds on a core, and seconds of waiting."""
    return max((ran - before.get(thread, (0, 0))[0], waited - before.get(thread, (0, 0))[1])
               for thread, (ran, waited) in after.items())


def with_children(pid):
    """The ids of a process and of all its descendants."""
    parents = {}
    for each in pathlib.Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                parents.setdefault(int(_stat(each.name)[1]), []).append(int(each.name))
            except OSError:
                pass
    found, at = [pid], 0
    while at < len(found):
        found.extend(parents.get(found[at], []))
        at += 1
    return found


def _stat(pid):
    """The fields after the program's name: state, parent, and so on."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()


def interleave(rounds, named, progress=True):
    """Calls each in turn, for a number of rounds: {name: [result of each round]}. Every other round runs in reverse order, so
    that none always follows the same one. Measurements on a slow core are repeated; see quiet."""
    results = {name: [] for name in named}
    for number in range(rounds):
        order = list(named) if number % 2 == 0 else list(reversed(named))
        for name in order:
            result = quiet.measured(named[name])
            results[name].append(result)
            if progress:
                say(f"round {number + 1}/{rounds}  {name}: {_brief(result)}")
    return results


def _brief(result):
    if isinstance(result, dict):
        return ", ".join(f"{key} {_brief(value)}" for key, value in result.items() if not isinstance(value, (dict, list)))
    return f"{result:,.4g}" if isinstance(result, float) else str(result)
