"""Keys to check: some whose text is known, and others that only fill the stores."""

import hashlib
import random
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def text(seed):
    """A well-formed key, always the same for a seed."""
    body = "kl_" + "".join(random.Random(f"key {seed}").choices(DIGITS, k=30))
    rest, checksum = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        checksum = DIGITS[digit] + checksum
    return body + checksum


def digest(key):
    return hashlib.sha256(key.encode()).digest()


def owner(index):
    return f"owner-{index}"


def fill(stores, keys, known=1000, days=30):
    """Inserts active keys into Postgres directly; returns the texts of the first `known`. The schema must exist. Redis gets
    the keys with the next resync (see `filled`)."""
    texts = [text(index) for index in range(known)]
    rows = "".join(f"{index}\t\\\\x{digest(key).hex()}\n" for index, key in enumerate(texts))
    columns = ("(id, digest, owner, name, hint, scopes, metadata, state, end_reason, version, issued_at, expires_at,"
               " lifetime_ms)")
    values = (f"'key', 'kl_Ab3d...x9Qz', '{{read,write}}', '{{}}', 'active', 'expired', 1, now(),"
              f" now() + interval '{days} days', {days} * 86400000::bigint")
    stores.psql("CREATE TABLE IF NOT EXISTS benchmark_key (n int, digest bytea); TRUNCATE benchmark_key;")
    stores.psql("COPY benchmark_key FROM STDIN", rows)
    stores.psql(f"INSERT INTO api_key {columns} SELECT uuidv7(), digest, 'owner-' || n, {values} FROM benchmark_key")
    if keys > known:
        stores.psql(f"INSERT INTO api_key {columns} SELECT uuidv7(), sha256(n::text::bytea), 'owner-' || n % 1000,"
                    f" {values} FROM generate_series({known + 1}, {keys}) n")
    stores.psql("VACUUM ANALYZE api_key")
    return texts


def filled(stores, keys, known=1000, jar=None):
    """Fills both stores with that many keys, with a node that runs only for that; returns the known texts."""
    from lib import build
    from lib.keylapse import Keylapse
    build.say(f"filling the stores with {keys:,} keys")
    with Keylapse(stores, jar=jar) as keylapse:
        texts = fill(stores, keys, known)
        stores.redis("FLUSHALL")
        keylapse.await_trust()
    return texts
