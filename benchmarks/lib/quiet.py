"""
Whether both cores are as fast as they can be. On a machine that is shared, one of them may run at half its speed for
seconds or minutes, with nothing of ours on it, and no counter of the kernel tells.
"""

import os
import time

from lib.build import say

# Times the shortest that the same piece of work ever took; when slow it was seen to take 1.7 times and more.
SLOW = 1.3
# Seconds of a whole run, so that it ends within half an hour.
PATIENCE = 100

_best = float("inf")
_left = 0.0
_unquiet = _again = 0


def be_patient(seconds):
    """Allows so many seconds more, beside what is left, to be spent on waiting and on measuring again."""
    global _left
    _left += seconds


def wait():
    """Whether no core is slow, which is waited for until all patience is spent."""
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
    The result of `what()`. When a core was slow before or after, it is taken again, whatever it was, as long as there
    is patience, and counted among those that stand all the same when there is none.
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


def told():
    """What has come of it since the last call, in words; empty when there was nothing."""
    global _again, _unquiet
    words = []
    if _again:
        words.append(f"Taken again because a core had been slow before or after: {_again}.")
    if _unquiet:
        words.append(f"Standing although a core was slow then: {_unquiet}.")
    _again = _unquiet = 0
    return " ".join(words)


def is_quiet():
    """Whether each core is about as fast as the faster one ever was in this run."""
    global _best
    allowed = os.sched_getaffinity(0)
    try:
        took = [_fastest(core) for core in allowed]
    finally:
        os.sched_setaffinity(0, allowed)
    _best = min(_best, *took)
    return max(took) < SLOW * _best


def _fastest(core):
    """Of some very short runs, so that whoever else has a little to do on this core does not count."""
    os.sched_setaffinity(0, {core})
    return min(_run() for _ in range(5))


def _run():
    begun, total = time.perf_counter(), 0
    for each in range(100_000):
        total += each
    return time.perf_counter() - begun
