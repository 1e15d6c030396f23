"""Large sets of keys, inserted into Postgres directly with the rows that the service would write, and their fate."""

import hashlib
import pathlib
import re
import signal
import time

from lib import processes
from lib.processes import ROOT

KEY_COLUMNS = ("(id, digest, owner, name, hint, scopes, metadata, state, end_reason, version, issued_at, expires_at,"
               " lifetime_ms)")


def restart_postgres(stores, **settings):
    """Restarts Postgres with settings that need a restart."""
    for name, value in settings.items():
        stores.psql(f"ALTER SYSTEM SET {name} = '{value}'")
    command = stores._postgres.args
    processes.end(stores._postgres, signal.SIGINT)
    stores._postgres = processes.start(command, stores.folder / "postgres.log")
    processes.wait_until(stores._postgres_answers, "postgres", stores._postgres)
    stores.postgres_pid = int((stores.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def insert_keys(stores, count, owner, deadline, tag=""):
    """Inserts active keys. `owner` and `deadline` are SQL in which `n` counts from 0; `tag` makes their digests unique."""
    stores.psql(
        f"INSERT INTO api_key {KEY_COLUMNS} SELECT uuidv7(), sha256(('{tag}' || n)::bytea), {owner}, 'key',"
        f" 'kl_Ab3d...x9Qz', '{{read,write}}', '{{}}', 'active', 'expired', 1, date_trunc('milliseconds', now()),"
        f" {deadline}, 60000 FROM generate_series(0, {count - 1}) n")


def insert_due(stores, count, lead, tag, per_second=None):
    """Inserts keys of owner `tag`. The first expires in `lead` seconds, the others at the same instant or `per_second` a second.
    Waits until Redis has them, for which `lead` must suffice, and returns the first deadline in Unix seconds."""
    first = int(time.time()) + lead
    apart = f" + n * 1000 / {per_second} * interval '1 ms'" if per_second else ""
    insert_keys(stores, count, f"'{tag}'", f"to_timestamp({first}){apart}", tag)
    # Not by counting: Redis may still hold expired keys of an earlier set.
    names = [_redis_name(tag, n) for n in range(0, count, max(1, count // 1_000))] + [_redis_name(tag, count - 1)]
    processes.wait_until(lambda: stores.redis("EXISTS", *names) == len(names) or time.time() > first, "the feed", None, lead + 5)
    if time.time() > first:
        raise RuntimeError(f"{count:,} keys were not in Redis within {lead} s")
    return first


def _redis_name(tag, n):
    """The name in Redis of a key that insert_keys inserted."""
    return b"kl:" + hashlib.sha256(f"{tag}{n}".encode()).digest()[:16]


def await_recorded(stores, count, tag, patience):
    """Waits until the blacklist has the keys of owner `tag`. Polls rarely, so that polling costs next to nothing."""
    recorded = f"SELECT count(*) FROM blacklist WHERE owner = '{tag}'"
    processes.wait_until(lambda: int(stores.psql(recorded)) >= count, f"recording {tag}", None, patience, pause=1)


def lags(stores, tag):
    """The time from the deadline to the commit of the entry, in ms. Needs track_commit_timestamp."""
    cells = stores.psql(
        "SELECT p[1], p[2], p[3], notified FROM (SELECT percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY"
        " extract(epoch FROM pg_xact_commit_timestamp(xmin) - ended_at) * 1000) p,"
        " avg((source = 'notification')::int) notified"
        f" FROM blacklist WHERE owner = '{tag}') found").split("\t")
    return dict(zip(("p50_ms", "p99_ms", "max_ms", "notified"), map(float, cells)))


def expire(stores, rate, seconds, tag, lead=10):
    """Lets `per_second` keys expire each second, and returns how late they were recorded."""
    count = int(rate * seconds)
    first = insert_due(stores, count, lead, tag, rate)
    time.sleep(max(0, first + seconds - time.time()))
    await_recorded(stores, count, tag, 120)
    return lags(stores, tag)


def flush_ms(stores):
    """The mean time of a flush of Postgres's log to disk, in ms, which the commit timestamp does not include."""
    found = stores.psql("SELECT sum(fsync_time) / nullif(sum(fsyncs), 0) FROM pg_stat_io WHERE object = 'wal'"
                        " AND context = 'normal'")
    return float(found or 0)


def recording_statement(batch):
    """Keylapse's own statement that records expiries; $1 is how long they are overdue, $2 the source."""
    source = (ROOT / "src/main/java/io/keylapse/registry/ending/BlacklistTable.java").read_text()
    statement = re.search(r'RECORD = """\n(.*?)"""', source, re.S).group(1)
    condition = re.search(r'RECORD_OVERDUE =\s+RECORD.replace\("%s", "(.*?)" \+ BATCH\)', source).group(1)
    return statement.replace("%s", f"{condition}{batch}").replace("?", "$1", 1).replace("?", "$2", 1)


def memory(pid, forget_peak=False):
    """Current and peak resident memory of a process, in MiB. `forget_peak` resets the peak first."""
    if forget_peak:
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"{field}:\s+(\d+)", text).group(1)) / 1024
            for name, field in (("now", "VmRSS"), ("peak", "VmHWM"))}
