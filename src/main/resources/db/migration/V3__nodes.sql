-- Which nodes are running, so that they can take turns. Nothing is wrong when it is out of date: it only costs work that
-- is done twice, or done a moment later.
CREATE TABLE node (
    id      uuid PRIMARY KEY,
    since   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz(3) NOT NULL
);
