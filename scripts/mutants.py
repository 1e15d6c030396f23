#!/usr/bin/env python3
"""Mutation tests by hand: removes one guard at a time and expects a test to fail.

    scripts/mutants.py [-o docs/mutants.md] [--skip simulation] [part of a mutant's name, or a test ...]
    scripts/mutants.py --check

Works on a copy of the last commit in a temporary directory and never touches the working tree. Needs Maven, and a
JDK 25 or newer in JAVA_HOME or in /usr/lib/jvm.
"""

import argparse
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

MAIN = "src/main/java/io/keylapse/"
TEST = "src/test/java/io/keylapse/simulation/"
LUA = "src/main/resources/io/keylapse/active/"
SQL = "src/main/resources/db/migration/"

SIMULATION = "simulation"
REDIS = "ModelRedisIT"
POSTGRES = "ModelPostgresIT"
CAMPAIGN = "campaign"

# name, file, original code, mutated code, and all tests that must fail
MUTANTS = [
    ("the sweep", MAIN + "expiry/ExpirySweep.java",
     "bulk.record(BlacklistTable.OVERLOOKED_AFTER);", "", SIMULATION),
    ("tombstones", MAIN + "projection/Projection.java",
     "endedAt == null || state == KeyState.EXPIRED", "true", SIMULATION),
    ("the feed", MAIN + "sync/ChangeFeed.java",
     "            announceNew();\n", "", SIMULATION),
    ("the feed looks again until nothing can come before", MAIN + "sync/ChangeFeed.java",
     "seenAll = Math.max(seenAll, seen.position());",
     "seenAll = log.latest(1).stream().mapToLong(Changed::position).findFirst().orElse(0);", "ChangeFeedIT"),
    ("the version floor", MAIN + "active/trust/VersionFloors.java",
     "return floor != null && version < floor.version;", "return false;", SIMULATION),
    ("a floor for what the node itself changes", MAIN + "sync/ChangeFeed.java",
     "changes.register(change -> floors.raise(change.name(), change.version()));", "", SIMULATION),
    ("a memory that admits its gaps", MAIN + "active/trust/VersionFloors.java",
     "completeSince = Math.max(completeSince, oldest.position);", "", "VersionFloorsTest"),
    ("trust: the mark is asked", MAIN + "active/trust/RedisTrust.java",
     "&& judged.position >= floors.completeSince()", "", SIMULATION),
    ("near-cache: the epoch", MAIN + "check/NearCache.java",
     "&& found.epoch == epoch.current()", "", "NearCacheIT"),
    ("near-cache: the age", MAIN + "check/NearCache.java",
     "now - found.nanoTime <= maxAgeNanos", "now > 0", SIMULATION),
    ("near-cache: the version floor", MAIN + "check/NearCache.java",
     "&& !floors.isOutOfDate(found.name, found.version)", "", SIMULATION),
    ("near-cache: staleness", MAIN + "check/NearCache.java",
     "&& now - floors.freshAsOf() <= staleAfterNanos", "", "NearCacheIT"),
    ("near-cache: the deadline", MAIN + "check/NearCache.java",
     "&& clock.millisAt(now) < found.deadlineMillis", "", SIMULATION),
    ("near-cache: read again in time", MAIN + "check/NearCache.java",
     "refresh.accept(text);", "", "NearCacheIT"),
    ("changes that Redis pushes", MAIN + "active/RedisEvents.java",
     "changed(message);", "", SIMULATION, "NearCacheIT"),
    ("apply.lua: changes are pushed", LUA + "apply.lua", "if tonumber(ARGV[2]) > 1 then", "if false then", REDIS),
    ("trust ends with the connection", MAIN + "active/trust/RedisTrust.java",
     "judgements.clear();", "",
     SIMULATION, "RedisTrustIT"),
    ("trust ends with the mark", MAIN + "active/trust/RedisTrust.java",
     "settle(reading, TrustState.UNMARKED, asked);", "", "RedisTrustIT"),
    ("staleness", MAIN + "check/RedisReader.java",
     "floors.age().compareTo(settings.staleAfter()) <= 0", "true", "WhenStaleIT"),
    ("the deadline, seen in Redis", MAIN + "check/KeyCheck.java",
     "live.isLiveAt(clock.instant())", "true", SIMULATION),
    ("the deadline, passed while Postgres was asked", MAIN + "check/PostgresFallback.java",
     "found.state() != found.term().stateAt(atTheLatest)", "false", SIMULATION),
    ("an answer that has grown old", MAIN + "check/PostgresFallback.java",
     "System.nanoTime() - asked.nanoTime() <= settings.staleAfter().toNanos()", "true", "WhenStaleIT"),
    ("a change ends reads under way", MAIN + "check/PostgresFallback.java",
     "underWay.remove(change.name());", "", SIMULATION),
    ("the write deadline, as it is sent", MAIN + "active/WritePermits.java",
     "now + end.millisLeft()", "now + 3_600_000", SIMULATION),
    ("the least lifetime, as it is sent", MAIN + "active/ActiveKeys.java",
     "return entry.version() > 1 ? MIN_LIFETIME : Duration.ofMillis(1);", "return Duration.ofMillis(1);",
     SIMULATION),
    ("the mark moves after the changes", MAIN + "sync/ChangeWriter.java",
     "return all;", "return true;", SIMULATION),
    ("a rebuild writes recent changes first", MAIN + "sync/Resync.java",
     "writeRecentChanges(primary, () -> renewClaim(claimed, now.generation()));", "", SIMULATION),
    ("a rebuild mends what is there", MAIN + "sync/Resync.java",
     "if (repair.mend(compared.differences()).notAllowed() > 0) {", "if (compared.entries() < 0) {", "ResyncIT"),
    ("resubscribing when a canary is not heard", MAIN + "active/watch/Subscription.java",
     "if (Integer.bitCount(missed) == 1) {", "if (false) {", SIMULATION),
    ("the server is asked for its role", MAIN + "active/redis/SingleRedis.java",
     "return !master;", "return false;", SIMULATION),
    ("an expiry is remembered only until the feed has looked", MAIN + "check/NegativeCache.java",
     "verdict.orElse(null) instanceof Verdict.Expired", "false", SIMULATION),
    ("a change ends what is remembered of a key", MAIN + "check/PostgresFallback.java",
     "negative.forget(change.name());", "", SIMULATION),
    ("a Redis that was left out is asked before anybody hears 503", MAIN + "check/KeyCheck.java",
     "failure instanceof CallNotPermittedException", "false", "StoreBreakersIT"),
    ("a clock that never trails Postgres's", MAIN + "sync/ChangeFeed.java",
     "clock.observe(seen.look().at(), asOf);", "clock.observe(seen.look().at(), System.nanoTime());", SIMULATION),
    ("who does not hear leaves the turn", MAIN + "expiry/LeaderElection.java",
     "if (events.areHeard()) {", "if (true) {", "SeveralNodesIT#a_node_that_redis_does_not_reach*"),
    ("another history: changes are forgotten", MAIN + "sync/ChangeFeed.java",
     "            floors.forget();\n", "", "LostHistoryIT#standby_that_lags*under*"),
    ("another history: the feed begins anew", MAIN + "sync/ChangeFeed.java",
     "if (generation != seen.generation()) {", "if (generation == 0) {", SIMULATION),
    ("another history: Redis is not believed", MAIN + "sync/HistoryWatch.java",
     "            trust.forget();\n", "", "HistoryWatchIT"),
    ("another history: its milestones are forgotten", MAIN + "sync/HistoryWatch.java",
     "milestones.forgetUntil(found.until);", "", "LostHistoryIT#files_are_put_back_under*"),
    ("another history: the identity", MAIN + "history/CurrentHistory.java",
     "known == null || !known.history().equals(now.history()) || hasGoneBack", "known == null || hasGoneBack",
     SIMULATION),
    ("another history: the position of the log", MAIN + "history/CurrentHistory.java",
     "now.moment().wal() < before.latest.wal() || ", "", "CurrentHistoryTest"),
    ("another history: the position of the sequence", MAIN + "history/CurrentHistory.java",
     "now.given() < before.given || ", "", "CurrentHistoryTest", "RestoredDumpIT#data_alone*under*"),
    ("another history: the milestone that was gone back to proves nothing", MAIN + "history/CurrentHistory.java",
     "!milestone.equals(lostWith) && ", "", "CurrentHistoryTest", "RestoredDumpIT#data_alone*under*"),
    ("another history: the milestone", MAIN + "history/CurrentHistory.java", " || !now.remembers()", "",
     "CurrentHistoryTest"),
    ("another history: a superseded timeline does not count", MAIN + "history/CurrentHistory.java",
     "other.supersedes(system, timeline)", "false", "CurrentHistoryTest", "ServerCheckIT"),
    ("each new connection to Postgres is looked at", MAIN + "registry/sql/connect/ReconnectingDataSource.java",
     "server.checked(UnsupportedPostgresException.checked(connections.connect()))",
     "UnsupportedPostgresException.checked(connections.connect())", "LostHistoryIT#a_node_that_reaches*"),
    ("another history: refusals from before are forgotten", MAIN + "check/NegativeCache.java",
     "each.generation == history.generation()", "true", SIMULATION),
    ("another history: a mark of it is not ours", MAIN + "active/trust/TrustState.java",
     "theirs.equals(ours) && then.wal() <= now.wal() && knows.test(then.milestone())", "true", SIMULATION,
     "TrustStateTest"),
    ("another history: it is left alone while somebody renews it", MAIN + "active/trust/TrustState.java",
     "reading.age().compareTo(RENEWED) > 0 ? LOST", "true ? LOST", "TrustStateTest"),
    ("another history: of two timelines the greater is ahead", MAIN + "active/trust/TrustState.java",
     "if (theirs.supersedes(ours)) {", "if (false) {", "TrustStateTest"),
    ("another history: of two timelines the lesser is lost", MAIN + "active/trust/TrustState.java",
     "ours.supersedes(theirs) || ", "", "TrustStateTest"),
    ("another installation is left alone", MAIN + "active/trust/TrustState.java",
     "!theirs.installation().equals(ours.installation())", "false", "TrustStateTest"),
    ("a rebuild waits for late writes of a lost history", MAIN + "sync/Resync.java",
     "awaitLateWrites(claimed, now);", "", SIMULATION),
    ("nothing is written long after Redis was asked whose it is", MAIN + "active/WriteDeadline.java",
     "return end - nanoTime < 0 ? new WriteDeadline(end) : this;", "return this;", "WriteDeadlineTest"),
    ("endings are believed of our own Redis only", MAIN + "active/trust/RedisTrust.java",
     "return judged != null && judged.state == TrustState.OURS && judged.position >= 0;", "return true;", SIMULATION,
     "RedisTrustIT"),
    ("it is somebody's turn to record", MAIN + "expiry/LeaderElection.java",
     "leading = receiving.isEmpty() || receiving.getFirst().equals(self);", "leading = false;", SIMULATION),
    ("prompting", MAIN + "expiry/ExpiryPrompter.java",
     "return active.touch(due).toCompletableFuture().join() > 0;", "return false;", SIMULATION),
    ("a renewal records the lapse that it undoes", MAIN + "lifecycle/RenewKey.java",
     "blacklist.insert(key.with(key.term().lapsed()), null, null);", "", SIMULATION),
    ("a revocation records the lapse before it", MAIN + "lifecycle/RevokeKey.java",
     "blacklist.insert(key, null, null);", "", SIMULATION),
    ("apply.lua: the version test", LUA + "apply.lua",
     "if version > tonumber(ARGV[2]) then", "if false then", REDIS, CAMPAIGN),
    ("apply.lua: other contents of the same version give way", LUA + "apply.lua",
     "elseif stored == ARGV[1] then", "elseif version == tonumber(ARGV[2]) then", REDIS, "ConflictIT"),
    ("apply.lua: an end does not give way to a live entry", LUA + "apply.lua",
     "string.sub(stored, 1, 1) ~= 'L' and ", "false and ", REDIS),
    ("apply.lua: the write deadline", LUA + "apply.lua", "if now > tonumber(ARGV[4]) then", "if false then",
     REDIS, CAMPAIGN),
    ("apply.lua: the least lifetime", LUA + "apply.lua", "math.max(keep_until, now + ARGV[5])", "keep_until", REDIS),
    ("mark.lua: only as it was read", LUA + "trust/mark.lua", " or mark ~= ARGV[2]", "", REDIS),
    ("mark.lua: only on the same server", LUA + "trust/mark.lua", " or incarnation ~= ARGV[1]", "", REDIS),
    ("mark.lua: a mark is removed", LUA + "trust/mark.lua", "redis.call('DEL', KEYS[1])", "", REDIS),
    ("replace.lua: the write deadline", LUA + "replace.lua", "if now > tonumber(ARGV[5]) then", "if false then",
     REDIS, "StoredEntriesIT"),
    ("replace.lua: only what was seen", LUA + "replace.lua",
     "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then", "if false then", REDIS),
    ("SQL: recorded only when due", MAIN + "registry/BlacklistTable.java",
     "WHERE state = 'active' AND expires_at <= now() %s", "WHERE state = 'active' AND expires_at <= timestamptz 'infinity' %s",
     POSTGRES, CAMPAIGN),
    ("SQL: recorded only when active", MAIN + "registry/BlacklistTable.java",
     "WHERE state = 'active' AND expires_at <= now() %s", "WHERE expires_at <= now() %s", POSTGRES),
    ("SQL: locked rows are skipped", MAIN + "registry/BlacklistTable.java", "FOR UPDATE SKIP LOCKED", "FOR UPDATE",
     POSTGRES),
    ("SQL: only expiries are reinstated", MAIN + "registry/BlacklistTable.java",
     " WHERE key_id = ? AND reason = 'expired' AND reinstated_at IS NULL", " WHERE key_id = ? AND false", POSTGRES),
    ("SQL: the horizon heeds open transactions", SQL + "V6__history.sql",
     "RETURN least_position_named('api_key', horizon);", "RETURN horizon;", POSTGRES),
    ("SQL: changes name their position", SQL + "V2__change_feed.sql",
     "BEFORE INSERT OR UPDATE OF change ON api_key", "BEFORE INSERT ON api_key", POSTGRES),
    ("SQL: a change gets a new position", MAIN + "registry/KeyTable.java",
     "change = nextval('key_change'), changed_at", "change = change, changed_at", POSTGRES),
    ("SQL: one leads", MAIN + "registry/ChangeLog.java", "pg_try_advisory_xact_lock(", "NULL IS NOT DISTINCT FROM (",
     POSTGRES),
    ("lanes: work that finds no place is refused", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "if (!places.enter(patience, mostWaiting)) {", "if (places.enter(patience, mostWaiting) && false) {",
     "ConnectionLanesTest"),
    ("lanes: heavy reads leave places to light calls", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "case HEAVY -> Math.max(1, (forRequests - forRequests / 2) / 2);",
     "case HEAVY -> forRequests - forRequests / 2;", "ConnectionLanesTest"),
    ("lanes: a heavy read takes a place of management too", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "return lane == PostgresLane.HEAVY\n", "return false\n", "ConnectionLanesTest"),
    ("lanes: only so many heavy reads wait", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "lane == PostgresLane.HEAVY ? 2 * places(lane) : Integer.MAX_VALUE", "Integer.MAX_VALUE", "ConnectionLanesTest"),
    ("lanes: work that has a place takes no second", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "if (HELD.isBound()) {", "if (false) {", "ConnectionLanesTest"),
    ("lanes: waiting is no failure of Postgres", MAIN + "registry/sql/PostgresFailure.java",
     "boolean closed = false;", "boolean closed = failure instanceof NoTurnException;", "ConnectionLanesTest"),
    ("lanes: own work", MAIN + "registry/sql/Postgres.java",
     "PostgresLane.OWN_WORK,\n", "PostgresLane.MANAGEMENT,\n", "HeavyReadIT#own_work*"),
    ("lanes: look-ups for checks", MAIN + "check/PostgresFallback.java",
     "lanes.withPlace(PostgresLane.CHECKS, settings.missTimeout(), () -> ask(key, name, answer));",
     "ask(key, name, answer);", "HoggedPostgresIT#management*"),
    ("lanes: who makes a check", MAIN + "http/access/ManagementGate.java",
     "ConnectionLanes.in(PostgresLane.CHECKS, () -> admitCaller(request, callers::includes));",
     "admitCaller(request, callers::includes);", "HoggedPostgresIT#more_calls*"),
    ("lanes: heavy reads", MAIN + "registry/sql/HeavyRead.java",
     "ConnectionLanes.in(PostgresLane.HEAVY, read::get)", "read.get()", "HoggedPostgresIT#statistics*"),
    ("a statement has a time limit", MAIN + "registry/sql/Postgres.java",
     "statement.setQueryTimeout(seconds);", "", "HeavyReadIT"),
    ("a heavy read that is cut short says what to narrow", MAIN + "registry/sql/HeavyRead.java",
     "if (PostgresFailure.wasCutShort(e)) {", "if (false) {", "HeavyReadIT"),
    ("exports and feeds: so many for each credential", MAIN + "http/management/history/StreamPlaces.java",
     "if (ofKey == kind.maxPerKey) {", "if (false) {", "FeedPlacesTest"),
    ("exports and feeds: so many in all", MAIN + "http/management/history/StreamPlaces.java",
     "if (total == kind.max) {", "if (false) {", "FeedPlacesTest"),
    ("exports: pages are bounded by their size", MAIN + "http/management/history/BlacklistExport.java",
     "new PageSize(2_000, 512 * 1024)", "new PageSize(2_000, 512 * 1024 * 1024)", "HeldExportsIT#pages_of*"),
    ("exports: a client that reads nothing is cut off", MAIN + "http/management/history/BlacklistExport.java",
     ".timeout(timeout, Flux.error(() -> new BrokenOffException(timeout)))", "", "HeldExportsIT#export_whose*"),
    ("credentials: beyond the limit it is decided before Postgres is asked", MAIN + "security/Gatekeeper.java",
     "wait.isPresent() && digest.filter(known::contains).isEmpty()", "false",
     "GuessLimitIT#bad_credentials_beyond*"),
    ("credentials: a good one is never limited", MAIN + "security/Gatekeeper.java",
     "wait.isPresent() && digest.filter(known::contains).isEmpty()", "wait.isPresent()", "GuessLimitIT#further*"),
    ("credentials: the digests are read again", MAIN + "security/KnownDigests.java",
     "known.contains(digest) || readAfterNow().contains(digest)", "known.contains(digest)", "GuessLimitIT#a_flood*"),
    ("credentials: the digests are read so often at the most", MAIN + "security/KnownDigests.java",
     "PAUSE_MILLIS = 50", "PAUSE_MILLIS = 0", "GuessLimitIT#however_many*"),
    ("credentials: the window ends", MAIN + "security/GuessLimit.java",
     "                .filter(Duration::isPositive)", "", "GuessLimitIT#after*"),
    ("credentials: the window goes by a clock that nobody sets", MAIN + "security/GuessLimit.java",
     "long now = System.nanoTime();", "long now = System.currentTimeMillis() * 1_000_000;", "ArchitectureTest"),
    ("credentials: an IPv6 address counts as its /64", MAIN + "security/GuessLimit.java",
     "if (!(address instanceof Inet6Address)) {", "if (true) {", "GuessLimitIT#behind_trusted*"),
    ("writes: only where the mark permits it", MAIN + "active/trust/RedisTrust.java",
     "judged != null && judged.mayBeWritten() && !history.isDoubted()", "judged != null && !history.isDoubted()",
     "RedisTrustIT#it_is_neither*"),
    ("writes: not while Postgres's word does not count", MAIN + "active/trust/RedisTrust.java",
     "judged != null && judged.mayBeWritten() && !history.isDoubted()", "judged != null && judged.mayBeWritten()", "RedisTrustIT#it_is_not_written*"),
    ("writes: the mark is asked for anew", MAIN + "active/trust/RedisTrust.java",
     "judged != null && System.nanoTime() - judged.asked < RECENT.toNanos()", "judged != null", "RedisTrustIT#it_is_asked*"),
    ("writes: who is not permitted writes nothing", MAIN + "active/WritePermits.java",
     "            if (asked.isEmpty()) {\n                return CompletableFuture.completedStage(Optional.empty());\n"
     "            }\n            WriteDeadline end = deadline.butNotAfter(asked.getAsLong());",
     "            WriteDeadline end = deadline;", "ForeignRedisIT#redis_that*"),
    ("writes: the permit bounds the deadline", MAIN + "active/WritePermits.java",
     "deadline.butNotAfter(asked.getAsLong())", "deadline", "RedisTrustIT#nothing*"),
    ("the start is refused at somebody else's Redis", MAIN + "sync/StartCheck.java",
     "if (!ownership.complaints().isEmpty()) {", "if (false) {", "ForeignRedisIT#the_second*"),
    ("the start waits for a mark that is renewed no more", MAIN + "sync/StartCheck.java",
     "return !ownership.complaints().isEmpty() && ownership.mayPass() && waited < MAX_WAIT.toNanos();",
     "return false;", "LostHistoryIT#another_database*while_no_node_runs"),
    ("ownership: everybody goes by what was judged", MAIN + "sync/owner/Ownership.java",
     "trust.settle(reading, state, asked);", "", "ForeignRedisIT#redis_that*"),
    ("ownership: it is told whose Redis is", MAIN + "sync/owner/Ownership.java",
     "if (!complaint.equals(foreign.put(id, complaint))) {", "if (foreign.isEmpty()) {",
     "ForeignRedisIT#redis_that*"),
    ("ownership: a Redis that follows a greater timeline tells of it", MAIN + "sync/owner/Ownership.java",
     "history.observeSuperseder(theirs);", "", "LostHistoryIT#a_node_that_still*"),
    ("take-over: refused while somebody renews", MAIN + "sync/owner/TakeOver.java",
     "each.mark().isPresent() && each.age().compareTo(TrustState.RENEWED) <= 0", "false",
     "ForeignRedisIT#redis_is_taken_over*"),
    ("a conflict is put right", MAIN + "sync/ChangeWriter.java",
     "all &= repair.mend(comparison.differences(doubtful)).notAllowed() == 0;", "",
     "ConflictIT#a_revocation_that_meets_a_newer*"),
    ("connections to a superseded primary are made anew", MAIN + "registry/sql/Postgres.java",
     "dead.giveUpAll();", "", "LostHistoryIT#connections*"),
    ("a standby does not count", MAIN + "history/CurrentHistory.java",
     "doubt = STANDBY;", "", "CurrentHistoryTest"),
    ("checks that wait for the feed continue in another thread", MAIN + "active/trust/VersionFloors.java",
     "waiters.execute(() -> waiting.complete(null));", "waiting.complete(null);", "VersionFloorsTest"),
    ("Postgres's time-outs are read back", MAIN + "registry/sql/connect/ServerLimits.java",
     "return value > 0 && value <= ", "return value >= 0 || value <= ", "PoolSetupIT#a_time_out*"),
    ("Postgres is watched for time-outs that do not hold", MAIN + "registry/watch/PostgresWatch.java",
     "        limits.look();\n", "", "PoolSetupIT#a_time_out*"),
    ("the pool gives the driver texts", MAIN + "registry/sql/connect/PoolSetup.java",
     "asText(pool.getDataSourceProperties())", "pool.getDataSourceProperties()", "PoolSetupIT#the_driver*"),
    ("a pooler is recognized", MAIN + "registry/sql/connect/Pooler.java",
     "return row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();", "return false;",
     "PgBouncerIT#a_migration*"),
    ("a pooler that refuses options gets none", MAIN + "registry/sql/connect/Pooler.java",
     "return PROTOCOL_VIOLATION.equals(failure.getSQLState())", "return false", "PgBouncerIT#a_node*"),
    ("who holds the feed back and hides since when is timed", MAIN + "registry/watch/BlockingTransactions.java",
     'Math.max(row.getLong("age_ms"), (now - since) / 1_000_000)', 'row.getLong("age_ms")', "BlockingTransactionsIT"),
    ("a right that Redis does not give is named", MAIN + "active/watch/RedisRights.java",
     "failure != null && isRefused(failure)", "false", "RedisRightsIT#every_right*"),
    ("a Redis that is not trusted is named", MAIN + "active/watch/TrustWatch.java",
     "return seen != null && !trust.isTrusted(primary)", "return false", "RedisRightsIT#a_redis*"),
    ("a Postgres that is too old is refused", MAIN + "registry/sql/connect/UnsupportedPostgresException.java",
     "server.getDatabaseMajorVersion() < MIN_VERSION", "false", "MigrationsIT#a_postgres_that_is_too_old*"),
    ("a database that cannot hold every text is refused", MAIN + "registry/migration/Migrations.java",
     'if (!"UTF8".equals(encoding)) {', "if (false) {", "MigrationsIT#a_database*"),
    ("the pool has a minimum, however it is set", MAIN + "app/settings/RequiredSettings.java",
     "if (poolSize < ConnectionLanes.MIN_POOL_SIZE) {", "if (false) {", "StartIT#a_pool*"),
    ("look-ups for checks have a connection each", MAIN + "app/settings/RequiredSettings.java",
     "if (concurrency > forChecks) {", "if (false) {", "StartIT#a_setting*"),
    ("a background task goes on after an Error", MAIN + "background/BackgroundLoop.java",
     "} catch (Throwable e) {", "} catch (Exception e) {", "BackgroundLoopTest"),
    ("a background task goes on though its failure cannot be told", MAIN + "background/BackgroundLoop.java",
     "} catch (Throwable notLogged) {", "} catch (IllegalArgumentException notLogged) {", "BackgroundLoopTest"),
    ("retention: what is still to be delivered is kept", MAIN + "notice/NoticeTable.java",
     "(ended_at IS NULL OR ended_at >= ?)", "ended_at >= ?", "NoticeRetentionIT#what_is_still*"),
    ("retention: what ended of late is kept", MAIN + "notice/NoticeTable.java",
     "(ended_at IS NULL OR ended_at >= ?)", "(ended_at IS NULL OR ended_at >= ?::timestamptz + interval '99 years')",
     "NoticeRetentionIT#what_is_still*"),
    ("retention: what is not routed yet is kept", MAIN + "notice/NoticeTable.java",
     "written_at < ? AND routed_at IS NOT NULL", "written_at < ?", "NoticeRetentionIT#a_notice*"),
    ("retention: the renewal of an active key is kept", MAIN + "notice/NoticeTable.java",
     "(kind = 'renewed' AND EXISTS (SELECT FROM api_key", "(false AND EXISTS (SELECT FROM api_key",
     "NoticeRetentionIT#that_an*"),
    ("deleted webhooks: nothing is added", MAIN + "notice/delivery/DeliveryTable.java",
     "FROM webhook WHERE id = ? AND deleted_at IS NULL", "FROM webhook WHERE id = ?",
     "DeletedWebhookIT#a_delivery_planned*"),
    ("deleted webhooks: who adds holds the deletion up", MAIN + "notice/delivery/DeliveryTable.java",
     'AGAINST_DELETION = " FOR KEY SHARE"', 'AGAINST_DELETION = " "', "DeletedWebhookIT#a_de*"),
    ("deleted webhooks: the deletion waits for who adds", MAIN + "notice/webhook/WebhookService.java",
     "if (table.lock(id).isEmpty()) {", "if (table.find(id).isEmpty()) {",
     "DeletedWebhookIT#a_delivery_that*"),
    ("vanished hosts: Postgres's time-outs", MAIN + "registry/sql/connect/LimitedDriver.java",
     "return limited.getConnection();", "return plain.getConnection();", "VanishedHostIT", "PoolSetupIT#every*"),
    ("vanished hosts: who holds the feed back is named", MAIN + "registry/watch/PostgresWatch.java",
     "        holders.look();\n", "", "VanishedHostIT", "BlockingTransactionsIT"),
    ("a lock time-out is an outage", MAIN + "registry/sql/PostgresFailure.java",
     "|| WAITED_FOR_OTHERS.contains(state)", "", "PostgresFailureTest", "VanishedHostIT"),
    ("migrations: no time-out", MAIN + "registry/migration/Migrations.java",
     "SELECT set_config(name, '0', false)", "SELECT name", "MigrationsIT#a_migration*"),
    ("model of apply.lua: the version test", TEST + "redis/ModelScripts.java",
     "if (version > number(arguments[1])) {", "if (now < 0) {", SIMULATION),
    ("model of apply.lua: the write deadline", TEST + "redis/ModelScripts.java",
     "if (now > number(arguments[3])) {", "if (now < 0) {", SIMULATION),
    ("model of apply.lua: the least lifetime", TEST + "redis/ModelScripts.java",
     "Math.max(keepUntil, now + number(arguments[4]))", "keepUntil", SIMULATION),
    ("model of mark.lua: only as it was read", TEST + "redis/ModelScripts.java",
     "|| !Arrays.equals(mark, arguments[1])", "", SIMULATION),
    ("model of the recording statement: only when due", TEST + "postgres/ModelStatements.java",
     "Instant due = in.startedAt().minus(overdue);", "Instant due = in.startedAt().minus(overdue).plusSeconds(5);",
     SIMULATION),
    ("model of the row lock", TEST + "postgres/ModelStatements.java",
     "waiting.until(() -> in.isEnded() || !in.isLockedByAnother(id));", "", SIMULATION),
    ("model of the horizon", TEST + "postgres/ModelStatements.java",
     ".filter(position -> position != Transaction.NONE)", ".filter(position -> false)", SIMULATION),
]


