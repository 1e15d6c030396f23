-- Who changed what, and who was refused. A change is recorded in its own transaction. Ids sort by time, so an index on
-- (column, id) is in the order of the pages.
CREATE TABLE audit (
    id         uuid PRIMARY KEY,
    at         timestamptz(3) NOT NULL,
    -- How many keys or refused calls the row stands for.
    count      integer NOT NULL CHECK (count >= 1),
    -- The public id of who acted, and the name at that time, which outlives the management key. Null for strangers.
    actor      text,
    actor_name text,
    action     text NOT NULL,
    target     text,
    -- The names of the fields that were changed, never their values.
    changes    text[] NOT NULL CHECK (array_position(changes, NULL) IS NULL),
    outcome    text NOT NULL CHECK (outcome IN ('done', 'refused')),
    code       text CHECK ((outcome = 'refused') = (code IS NOT NULL)),
    address    text,
    request_id text
);

CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_target ON audit (target, id);
CREATE INDEX audit_refused ON audit (outcome, id) WHERE outcome = 'refused';

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A row of refused calls counts further calls of the same minute.
    IF TG_OP = 'UPDATE' AND OLD.outcome = 'refused' AND NEW.count > OLD.count THEN
        OLD.count := NEW.count;
        OLD.code := NEW.code;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    -- Set by the task that removes rows past the retention time.
    IF TG_OP = 'DELETE' AND current_setting('keylapse.audit_retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit is append-only';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- The names of all management keys, also of deleted ones, so that records can name who acted.
CREATE TABLE management_key_name (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);

-- By a trigger, because nodes of older versions also create management keys.
CREATE FUNCTION keep_management_key_name() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO management_key_name (id, name) VALUES (NEW.id, NEW.name) ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
END
$$;

-- When data alone is restored, the other trigger has inserted the names already.
CREATE FUNCTION skip_known_name() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT FROM management_key_name WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER skip_known BEFORE INSERT ON management_key_name
    FOR EACH ROW EXECUTE FUNCTION skip_known_name();

SET LOCAL lock_timeout = '60s';
CREATE TRIGGER keep_name AFTER INSERT ON management_key
    FOR EACH ROW EXECUTE FUNCTION keep_management_key_name();

INSERT INTO management_key_name (id, name) SELECT id, name FROM management_key;

-- To the minute; see LastUses.
ALTER TABLE management_key ADD COLUMN last_used_at timestamptz(3);
