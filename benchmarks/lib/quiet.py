"""
Detects slow cores. On a shared machine, a core may run at half its speed for seconds or minutes although this machine does
nothing on it, and no counter of the kernel shows that.
"""

import os
import time

from lib.build import say

# A core is slow if a fixed piece of work takes this many times its minimum; slow cores took at least 1.7 times.
SLOW = 1.3
# Seconds of waiting in a whole run, so that it ends within half an hour.
PATIENCE = 100

_best = float("inf")
_left = 0.0
_unquiet = _again = 0


def be_patient(seconds):
    """Adds seconds to the time that may be spent on waiting and on repeated measurements."""
    global _left
    _left += seconds


def wait():
    """Waits, as long as there is time left, until no core is slow; returns whether that is so."""
    global _left
    begun = time.monotonic()
    while not (quiet := is_quiet()) and time.monotonic() - begun < _left:
        time.sleep(0.2)
    waited = time.monotonic() - begun
    _left = max(0.0, _left - waited)
    if waited > 2:
        say(f"a core was slow for {waited:.0f} s")
    return quiet


def measured(what):
    """
    The result of `what()`. If a core was slow before or after, the measurement is repeated, whatever its result, as long as there
    is time left; after that it is kept and counted.
    """
    global _left, _again, _unquiet
    while True:
        quiet_before = wait()
        begun = time.monotonic()
        result = what()
        if quiet_before and is_quiet():
            return result
        took = time.monotonic() - begun
        if took > _left:
            _unquiet += 1
            return result
        _left -= took
        _again += 1


def remark():
    """A remark on repeated and kept measurements since the last call; empty if there were none."""
    global _again, _unquiet
    words = []
    if _again:
        words.append(f"Repeated because a core was slow before or after: {_again}.")
    if _unquiet:
        words.append(f"Kept although a core was slow: {_unquiet}.")
    _again = _unquiet = 0
    return " ".join(words)


def is_quiet():
    """Whether each core is about as fast as the fastest was in this run."""
    global _best
    allowed = os.sched_getaffinity(0)
    try:
        took = [_fastest(core) for core in allowed]
    finally:
        os.sched_setaffinity(0, allowed)
    _best = min(_best, *took)
    return max(took) < SLOW * _best


def _fastest(core):
    """The minimum of some very short runs, so that short interruptions do not count."""
    os.sched_setaffinity(0, {core})
    return min(_run() for _ in range(5))


def _run():
    begun, total = time.perf_counter(), 0
    for each in range(100_000):
        total += each
    return time.perf_counter() - begun
