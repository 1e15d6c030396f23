-- Notices of one kind to one owner, newest first. It is one expression, because of two columns the planner may choose an
-- index of one of them and look through all that have it.
--
-- Built while others write, and so outside of a transaction. An interruption leaves an invalid index behind: whoever runs
-- this again begins anew. It waits for transactions that have begun before, for each up to a minute.
SET lock_timeout = '60s';
DROP INDEX CONCURRENTLY IF EXISTS "${flyway:defaultSchema}".notice_by_kind_and_owner;
CREATE INDEX CONCURRENTLY notice_by_kind_and_owner ON notice ((kind || ':' || owner), id);
SET lock_timeout = 0;