def without_place(repository):
    """Mutants whose place the code has no longer: what they remove has been written anew, and so must they be."""
    return [f"{name}: {file} has no such place: {old}" for name, file, old, *_ in MUTANTS
            if old not in pathlib.Path(repository, file).read_text()]


def together(tests):
    """What Maven runs as one, because it starts the stores once."""
    apart = tests & {SIMULATION, CAMPAIGN}
    return [",".join(sorted(tests - apart)), *sorted(apart)] if tests - apart else sorted(apart)


def jdk():
    homes = [os.environ.get("JAVA_HOME", "")] + sorted(glob.glob("/usr/lib/jvm/*"), reverse=True)
    for home in homes:
        release = pathlib.Path(home, "release")
        if home and release.exists():
            version = re.search(r'JAVA_VERSION="(\d+)', release.read_text())
            if version and int(version.group(1)) >= 25 and pathlib.Path(home, "bin/javac").exists():
                return home
    sys.exit("no JDK 25 or newer in JAVA_HOME or /usr/lib/jvm")


class Copy:
    """A compiled copy of the last commit, in which one file at a time is mutated and restored."""

    def __init__(self, repository, directory, histories):
        self.root = pathlib.Path(directory)
        self.histories = histories
        self.jdk = jdk()
        archive = subprocess.Popen(["git", "-C", repository, "archive", "HEAD"], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", directory], stdin=archive.stdout, check=True)
        self.maven("package", "-DskipTests", "dependency:build-classpath", "-Dspotless.phase=none", "-Dchecks.skip=true",
                   "-Dmdep.outputFile=target/classpath", "-Dmdep.includeScope=test", check=True)
        self.dependencies = (self.root / "target/classpath").read_text()
        for each in ("classes", "test-classes"):
            shutil.copytree(self.root / "target" / each, self.root / "target/kept" / each)

    def maven(self, *arguments, check=False):
        return subprocess.run(["mvn", "-o", "-q", *arguments], cwd=self.root, check=check,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def classpath(self):
        return f"{self.root}/target/classes:{self.root}/target/test-classes:{self.dependencies}"

    def change(self, file, old, new):
        path = self.root / file
        text = path.read_text()
        path.write_text(text.replace(old, new))
        if "/resources/" in file:
            shutil.copy(path, self.root / "target/classes" / file.split("/resources/")[1])
        else:
            target = "test-classes" if file.startswith("src/test") else "classes"
            subprocess.run([f"{self.jdk}/bin/javac", "-proc:none", "-nowarn", "-cp", self.classpath(),
                            "-d", f"{self.root}/target/{target}", str(path)], check=True)
        return text

    def restore(self, file, text):
        (self.root / file).write_text(text)
        for each in ("classes", "test-classes"):
            shutil.rmtree(self.root / "target" / each)
            shutil.copytree(self.root / "target/kept" / each, self.root / "target" / each)

    def judge(self, test):
        """How the test failed; empty when it passed."""
        if test == SIMULATION:
            run = subprocess.run([f"{self.jdk}/bin/java", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                                  "-cp", self.classpath(), "io.keylapse.simulation.LongRun",
                                  str(self.histories), "1", "1"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            found = re.search(r"^seed (\d+): .*?: (P\d|[^:]*)", run.stdout, re.M)
            return f"seed {found.group(1)}, {found.group(2)}" if found else "" if run.returncode == 0 else "failure"
        if test == CAMPAIGN:
            return self.campaign()
        run = self.maven("toolchains:select-jdk-toolchain", "-Dtoolchain.jdk.version=[25,)", "surefire:test",
                         f"-Dtest={test}", "-Dsurefire.failIfNoSpecifiedTests=true")
        if run.returncode == 0:
            return ""
        if "No tests matching" in run.stdout:
            sys.exit(f"there is no test {test}")
        self.said = run.stdout
        return "answers differ" if test in (REDIS, POSTGRES) else "red"


    def campaign(self):
        """Runs a short campaign with the packaged program, and returns how it failed; empty when it passed."""
        jar = self.root / "target/changed.jar"
        shutil.copy(self.root / "target/keylapse-server.jar", jar)
        subprocess.run([f"{self.jdk}/bin/jar", "uf", jar, "-C", self.root / "target/classes", "io/keylapse"], check=True)
        run = subprocess.run([f"{self.jdk}/bin/java", "--enable-native-access=ALL-UNNAMED", f"-Dkeylapse.jar={jar}",
                              "-cp", self.classpath(), "io.keylapse.campaign.Campaign", "--minutes", "0.4",
                              "--seed", "1", "--out", self.root / "target/campaign"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        found = re.search(r"^(P\d) ", run.stdout, re.M)
        return f"seed 1, {found.group(1)}" if found else "" if run.returncode == 0 else "failure"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-o", "--output", help="also write the table into this file")
    arguments.add_argument("--histories", type=int, default=6000, help="maximum number of simulated histories per mutant")
    arguments.add_argument("--check", action="store_true", help="only check that the code contains every original")
    arguments.add_argument("--skip", action="append", default=[], help="a test to leave out")
    arguments.add_argument("name", nargs="*")
    given = arguments.parse_args()
    repository = pathlib.Path(__file__).resolve().parent.parent
    if given.check:
        sys.exit("\n".join(without_place(repository)) or 0)
    chosen = [(*each[:4], *(test for test in each[4:] if test not in given.skip)) for each in MUTANTS
              if not given.name or any(part in each[0] or part in each[4:] for part in given.name)]
    chosen = [each for each in chosen if each[4:]]
    rows = ["| guard removed | caught by | how | seconds |", "|---|---|---|---|"]
    survivors = 0
    with tempfile.TemporaryDirectory() as directory:
        copy = Copy(repository, directory, given.histories)
        if lost := without_place(copy.root):
            sys.exit("\n".join(lost))
        for test in together({test for each in chosen for test in each[4:]}):
            if copy.judge(test):
                sys.exit(f"{test} fails without any mutant")
        print("\n".join(rows), flush=True)
        for name, file, old, new, *tests in chosen:
            kept = copy.change(file, old, new)
            for test in tests:
                begun = time.monotonic()
                verdict = copy.judge(test)
                survivors += not verdict
                rows.append(f"| {name} | {test if verdict else '**nobody**'} | {verdict or 'survived ' + test} |"
                            f" {time.monotonic() - begun:.0f} |")
                print(rows[-1], flush=True)
            copy.restore(file, kept)
    if given.output:
        pathlib.Path(given.output).write_text(
            "# Guards removed one by one\n\nWritten by `scripts/mutants.py`.\n\n" + "\n".join(rows) + "\n")
    print(f"{len(chosen)} mutants, {survivors} survived")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
