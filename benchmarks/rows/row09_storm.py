"""Half a million keys with the same deadline."""

import http.client
import pathlib
import threading
import time

from lib import load, processes, rounds, sets
from lib import keys as known
from lib.keylapse import Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 9
TITLE = "500,000 keys that expire at the same instant"
GOAL = ("recorded at 0.8 or more of the rate of the same statements in Postgres alone; median of checks at most twice that in"
        " quiet phases; memory bounded")
FULL_ONLY = False
BATCH, CHECKS = 1000, 200
MAX_SLOWER, MIN_RATE = 2, 0.8


def run(options):
    count = options.keys // 2
    times = options.rounds if options.full else 1
    # The machine's speed changes within these minutes, so the peer is measured before and after.
    results = rounds.interleave(times, {
        "Postgres, before": lambda: alone(count), "Keylapse": lambda: recorded(count, options.warmup),
        "Postgres, after": lambda: alone(count)})
    ours = results["Keylapse"]
    bare = rounds.spread(each["rate"] for each in results["Postgres, before"] + results["Postgres, after"])
    rate = rounds.spread(each["rate"] for each in ours)
    slower = rounds.median(each["storm_us"] / each["quiet_us"] for each in ours)
    ratio = rate["median"] / bare["median"]
    return Row(
        NUMBER, TITLE, GOAL,
        {"recorded per second": rate, "Postgres alone": bare, "ratio": ratio,
         "median of checks in quiet phases, µs": rounds.median(each["quiet_us"] for each in ours),
         "median of checks meanwhile, µs": rounds.median(each["storm_us"] for each in ours),
         "p99 of checks meanwhile, µs": rounds.median(each["storm_p99_us"] for each in ours),
         "checks not answered with 200": sum(each["refused"] for each in ours),
         "peak resident memory, MiB": max(each["rss"] for each in ours),
         "resident memory before, MiB": rounds.median(each["rss_before"] for each in ours),
         "peak heap, MiB": max(each["heap"] for each in ours), "keys": count},
        ratio >= MIN_RATE and slower <= MAX_SLOWER,
        f"The rate counts from the deadline to the last entry. Postgres alone: the same statement that a node uses, for the "
        f"same keys, {BATCH} at a time, with psql on one connection and both cores to itself. Checks are of keys that stay "
        f"good, {CHECKS} per second. The maximum heap is 1 GiB.")


def recorded(count, warmup):
    """Measures a node when the keys expire."""
    with Stores() as stores, Keylapse(stores) as keylapse:
        texts = known.fill(stores, 1000)
        # Warm-up before the keys exist; the rest of the lead time is quiet.
        load.wrk(keylapse.url + "/check", load.key_file(stores, "keys", texts), warmup // 2, [], connections=4)
        lead = 20 + count // 8_000
        first = sets.insert_due(stores, count, lead, "storm")
        stores.psql("VACUUM ANALYZE api_key")
        quiet = Checks(keylapse, texts)
        time.sleep(5)
        quiet = quiet.end()
        before = sets.memory(keylapse.pid, forget_peak=True)["now"]
        if time.time() > first:
            raise RuntimeError("the keys expired before the measurement was ready")
        time.sleep(max(0, first - time.time()))
        storm = Checks(keylapse, texts)
        try:
            heap = most_heap_until_recorded(keylapse, count, 300)
        finally:
            storm = storm.end()
        took = float(stores.psql("SELECT extract(epoch FROM max(recorded_at) - max(ended_at)) FROM blacklist"))
        entries = int(stores.psql("SELECT count(*) FROM blacklist"))
        if entries != count:
            raise RuntimeError(f"{entries:,} entries for {count:,} keys")
        return {"rate": count / took, "quiet_us": rounds.median(quiet["us"]), "storm_us": rounds.median(storm["us"]),
                "storm_p99_us": sorted(storm["us"])[len(storm["us"]) * 99 // 100], "refused": storm["refused"],
                "rss": sets.memory(keylapse.pid)["peak"], "rss_before": before, "heap": heap}


class Checks:
    """Checks of good keys at a steady rate, with latency from the intended instant, by a client that sleeps in between:
    one that spins would take a core from those who are measured."""

    def __init__(self, keylapse, texts):
        self._keylapse, self._texts, self._over = keylapse, texts, threading.Event()
        self._found = {"us": [], "refused": 0}
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._keylapse.port, timeout=30)
        begun, number = time.monotonic(), 0
        while not self._over.is_set():
            intended = begun + number / CHECKS
            time.sleep(max(0, intended - time.monotonic()))
            try:
                connection.request("GET", "/check", headers={"X-API-Key": self._texts[number % len(self._texts)]})
                answer = connection.getresponse()
                answer.read()
                self._found["refused"] += answer.status != 200
            except (OSError, http.client.HTTPException):
                self._found["refused"] += 1
                connection.close()
            self._found["us"].append((time.monotonic() - intended) * 1e6)
            number += 1
        connection.close()

    def end(self):
        self._over.set()
        self._thread.join()
        return self._found


def most_heap_until_recorded(keylapse, count, patience):
    """
    Waits until the node has recorded so many; returns the most of its heap that was used, in MiB. Asks the node and not
    Postgres, where counting them each second took a quarter of a core from those who are measured.
    """
    heaps = []

    def all_recorded():
        found = keylapse.metrics()
        heaps.append(sum(value for name, value in found.items()
                         if name.startswith("jvm_memory_used_bytes") and 'area="heap"' in name) / 2**20)
        return sum(value for name, value in found.items()
                   if name.startswith("keylapse_expiries_recorded_total")) >= count

    processes.wait_until(all_recorded, "recording the storm", None, patience, pause=1)
    return max(heaps)


def alone(count):
    """The same statements on an otherwise idle Postgres."""
    with Stores() as stores:
        with Keylapse(stores):
            pass
        known.fill(stores, 1000)
        sets.insert_keys(stores, count, "'storm'", "now() + interval '1 ms'", "storm")
        stores.psql("VACUUM ANALYZE api_key")
        script = pathlib.Path(stores.folder) / "record.sql"
        script.write_text(f"PREPARE record (text, text) AS {sets.recording_statement(BATCH)};\n"
                          + "EXECUTE record ('PT0S', 'sweep');\n" * -(-count // BATCH))
        begun = time.monotonic()
        processes.run(
            ["psql", "-Xqt", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", stores.postgres_port,
             "-U", stores.postgres_user, "-d", "postgres", "-f", script],
            env={"PGPASSWORD": stores.postgres_password})
        took = time.monotonic() - begun
        entries = int(stores.psql("SELECT count(*) FROM blacklist"))
        if entries != count:
            raise RuntimeError(f"Postgres alone wrote {entries:,} entries for {count:,} keys")
        return {"rate": count / took}
