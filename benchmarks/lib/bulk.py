"""Bulk issue: with Keylapse, and with Postgres alone."""

import hashlib
import http.client
import json
import itertools
import pathlib
import re
import threading
import time
import uuid

from lib import processes, rounds
from lib.processes import ROOT

BATCH = 1000


def issue(keylapse, seconds, clients=3, batch=BATCH):
    """Clients send one batch after the other: {"rate" in keys/s, "p50_ms" of a batch, "pending"}."""
    wish = {"owner": "owner-0001", "name": "key", "ttl": "P30D", "scopes": ["read", "write"]}
    body = json.dumps({"keys": [wish] * batch}).encode()
    headers = {"Authorization": f"Bearer {keylapse.admin_key}", "Content-Type": "application/json"}
    until, took, pending, failures = time.monotonic() + seconds, [], [], []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", keylapse.port, timeout=60)
        try:
            while time.monotonic() < until:
                begun = time.monotonic()
                connection.request("POST", "/v1/keys:batch", body, headers)
                answer = connection.getresponse()
                text = answer.read()
                took.append(time.monotonic() - begun)
                if answer.status != 200 or text.count(b'"key":"') != batch:
                    raise RuntimeError(f"a batch was answered with {answer.status}: {text[:300]!r}")
                pending.append(text.count(b'"enforcement":"pending"'))
        except (OSError, RuntimeError, http.client.HTTPException) as e:
            failures.append(e)
        finally:
            connection.close()

    begun = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise RuntimeError(f"bulk issue: {failures[0]}")
    return {"rate": len(took) * batch / (time.monotonic() - begun), "p50_ms": rounds.median(took) * 1000,
            "pending": sum(pending)}


def statement():
    """Keylapse's own INSERT, as a statement to prepare."""
    source = (ROOT / "src/main/java/io/keylapse/registry/KeyTable.java").read_text()
    text = re.search(r'INSERT_ISSUED = NamedSql.of\("""\n(.*?)"""', source, re.S).group(1)
    number = itertools.count(1)
    return re.sub(r"(?<!:):([A-Za-z]\w*)", lambda _: f"${next(number)}", text)


def insert_alone(stores, rows, connections, tag):
    """Rows per second of that statement on an otherwise idle Postgres."""
    types = ("uuid[], bytea[], text[], text[], text[], text[], text[], text[], text[], text[], bigint[],"
             " timestamptz")
    scripts = []
    for number in range(connections):
        script = pathlib.Path(stores.folder) / f"{tag}-{number}.sql"
        with open(script, "w") as out:
            out.write(f"PREPARE issue ({types}) AS {statement()};\n")
            for at in range(0, rows // connections, BATCH):
                out.write(f"EXECUTE issue ({_arrays(tag, number, at)}, date_trunc('milliseconds', now()));\n")
        scripts.append(script)
    begun = time.monotonic()
    threads = [threading.Thread(target=_run, args=(stores, script)) for script in scripts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    took = time.monotonic() - begun
    wanted = connections * len(range(0, rows // connections, BATCH)) * BATCH
    found = int(stores.psql(f"SELECT count(*) FROM api_key WHERE owner = '{tag}'"))
    for each in scripts:
        each.unlink()
    if found != wanted:
        raise RuntimeError(f"Postgres alone has {found:,} of {wanted:,} rows")
    return wanted / took


def _arrays(tag, number, at):
    names = [f"{tag} {number} {each}" for each in range(at, at + BATCH)]
    now = int(time.time() * 1000)
    # UUIDs of version 7, as Keylapse makes them: a timestamp and random bits.
    ids = [uuid.UUID(int=(now << 80) | (0x7 << 76) | (uuid.uuid4().int & ((1 << 76) - 1))) for _ in names]
    columns = [ids, ['"\\\\x' + hashlib.sha256(each.encode()).hexdigest() + '"' for each in names],
               ["kl_Ab3d...x9Qz"] * BATCH, [tag] * BATCH, ["key"] * BATCH, ['"read write"'] * BATCH, ['"{}"'] * BATCH,
               *[["NULL"] * BATCH] * 3, [30 * 86_400_000] * BATCH]
    return ", ".join("'{" + ",".join(map(str, each)) + "}'" for each in columns)


def _run(stores, script):
    processes.run(
        ["psql", "-Xqt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", stores.postgres_port, "-U",
         stores.postgres_user, "-d", "postgres", "-f", script],
        env={"PGPASSWORD": stores.postgres_password})
