"""Half a million keys with one deadline."""

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
GOAL = ("recorded at 0.8 of the rate at which Postgres alone takes the statements; median of checks at most twice that in"
        " quiet; memory bounded")
FULL_ONLY = False
BATCH, CHECKS = 1000, 500
MOST_SLOWER, LEAST_RATE = 2, 0.8


def run(options):
    count = options.keys // 2
    times = options.rounds if options.full else 1
    results = rounds.interleave(times, {"Keylapse": lambda: recorded(count), "Postgres": lambda: alone(count)})
    ours, bare = results["Keylapse"], rounds.spread(each["rate"] for each in results["Postgres"])
    rate = rounds.spread(each["rate"] for each in ours)
    slower = rounds.median(each["storm_us"] / each["quiet_us"] for each in ours)
    ratio = rate["median"] / bare["median"]
    return Row(
        NUMBER, TITLE, GOAL,
        {"recorded a second": rate, "by Postgres alone": bare, "ratio": ratio,
         "median of checks in quiet, us": rounds.median(each["quiet_us"] for each in ours),
         "median of checks meanwhile, us": rounds.median(each["storm_us"] for each in ours),
         "99th percentile of checks meanwhile, us": rounds.median(each["storm_p99_us"] for each in ours),
         "checks not answered with 200": sum(each["refused"] for each in ours),
         "resident memory at its highest, MiB": max(each["rss"] for each in ours),
         "of it before, MiB": rounds.median(each["rss_before"] for each in ours),
         "heap at its highest, MiB": max(each["heap"] for each in ours), "keys": count},
        ratio >= LEAST_RATE and slower <= MOST_SLOWER,
        f"The rate counts from the deadline to the last entry. Postgres alone: the same guarded statement for the same "
        f"keys, {BATCH} at a time by psql on one connection, with both cores to itself. Checks are of keys that stay "
        f"good, {CHECKS} a second. The heap may have 1 GiB.")


def recorded(count):
    """What a node does when they are due."""
    with Stores() as stores, Keylapse(stores) as keylapse:
        texts = known.fill(stores, 1000)
        lead = 20 + count // 10_000
        first = sets.insert_due(stores, count, lead, "storm")
        stores.psql("VACUUM ANALYZE api_key")
        file = load.key_file(stores, "keys", texts)
        quiet_seconds = 5
        load.wrk(keylapse.url + "/check", file, 3, [], connections=4)
        quiet = checks(stores, keylapse, file, quiet_seconds)
        before = sets.memory(keylapse.pid)["now"]
        heap, over = [0.0], threading.Event()
        watch = threading.Thread(target=watch_heap, args=(keylapse, heap, over))
        if time.time() > first:
            raise RuntimeError("they were due before all was ready")
        time.sleep(max(0, first - time.time() - 1))
        watch.start()
        storm = checks(stores, keylapse, file, 8)
        sets.await_recorded(stores, count, "storm", 300)
        over.set()
        watch.join()
        took = float(stores.psql("SELECT extract(epoch FROM max(recorded_at) - max(ended_at)) FROM blacklist"))
        entries = int(stores.psql("SELECT count(*) FROM blacklist"))
        if entries != count:
            raise RuntimeError(f"{entries:,} entries for {count:,} keys")
        refused = sum(number for status, number in storm["statuses"].items() if int(status) != 200)
        return {"rate": count / took, "quiet_us": quiet["p50"], "storm_us": storm["p50"], "storm_p99_us": storm["p99"],
                "refused": refused, "rss": sets.memory(keylapse.pid)["peak"], "rss_before": before, "heap": heap[0]}


def checks(stores, keylapse, file, seconds):
    return next(iter(load.open_loop(
        stores, keylapse.port, CHECKS, seconds, file, warm_up=1, connections=8, cpus=None).values()))


def watch_heap(keylapse, highest, over):
    while not over.wait(0.5):
        used = sum(value for name, value in keylapse.metrics().items()
                   if name.startswith("jvm_memory_used_bytes") and 'area="heap"' in name)
        highest[0] = max(highest[0], used / 2**20)


def alone(count):
    """The same statements without anybody else."""
    with Stores() as stores:
        with Keylapse(stores):
            pass
        known.fill(stores, 1000)
        sets.insert_keys(stores, count, "'storm'", "now() + interval '1 ms'", "storm")
        stores.psql("VACUUM ANALYZE api_key")
        names = stores.psql("SELECT encode(substring(digest FROM 1 FOR 16), 'hex') FROM api_key WHERE owner = 'storm'"
                            " ORDER BY id").splitlines()
        script = pathlib.Path(stores.folder) / "record.sql"
        with open(script, "w") as out:
            out.write(f"PREPARE record (bytea[], text) AS {sets.recording_statement()};\n")
            for at in range(0, count, BATCH):
                array = ",".join(f'"\\\\x{each}"' for each in names[at:at + BATCH])
                out.write(f"EXECUTE record ('{{{array}}}', 'notification');\n")
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
