-- What owners are told of their keys, and whether it reached them.

-- No checks on these two: to prove them, Postgres would read all keys while nobody else can.

ALTER TABLE api_key
    -- In which the owner reads, as BCP 47 has it.
    ADD COLUMN contact_language text,
    -- When before its deadline the owner of this key is told, in ms; null for the usual times.
    ADD COLUMN lead_times_ms    bigint[];

-- Somewhere that is called when something is to be told.
CREATE TABLE webhook (
    id               uuid PRIMARY KEY,
    url              text NOT NULL,
    description      text NOT NULL,
    -- Which kinds of notices, and of whose keys; empty for all.
    kinds            text[] NOT NULL,
    owners           text[] NOT NULL,
    -- Encrypted; see SecretBox. The former one signs as well until its time is over.
    secret           bytea NOT NULL,
    former_secret    bytea,
    former_until     timestamptz(3),
    created_at       timestamptz(3) NOT NULL,
    disabled_at      timestamptz(3),
    disabled_because text,
    -- Kept, because deliveries name it; its secrets are not.
    deleted_at       timestamptz(3),
    CHECK ((former_secret IS NULL) = (former_until IS NULL)),
    CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
);

-- Something to tell. What a person decides is written by whoever carries it out, in the same transaction; what the clock
-- brings is written by whoever finds it due. Like the blacklist, it copies what it tells of the key.
CREATE TABLE notice (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('expiring', 'expired', 'revoked', 'rotated', 'renewed')),
    key_id       uuid NOT NULL,
    version      integer NOT NULL,
    owner        text NOT NULL,
    name         text NOT NULL,
    hint         text NOT NULL,
    email        text,
    language     text,
    expires_at   timestamptz(3),
    lead_ms      bigint CHECK ((lead_ms IS NOT NULL) = (kind = 'expiring')),
    successor_id uuid,
    detail       text,
    -- When it should have been told.
    due_at       timestamptz(3) NOT NULL,
    written_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    -- When it was decided whom it goes to.
    routed_at    timestamptz(3)
);

CREATE INDEX notice_by_key ON notice (key_id, id);
CREATE INDEX notice_by_owner ON notice (owner, id);
CREATE INDEX notice_by_kind ON notice (kind, id);
CREATE INDEX notice_to_route ON notice (id) WHERE routed_at IS NULL;

-- A notice on its way to one receiver.
CREATE TABLE delivery (
    id              uuid PRIMARY KEY,
    notice_id       uuid NOT NULL REFERENCES notice,
    channel         text NOT NULL CHECK (channel IN ('webhook', 'email')),
    webhook_id      uuid REFERENCES webhook,
    -- The URL or the address, as it was when the notice was routed.
    target          text NOT NULL,
    state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead', 'cancelled')),
    attempts        integer NOT NULL DEFAULT 0,
    -- How many attempts had been made when it was last given up: the pauses are counted from there.
    given_up_after  integer NOT NULL DEFAULT 0,
    -- While an attempt is under way, when it counts as lost.
    next_attempt_at timestamptz(3),
    ended_at        timestamptz(3),
    CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
    CHECK ((state = 'pending') = (ended_at IS NULL))
);

CREATE INDEX delivery_by_notice ON delivery (notice_id);
CREATE INDEX delivery_by_state ON delivery (state, id);
CREATE INDEX delivery_by_webhook ON delivery (webhook_id, state, id);
CREATE INDEX delivery_due ON delivery (webhook_id, next_attempt_at) WHERE state = 'pending' AND channel = 'webhook';
CREATE INDEX delivery_of_mail_due ON delivery (next_attempt_at) WHERE state = 'pending' AND channel = 'email';

CREATE TABLE delivery_attempt (
    delivery_id uuid NOT NULL REFERENCES delivery ON DELETE CASCADE,
    number      integer NOT NULL,
    begun_at    timestamptz(3) NOT NULL,
    took_ms     integer NOT NULL,
    status      integer,
    outcome     text NOT NULL,
    response    text,
    PRIMARY KEY (delivery_id, number)
);

-- How far the deadlines have been looked through for each time before them at which owners are told. Such a time needs
-- nothing to be kept with each key: what comes into its view between one look and the next is due.
CREATE TABLE notice_lead (
    lead_ms    bigint PRIMARY KEY CHECK (lead_ms > 0),
    reached_at timestamptz(3) NOT NULL,
    reached_id uuid NOT NULL
);

CREATE FUNCTION know_lead_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notice_lead (lead_ms, reached_at, reached_id)
    SELECT DISTINCT lead, clock_timestamp() + lead * interval '1 ms', '00000000-0000-0000-0000-000000000000'::uuid
    FROM unnest(NEW.lead_times_ms) lead
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER know_lead_times AFTER INSERT OR UPDATE OF lead_times_ms ON api_key
    FOR EACH ROW WHEN (NEW.lead_times_ms IS NOT NULL) EXECUTE FUNCTION know_lead_times();

-- Up to which position of the blacklist it has been looked at who is to be told of expiries. What lies before this
-- version was nobody's to tell.
CREATE TABLE notice_progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL
);

INSERT INTO notice_progress (position)
SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM blacklist_position;
