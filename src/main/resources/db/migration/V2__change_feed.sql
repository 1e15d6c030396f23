-- The change feed: each key carries the position of its last change, so the feed needs no table and no purge, and who
-- reads it from any position on gets every key changed since, once, as it is now. Endings by deadline are no changes:
-- everybody can tell them by the clock.
CREATE SEQUENCE key_change;

ALTER TABLE api_key
    ADD COLUMN change     bigint NOT NULL DEFAULT nextval('key_change'),
    ADD COLUMN changed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp();

ALTER SEQUENCE key_change OWNED BY api_key.change;

CREATE UNIQUE INDEX api_key_by_change ON api_key (change);

-- As with the order of recording: whoever is about to change keys first names a position before all of its own.
CREATE FUNCTION order_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    so_far bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO so_far FROM key_change;
    -- 0x4B43 ("KC") in the upper 16 bits.
    PERFORM pg_advisory_xact_lock_shared((19267::bigint << 48) | so_far);
    RETURN NULL;
END
$$;

CREATE TRIGGER order_of_change BEFORE INSERT OR UPDATE OF change ON api_key
    FOR EACH STATEMENT EXECUTE FUNCTION order_of_change();

-- Every change up to this position is committed or will never be. Call it in a statement of its own, before the keys
-- are read. A change behind it may be visible already and is no less true; only to have seen all ends here.
CREATE FUNCTION change_horizon() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    horizon bigint;
    writing bigint;
BEGIN
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO horizon FROM key_change;
    SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO writing
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 19267
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN least(horizon, writing);
END
$$;
