"""Pages and exports of a large blacklist."""

import base64
import http.client
import re
import time
import urllib.parse

from lib import build, rounds, sets
from lib.keylapse import Keylapse
from lib.report import Row
from lib.stores import Stores

NUMBER = 10
TITLE = "A blacklist of 1,000,000 entries (10,000,000 with --full)"
GOAL = "at most 20 ms of database time for any page of any filter; exports of 200,000 rows/s in constant memory"
FULL_ONLY = False
MAX_MS, MIN_ROWS, LIMIT = 20, 200_000, 50
GROWTH_MIB = 128


def run(options):
    entries = options.keys * (10 if options.full else 1)
    with Stores() as stores:
        with Keylapse(stores):
            pass
        fill(stores, entries)
        with Keylapse(stores, heap=False, jvm=["-Xmx512m", "-XX:+UseSerialGC"]) as keylapse:
            stores.psql("ALTER SYSTEM SET log_min_duration_statement = 0")
            stores.psql("SELECT pg_reload_conf()")
            time.sleep(1)
            pages = [page_ms(stores, keylapse, query) for query in queries(entries)]
            stores.psql("ALTER SYSTEM RESET log_min_duration_statement")
            stores.psql("SELECT pg_reload_conf()")
            time.sleep(1)
            slowest = max(pages, key=lambda page: page[0])
            build.say("a warm-up export, for the JVM to compile the code")
            export(keylapse, "/v1/blacklist")
            before = sets.memory(keylapse.pid, forget_peak=True)["now"]
            exports = [export(keylapse, "/v1/blacklist") for _ in range(1 if options.full else options.rounds)]
            after = sets.memory(keylapse.pid)["peak"]
            recorded = export(keylapse, "/v1/blacklist?order=recorded")
        if any(each["rows"] != entries for each in [*exports, recorded]):
            raise RuntimeError(f"an export of {entries:,} entries had {[each['rows'] for each in exports]}")
        rate = rounds.spread(each["rate"] for each in exports)
        return Row(
            NUMBER, TITLE, GOAL,
            {"entries": entries, "pages requested": len(pages), "slowest page, ms": slowest[0],
             "median page, ms": rounds.median(each[0] for each in pages), "the slowest": slowest[1] or "(all)",
             "rows/s of an export": rate, "in the order of recording": recorded["rate"],
             "resident memory before, MiB": before, "peak resident memory, MiB": after},
            slowest[0] <= MAX_MS and rate["median"] >= MIN_ROWS and after - before <= GROWTH_MIB,
            f"Database time is what Postgres logs for all statements of a page of {LIMIT}, the median of three requests. "
            "Filters are all combinations of owner (one with 40% of all, one with 0.01%, nobody), reason, key and range, in"
            " both orders, at the start, in the middle and near the end. An export is read as NDJSON by a client on the "
            f"same machine, after one warm-up export. Memory counts as constant if it grows by at most {GROWTH_MIB} MiB; the"
            " maximum heap is 512 MiB, which may fill before it is collected.",
            versions=stores.versions())


def fill(stores, entries):
    """One ending per second, with an uneven distribution of reasons and owners; one in a hundred recorded a day late."""
    build.say(f"writing {entries:,} entries")
    kept = stores.psql("SELECT indexdef FROM pg_indexes WHERE tablename = 'blacklist' AND indexname LIKE '%\\_by\\_%'")
    drop = stores.psql("SELECT 'DROP INDEX ' || indexname FROM pg_indexes WHERE tablename = 'blacklist'"
                       " AND indexname LIKE '%\\_by\\_%'")
    stores.psql(
        "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB';"
        + drop.replace("\n", ";") + ";"
        "INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, recorded_at, source, position)"
        " SELECT (lpad(to_hex(i), 12, '0') || '70008' || substr(md5(i::text), 1, 15))::uuid, 1,"
        " CASE WHEN i % 5 < 2 THEN 'large' ELSE 'small-' || (hashint4(i) & 8191) END, 'name', 'kl_Ab3d...x9Qz',"
        " CASE WHEN i % 10000 = 5000 THEN 'rotated' WHEN i % 10 = 3 THEN 'revoked' ELSE 'expired' END,"
        " timestamptz '2020-01-01 00:00Z' + interval '1 second' * (CASE WHEN i % 100 = 17 THEN i - 86400 ELSE i END),"
        " timestamptz '2020-01-01 00:00Z' + i * interval '1 second' + interval '10 ms', 'notification', i"
        f" FROM generate_series(1, {entries}) i;"
        f"SELECT setval('blacklist_position', {entries});" + kept.replace("\n", ";") + ";")
    stores.psql("VACUUM ANALYZE blacklist")


def queries(entries):
    """Query strings of pages."""
    def at(number):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1577836800 + number))
    # i % 5 < 2 is the large owner, and hashint4 spreads the others.
    ranges = [{}, {"from": at(entries // 4)}, {"to": at(entries // 4)}, {"from": at(entries // 2), "to": at(entries // 2 + 100)},
              {"from": at(entries)}, {"to": at(100)}]
    for order in ("ended", "recorded"):
        for owner in (None, "large", "small-77", "nobody"):
            for reason in (None, "expired", "revoked", "rotated"):
                for limits in ranges:
                    for middle in (None, entries // 2, entries - 20 if order == "recorded" else 20):
                        given = {"order": order, "owner": owner, "reason": reason, **limits,
                                 "cursor": cursor(order, middle, at), "limit": LIMIT}
                        yield urllib.parse.urlencode({name: value for name, value in given.items() if value is not None})


def cursor(order, at, instant):
    """A position in the list, as a cursor of the service."""
    if at is None:
        return None
    if order == "recorded":
        return encoded("r", at)
    id = f"{at:012x}"
    return encoded("e", instant(at), f"{id[:8]}-{id[8:]}-7000-8000-000000000000", 1)


def encoded(*parts):
    return base64.urlsafe_b64encode("~".join(map(str, parts)).encode()).decode().rstrip("=")


def page_ms(stores, keylapse, query):
    """Database time of a page, all statements together, from Postgres's log; the median of three requests."""
    log = stores.folder / "postgres.log"
    found = []
    for _ in range(3):
        start = log.stat().st_size
        answer = keylapse.call("GET", "/v1/blacklist?" + query)
        if answer.status != 200:
            raise RuntimeError(f"{query}: {answer.status} {answer.body[:300]!r}")
        with open(log, "rb") as source:
            source.seek(start)
            lines = source.read().decode(errors="replace").splitlines()
        found.append(sum(
            float(match.group(1)) for match in map(
                lambda line: re.search(r"duration: ([\d.]+) ms +(?:parse|bind|execute) [^:]*: (.*)", line), lines)
            if match and "blacklist" in match.group(2) and "INSERT" not in match.group(2)))
    return rounds.median(found), query


def export(keylapse, path):
    """Reads a whole export and discards it."""
    connection = http.client.HTTPConnection("127.0.0.1", keylapse.port, timeout=120)
    try:
        begun, rows = time.monotonic(), 0
        connection.request("GET", path, headers={
            "Authorization": f"Bearer {keylapse.admin_key}", "Accept": "application/x-ndjson"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        while chunk := answer.read(1 << 18):
            rows += chunk.count(b"\n")
        return {"rows": rows, "rate": rows / (time.monotonic() - begun)}
    finally:
        connection.close()
