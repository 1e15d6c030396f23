"""The time from a node's start to its first check."""

import http.client
import time

from lib import build, chart, processes, rounds
from lib.keylapse import MODEST_COMPILER, Keylapse
from lib.processes import WORK
from lib.report import Row

NUMBER = 12
TITLE = "From start to the first accepted check, stores already running"
GOAL = "at most 1.5 s"
FULL_ONLY = False

BOUND = 1.5
CACHE = WORK / "keylapse.aot"


def server_jar():
    """The jar without embedded servers, as in the image."""
    return build.jar().with_name("keylapse-server.jar")


def first_good_check(stores, key, jvm=()):
    """Starts a node, checks a key until it is accepted, and stops the node; returns the seconds from start to acceptance."""
    with Keylapse(stores, jvm=jvm, heap=False, jar=server_jar(), wait=False) as keylapse:
        def accepted():
            connection = http.client.HTTPConnection("127.0.0.1", keylapse.port, timeout=5)
            try:
                connection.request("GET", "/check", headers={"X-API-Key": key})
                return connection.getresponse().status == 200
            except http.client.HTTPException:
                return False
            finally:
                connection.close()
        processes.wait_until(accepted, "first good check", keylapse.process, pause=0.005)
        return time.monotonic() - keylapse.begun


def train(stores):
    """Runs a node once, as scripts/train-aot-cache does for the image; the JVM writes the cache when it exits."""
    build.say("training run for the AOT cache")
    CACHE.unlink(missing_ok=True)
    with Keylapse(stores, jvm=[f"-XX:AOTCacheOutput={CACHE}"], heap=False, jar=server_jar()) as keylapse:
        keylapse.process.terminate()
        keylapse.process.wait(120)
    if not CACHE.exists():
        raise RuntimeError("the JVM wrote no AOT cache")
    return CACHE.stat().st_size


def run(options):
    stores, texts = options.filled()
    stores.pin("0,1")
    try:
        size = train(stores)
        first_good_check(stores, texts[0])
        results = rounds.interleave(options.rounds, {
            "java -jar": lambda: first_good_check(stores, texts[0]),
            "with an AOT cache": lambda: first_good_check(
                stores, texts[0], [f"-XX:AOTCache={CACHE}", *MODEST_COMPILER])})
    finally:
        stores.pin("1")
    spreads = {name: rounds.spread(found) for name, found in results.items()}
    return Row(
        NUMBER, TITLE, GOAL,
        {"with an AOT cache, as in the image, s": spreads["with an AOT cache"],
         "java -jar keylapse-server.jar, s": spreads["java -jar"], "AOT cache, MB": size / 1e6},
        spreads["with an AOT cache"]["median"] <= BOUND,
        "Checked every 5 ms on both cores, which the stores share; Redis is filled. The AOT cache is JDK 25's: one training "
        "run with -XX:AOTCacheOutput, as for the image, then -XX:AOTCache and a compiler of low priority. The goal applies to it.",
        {"row-12.svg": chart.bars("From start to the first good check", "seconds", spreads)},
        stores.versions())
