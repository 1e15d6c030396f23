-- Instants are whole milliseconds, which the type timestamptz(3) keeps by itself: Redis and JSON know no finer ones.

CREATE TABLE management_key (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    role       text NOT NULL CHECK (role IN ('admin', 'issuer', 'auditor', 'check')),
    digest     bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    hint       text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3) CHECK (expires_at > created_at)
);

-- The source of record: every key ever issued, and what it is now.
CREATE TABLE api_key (
    id             uuid PRIMARY KEY,
    digest         bytea NOT NULL CHECK (octet_length(digest) = 32),
    owner          text NOT NULL CHECK (char_length(owner) BETWEEN 1 AND 200),
    name           text NOT NULL CHECK (char_length(name) <= 200),
    hint           text NOT NULL,
    scopes         text[] NOT NULL CHECK (array_position(scopes, NULL) IS NULL),
    metadata       json NOT NULL CHECK (json_typeof(metadata) = 'object'),
    contact_email  text,
    state          text NOT NULL CHECK (state IN ('active', 'expired', 'revoked', 'rotated')),
    -- What reaching expires_at will mean: the key's own deadline, or the end of the grace that a rotation left it.
    end_reason     text NOT NULL CHECK (end_reason IN ('expired', 'rotated')),
    version        integer NOT NULL CHECK (version >= 1),
    issued_at      timestamptz(3) NOT NULL,
    expires_at     timestamptz(3) CHECK (expires_at >= issued_at),
    ended_at       timestamptz(3) CHECK (ended_at >= issued_at),
    -- How long the key was issued for, in ms; a successor gets as long.
    lifetime_ms    bigint CHECK (lifetime_ms > 0),
    predecessor_id uuid UNIQUE REFERENCES api_key,
    successor_id   uuid UNIQUE REFERENCES api_key,
    CHECK ((state = 'active') = (ended_at IS NULL)),
    CHECK (state <> 'expired' OR (end_reason = 'expired' AND ended_at IS NOT DISTINCT FROM expires_at)),
    CHECK (end_reason = 'expired' OR (successor_id IS NOT NULL AND expires_at IS NOT NULL)),
    CHECK (state <> 'rotated' OR end_reason = 'rotated')
);

-- A key's name in Redis and in its expiry events is the first half of its digest. One index serves both look-ups, and
-- being unique makes the whole digest so.
CREATE UNIQUE INDEX api_key_by_digest ON api_key (substring(digest FROM 1 FOR 16));

-- "Newest first" is the primary key, whose ids sort by time of issue.
CREATE INDEX api_key_by_state ON api_key (state, id);
CREATE INDEX api_key_by_owner ON api_key (owner, state, id);
CREATE INDEX api_key_by_deadline ON api_key (expires_at, id) WHERE state = 'active';
CREATE INDEX api_key_by_owner_and_deadline ON api_key (owner, expires_at, id) WHERE state = 'active';

CREATE SEQUENCE blacklist_position;

-- The history of endings, one row each. It copies what it tells of the key, so that it needs no join and outlives it.
CREATE TABLE blacklist (
    key_id        uuid NOT NULL,
    version       integer NOT NULL,
    owner         text NOT NULL,
    name          text NOT NULL,
    hint          text NOT NULL,
    reason        text NOT NULL CHECK (reason IN ('expired', 'revoked', 'rotated')),
    detail        text,
    ended_by      uuid,
    ended_at      timestamptz(3) NOT NULL,
    recorded_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    source        text NOT NULL CHECK (source IN ('notification', 'sweep', 'request')),
    reinstated_at timestamptz(3) CHECK (reason = 'expired' OR reinstated_at IS NULL),
    -- Rows in the order of recording; see order_of_recording().
    position      bigint NOT NULL DEFAULT nextval('blacklist_position'),
    PRIMARY KEY (key_id, version)
);

ALTER SEQUENCE blacklist_position OWNED BY blacklist.position;

-- Without a reason, a page is merged from one ordered scan for each of the three.
CREATE INDEX blacklist_by_end ON blacklist (reason, ended_at, key_id, version);
CREATE INDEX blacklist_by_owner_and_end ON blacklist (owner, reason, ended_at, key_id, version);

-- In the order of recording a scan may have to pass many entries whose end is out of the range asked for. It passes them
-- within these indexes, without a look at the rows. The end is in an expression, so that it serves only those who ask for
-- it in the same words: asked for ended_at, Postgres might take blacklist_by_end and sort all it finds.
CREATE INDEX blacklist_by_position ON blacklist (reason, position, (ended_at AT TIME ZONE 'UTC'));
CREATE INDEX blacklist_by_owner_and_position ON blacklist (owner, reason, position, (ended_at AT TIME ZONE 'UTC'));

-- And it need not even come to a stretch of 2^14 positions in which no entry ended in the range.
CREATE INDEX blacklist_by_stretch ON blacklist ((position >> 14), ended_at);

CREATE FUNCTION blacklist_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.reinstated_at IS NULL AND NEW.reinstated_at IS NOT NULL THEN
        OLD.reinstated_at := NEW.reinstated_at;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the blacklist is append-only, but that reinstated_at may be set once';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON blacklist
    FOR EACH ROW EXECUTE FUNCTION blacklist_is_append_only();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON blacklist
    FOR EACH STATEMENT EXECUTE FUNCTION blacklist_is_append_only();

-- Who reads in the order of recording must not pass a row that a slower transaction has yet to commit. So every
-- transaction that writes here first holds a shared advisory lock that names a position before all of its own, and a
-- reader goes no further than the least position so named (blacklist_horizon). Writers never wait for each other, and
-- no transaction but a writer of this table can hold readers back.
CREATE FUNCTION order_of_recording() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    so_far bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO so_far FROM blacklist_position;
    -- 0x4B4C ("KL") in the upper 16 bits keeps clear of other users of advisory locks; the position has the other 48.
    PERFORM pg_advisory_xact_lock_shared((19276::bigint << 48) | so_far);
    RETURN NULL;
END
$$;

CREATE TRIGGER order_of_recording BEFORE INSERT ON blacklist
    FOR EACH STATEMENT EXECUTE FUNCTION order_of_recording();

-- Every row up to this position is committed or will never be. Call it in a statement of its own, before the rows are
-- read: the sequence is looked at before the locks, so a writer that is not seen yet gets a position beyond.
CREATE FUNCTION blacklist_horizon() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    horizon bigint;
    writing bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO horizon FROM blacklist_position;
    SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO writing
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 19276
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN least(horizon, writing);
END
$$;

CREATE TABLE idempotency_key (
    management_key_id uuid NOT NULL,
    key               text NOT NULL,
    request_hash      bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    key_id            uuid NOT NULL REFERENCES api_key ON DELETE CASCADE,
    created_at        timestamptz(3) NOT NULL,
    PRIMARY KEY (management_key_id, key)
);

CREATE INDEX idempotency_key_by_age ON idempotency_key (created_at);
