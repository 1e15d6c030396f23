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
    ("sweep: records overdue expiries", MAIN + "expiry/ExpirySweep.java",
     "bulk.record(BlacklistTable.OVERLOOKED_AFTER);", "", SIMULATION),
    ("projection: an ended key has a tombstone", MAIN + "projection/Projection.java",
     "endedAt == null || state == KeyState.EXPIRED", "true", SIMULATION),
    ("change feed: announces new changes", MAIN + "sync/ChangeFeed.java",
     "            announceNew();\n", "", SIMULATION),
    ("change feed: moves on only to a position before which nothing can commit", MAIN + "sync/ChangeFeed.java",
     "seenAll = Math.max(seenAll, seen.position());",
     "seenAll = log.latest(1).stream().mapToLong(Changed::position).findFirst().orElse(0);", "ChangeFeedIT"),
    ("change feed: an idle node reads too", MAIN + "sync/ChangeFeed.java",
     "needed || floors.age().compareTo(settings.idlePause()) >= 0", "needed", "ChangeFeedIT#an_idle*"),
    ("change feed: a check ends the idle pause", MAIN + "active/trust/VersionFloors.java",
     "        if (!needed) {\n            needed = true;\n        }\n", "", "VersionFloorsTest"),
    ("version floors: an entry of a lower version is out of date", MAIN + "active/trust/VersionFloors.java",
     "return floor != null && version < floor.version;", "return false;", SIMULATION),
    ("version floors: a node's own change raises the floor", MAIN + "sync/ChangeFeed.java",
     "changes.register(change -> floors.raise(change.name(), change.version()));", "", SIMULATION),
    ("version floors: completeSince moves when a floor is dropped", MAIN + "active/trust/VersionFloors.java",
     "completeSince = Math.max(completeSince, oldest.position);", "", "VersionFloorsTest"),
    ("Redis trust: the mark must be at least at completeSince", MAIN + "active/trust/RedisTrust.java",
     "&& judged.position >= floors.completeSince()", "", SIMULATION),
    ("near cache: an entry of an earlier epoch is not used", MAIN + "check/NearCache.java",
     "&& found.epoch == epoch.current()", "", "NearCacheIT"),
    ("near cache: an entry over its maximum age is not used", MAIN + "check/NearCache.java",
     "now - found.nanoTime <= maxAgeNanos", "now > 0", SIMULATION),
    ("near cache: an entry below its version floor is not used", MAIN + "check/NearCache.java",
     "&& !floors.isOutOfDate(found.name, found.version)", "", SIMULATION),
    ("near cache: not used while the change feed is stale", MAIN + "check/NearCache.java",
     "&& now - floors.freshAsOf() <= staleAfterNanos", "", "NearCacheIT"),
    ("near cache: a key past its deadline is not valid", MAIN + "check/NearCache.java",
     "&& clock.millisAt(now) < found.deadlineMillis", "", SIMULATION),
    ("near cache: an entry is refreshed before it expires", MAIN + "check/NearCache.java",
     "refresh.accept(text);", "", "NearCacheIT"),
    ("pushed changes: a message from Redis raises the version floor", MAIN + "active/RedisEvents.java",
     "changed(message);", "", SIMULATION),
    ("apply.lua: publishes changes", LUA + "apply.lua", "if tonumber(ARGV[2]) > 1 then", "if false then", REDIS),
    ("Redis trust: ends when a connection changes", MAIN + "active/trust/RedisTrust.java",
     "judgements.clear();", "",
     SIMULATION, "RedisTrustIT"),
    ("Redis trust: ends when the mark is gone", MAIN + "active/trust/RedisTrust.java",
     "settle(reading, TrustState.UNMARKED, asked);", "", "RedisTrustIT"),
    ("Redis reads: not used while the change feed is stale", MAIN + "check/RedisReader.java",
     "floors.age().compareTo(settings.staleAfter()) <= 0", "true", "WhenStaleIT"),
    ("check: a Redis entry past its deadline is not valid", MAIN + "check/Verdict.java",
     "live.isLiveAt(now)", "true", "VerdictTest"),
    ("change feed: reads changes after the horizon too", MAIN + "sync/ChangeFeed.java",
     "Math.max(seen.look().given(), seen.position())", "seen.position()", SIMULATION),
    ("check: a deadline that passes during the look-up counts", MAIN + "check/PostgresFallback.java",
     "found.state() != found.term().stateAt(atTheLatest)", "false", SIMULATION),
    ("check: an answer of Postgres older than stale-after is not used", MAIN + "check/PostgresFallback.java",
     "System.nanoTime() - asked.nanoTime() <= settings.staleAfter().toNanos()", "true", "WhenStaleIT"),
    ("check: a change detaches the look-up under way", MAIN + "check/PostgresFallback.java",
     "underWay.remove(change.name());", "", SIMULATION),
    ("write deadline: the sent deadline is the permitted one", MAIN + "active/WritePermits.java",
     "now + end.millisLeft()", "now + 3_600_000", SIMULATION),
    ("tombstones: the sent minimum lifetime outlives late writes", MAIN + "active/ActiveKeys.java",
     "return entry.version() > 1 ? MIN_LIFETIME : Duration.ofMillis(1);", "return Duration.ofMillis(1);",
     SIMULATION),
    ("change writer: the mark waits until all writes have succeeded", MAIN + "sync/ChangeWriter.java",
     "return all;", "return true;", SIMULATION),
    ("rebuild: recent changes are written first", MAIN + "sync/Resync.java",
     "writeRecentChanges(primary, () -> renewClaim(claimed, now.generation()));", "", SIMULATION),
    ("rebuild: fails if an existing entry cannot be repaired", MAIN + "sync/Resync.java",
     "if (repair.mend(compared.differences()).notAllowed() > 0) {", "if (compared.entries() < 0) {", "ResyncIT"),
    ("subscription: renewed when a canary is missed", MAIN + "active/watch/Subscription.java",
     "if (Integer.bitCount(missed) == 1) {", "if (false) {", SIMULATION),
    ("Redis connection: a server that is not a master is left", MAIN + "active/redis/SingleRedis.java",
     "return !master;", "return false;", SIMULATION),
    ("negative cache: a cached expiry waits for the next read of the feed", MAIN + "check/NegativeCache.java",
     "verdict.orElse(null) instanceof Verdict.Expired", "false", SIMULATION),
    ("negative cache: a change removes the cached refusal", MAIN + "check/PostgresFallback.java",
     "negative.forget(change.name());", "", SIMULATION),
    ("check: Redis that the breaker skipped is asked before a 503", MAIN + "check/KeyCheck.java",
     "failure instanceof CallNotPermittedException", "false", "StoreBreakersIT"),
    ("Postgres clock: counts from before the read", MAIN + "sync/ChangeFeed.java",
     "clock.observe(seen.look().at(), asOf);", "clock.observe(seen.look().at(), System.nanoTime());", SIMULATION),
    ("leader election: a node that is not subscribed gives up leadership", MAIN + "expiry/LeaderElection.java",
     "events.areHeard() ? nodes.greet(self) : nodes.present()", "nodes.greet(self)", "SeveralNodesIT#a_node_that_redis_does_not_reach*"),
    ("history change: the version floors are cleared", MAIN + "sync/ChangeFeed.java",
     "            floors.forget();\n", "", "LostHistoryIT#standby_that_lags*under*"),
    ("history change: the change feed starts over", MAIN + "sync/ChangeFeed.java",
     "if (generation != seen.generation()) {", "if (generation == 0) {", SIMULATION),
    ("history change: trust in Redis ends", MAIN + "sync/HistoryWatch.java",
     "            trust.forget();\n", "", "HistoryWatchIT"),
    ("history change: milestones of the lost history are deleted", MAIN + "sync/HistoryWatch.java",
     "milestones.forgetUntil(found.until);", "", "LostHistoryIT#files_are_put_back_under*"),
    ("history change: detected by another identity", MAIN + "history/CurrentHistory.java",
     "known == null || !known.history().equals(now.history()) || hasGoneBack", "known == null || hasGoneBack",
     SIMULATION),
    ("history change: detected by a lower position of the write-ahead log", MAIN + "history/CurrentHistory.java",
     "now.moment().wal() < before.latest.wal() || ", "", "CurrentHistoryTest"),
    ("history change: detected by a lower position of the change sequence", MAIN + "history/CurrentHistory.java",
     "now.given() < before.given || ", "", "CurrentHistoryTest", "RestoredDumpIT#data_alone*under*"),
    ("history change: the milestone that a restore returned to is not remembered", MAIN + "history/CurrentHistory.java",
     "!milestone.equals(lostWith) && ", "", "CurrentHistoryTest"),
    ("history change: detected by a missing milestone",
     MAIN + "history/CurrentHistory.java", " || !now.remembers()", "",
     "CurrentHistoryTest"),
    ("superseded primary: Postgres on a superseded timeline is not trusted", MAIN + "history/CurrentHistory.java",
     "other.supersedes(system, timeline)", "false", "CurrentHistoryTest", "ServerCheckIT"),
    ("superseded primary: each new connection is checked", MAIN + "registry/sql/connect/ReconnectingDataSource.java",
     "server.checked(UnsupportedPostgresException.checked(connections.connect()))",
     "UnsupportedPostgresException.checked(connections.connect())", "SupersededPrimaryIT#a_node_that_still*"),
    ("history change: the near cache is given up with the floors", MAIN + "sync/ChangeFeed.java",
     "            epoch.advance();\n", "", "ChangeFeedIT"),
    ("history change: cached refusals of the earlier history are not used", MAIN + "check/NegativeCache.java",
     "each.asked.equals(now())", "true", "NegativeCacheIT"),
    ("trust state: a mark must match in history, position and milestone", MAIN + "active/trust/TrustState.java",
     "theirs.equals(ours) && then.wal() <= now.wal() && knows.test(then.milestone())", "true", SIMULATION,
     "TrustStateTest"),
    ("trust state: a mark of another history is FOREIGN while it is renewed", MAIN + "active/trust/TrustState.java",
     "reading.age().compareTo(RENEWED) > 0 ? LOST", "true ? LOST", "TrustStateTest"),
    ("trust state: a mark on a superseding timeline is AHEAD", MAIN + "active/trust/TrustState.java",
     "if (theirs.supersedes(ours)) {", "if (false) {", "TrustStateTest"),
    ("trust state: a mark on a superseded timeline is LOST", MAIN + "active/trust/TrustState.java",
     "ours.supersedes(theirs) || ", "", "TrustStateTest"),
    ("trust state: a mark of another installation is FOREIGN", MAIN + "active/trust/TrustState.java",
     "!theirs.installation().equals(ours.installation())", "false", "TrustStateTest"),
    ("rebuild: waits for late writes of a lost history", MAIN + "sync/Resync.java",
     "awaitLateWrites(claimed, now);", "", SIMULATION),
    ("write deadline: ends 5 s after the mark was read", MAIN + "active/WriteDeadline.java",
     "return end - nanoTime < 0 ? new WriteDeadline(end) : this;", "return this;", "WriteDeadlineTest"),
    ("Redis trust: tombstones count only on our own primary", MAIN + "active/trust/RedisTrust.java",
     "return judged != null && judged.state == TrustState.OURS && judged.position >= 0;", "return true;", SIMULATION,
     "RedisTrustIT"),
    ("leader election: some node leads", MAIN + "expiry/LeaderElection.java",
     "leading = receiving.isEmpty() || receiving.getFirst().equals(self);", "leading = false;", SIMULATION),
    ("prompter: touches keys that are due", MAIN + "expiry/ExpiryPrompter.java",
     "return active.touch(due).toCompletableFuture().join() > 0;", "return false;", SIMULATION),
    ("renewal: records the expiry that it reverses", MAIN + "lifecycle/RenewKey.java",
     "blacklist.insert(key.with(key.term().lapsed()), null, null);", "", SIMULATION),
    ("revocation: records an earlier expiry first", MAIN + "lifecycle/Revocations.java",
     "blacklist.insert(key, null, null);", "", SIMULATION),
    ("apply.lua: an older version is not written", LUA + "apply.lua",
     "if version > tonumber(ARGV[2]) then", "if false then", REDIS, CAMPAIGN),
    ("apply.lua: other contents of the same version are replaced", LUA + "apply.lua",
     "elseif stored == ARGV[1] then", "elseif version == tonumber(ARGV[2]) then", REDIS, "ConflictIT"),
    ("apply.lua: a live entry does not replace a tombstone of the same version", LUA + "apply.lua",
     "string.sub(stored, 1, 1) ~= 'L' and ", "false and ", REDIS),
    ("apply.lua: nothing is written after the write deadline",
     LUA + "apply.lua", "if now > tonumber(ARGV[4]) then", "if false then",
     REDIS, CAMPAIGN),
    ("apply.lua: an entry lives for the minimum lifetime",
     LUA + "apply.lua", "math.max(keep_until, now + ARGV[5])", "keep_until", REDIS),
    ("mark.lua: the mark moves only if it is unchanged", LUA + "trust/mark.lua", " or mark ~= ARGV[2]", "", REDIS),
    ("mark.lua: the mark moves only on the same server",
     LUA + "trust/mark.lua", " or incarnation ~= ARGV[1]", "", REDIS),
    ("mark.lua: an empty mark deletes it", LUA + "trust/mark.lua", "redis.call('DEL', KEYS[1])", "", REDIS),
    ("replace.lua: nothing is written after the write deadline",
     LUA + "replace.lua", "if now > tonumber(ARGV[5]) then", "if false then",
     REDIS, "StoredEntriesIT"),
    ("replace.lua: only an unchanged entry is replaced", LUA + "replace.lua",
     "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then", "if false then", REDIS),
    ("SQL: only keys that are due are recorded", MAIN + "registry/ending/BlacklistTable.java",
     "WHERE state = 'active' AND expires_at <= now() %s", "WHERE state = 'active' AND expires_at <= timestamptz 'infinity' %s",
     POSTGRES, CAMPAIGN),
    ("SQL: only active keys are recorded", MAIN + "registry/ending/BlacklistTable.java",
     "WHERE state = 'active' AND expires_at <= now() %s", "WHERE expires_at <= now() %s", POSTGRES),
    ("SQL: locked rows are skipped", MAIN + "registry/ending/BlacklistTable.java", "FOR UPDATE SKIP LOCKED", "FOR UPDATE",
     POSTGRES),
    ("SQL: a renewal marks the expiry as reinstated", MAIN + "registry/ending/BlacklistTable.java",
     " WHERE key_id = ? AND reason = 'expired' AND reinstated_at IS NULL", " WHERE key_id = ? AND false", POSTGRES),
    ("SQL: the horizon stops at open transactions", SQL + "V6__history.sql",
     "RETURN least_position_named('api_key', horizon);", "RETURN horizon;", POSTGRES),
    ("SQL: an update locks its position in the order of changes", SQL + "V2__change_feed.sql",
     "BEFORE INSERT OR UPDATE OF change ON api_key", "BEFORE INSERT ON api_key", POSTGRES),
    ("SQL: a change gets a new position", MAIN + "registry/KeyTable.java",
     "change = nextval('key_change'), changed_at", "change = change, changed_at", POSTGRES),
    ("SQL: one transaction at a time becomes leader",
     MAIN + "registry/ChangeLog.java", "pg_try_advisory_xact_lock(", "NULL IS NOT DISTINCT FROM (",
     POSTGRES),
    ("lanes: work is refused when no place becomes free", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "if (!places.enter(patience, mostWaiting)) {", "if (places.enter(patience, mostWaiting) && false) {",
     "ConnectionLanesTest"),
    ("lanes: heavy reads get only half of the places of management", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "case HEAVY -> Math.max(1, (forRequests - forRequests / 2) / 2);",
     "case HEAVY -> forRequests - forRequests / 2;", "ConnectionLanesTest"),
    ("lanes: a heavy read also takes a place of management", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "return lane == PostgresLane.HEAVY\n", "return false\n", "ConnectionLanesTest"),
    ("lanes: the queue of heavy reads is bounded", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "lane == PostgresLane.HEAVY ? 2 * places(lane) : Integer.MAX_VALUE", "Integer.MAX_VALUE", "ConnectionLanesTest"),
    ("lanes: nested work takes no second place", MAIN + "registry/sql/lane/ConnectionLanes.java",
     "if (HELD.isBound()) {", "if (false) {", "ConnectionLanesTest"),
    ("lanes: waiting for a place is not a failure of Postgres", MAIN + "registry/sql/PostgresFailure.java",
     "boolean closed = false;", "boolean closed = failure instanceof NoTurnException;", "ConnectionLanesTest"),
    ("lanes: the service's own work has its own lane", MAIN + "registry/sql/Postgres.java",
     "PostgresLane.OWN_WORK,\n", "PostgresLane.MANAGEMENT,\n", "HeavyReadIT#own_work*"),
    ("lanes: look-ups for checks use the lane of checks", MAIN + "check/PostgresFallback.java",
     "lanes.withPlace(PostgresLane.CHECKS, settings.missTimeout(), () -> ask(key, name, answer));",
     "ask(key, name, answer);", "HoggedPostgresIT#management*"),
    ("lanes: authorizing a check uses the lane of checks", MAIN + "http/access/ManagementGate.java",
     "ConnectionLanes.in(PostgresLane.CHECKS, () -> admitCaller(request, callers::includes));",
     "admitCaller(request, callers::includes);", "HoggedPostgresIT#more_calls*"),
    ("lanes: heavy reads use their own lane", MAIN + "registry/sql/HeavyRead.java",
     "ConnectionLanes.in(PostgresLane.HEAVY, read::get)", "read.get()", "HoggedPostgresIT#statistics*"),
    ("SQL: a statement has a timeout", MAIN + "registry/sql/StatementTimeouts.java",
     "statement.setQueryTimeout(seconds);", "", "HeavyReadIT"),
    ("heavy reads: a timeout says which filter to narrow", MAIN + "registry/sql/HeavyRead.java",
     "if (PostgresFailure.wasCutShort(e)) {", "if (false) {", "HeavyReadIT"),
    ("exports and feeds: the number per credential is limited", MAIN + "http/management/stream/StreamPlaces.java",
     "if (ofKey == kind.maxPerKey) {", "if (false) {", "FeedPlacesTest"),
    ("exports and feeds: the total number is limited", MAIN + "http/management/stream/StreamPlaces.java",
     "if (total == kind.max) {", "if (false) {", "FeedPlacesTest"),
    ("exports: the size of a page in bytes is limited", MAIN + "http/management/history/BlacklistController.java",
     "new PageSize(2_000, 512 * 1024)", "new PageSize(2_000, 512 * 1024 * 1024)", "HeldExportsIT#pages_of*"),
    ("exports: a client that reads nothing is disconnected", MAIN + "http/management/stream/Exports.java",
     ".timeout(timeout, Flux.error(() -> new BrokenOffException(timeout)))", "", "HeldExportsIT#export_whose*"),
    ("lists: letters match in both cases", MAIN + "registry/listing/AnyCase.java",
     "if (forms.length > 1) {", "if (false) {", "KeySearchIT#key_is_found_by_any*"),
    ("lists: a part is found only within one text", MAIN + "registry/listing/KeySearch.java",
     "owner || chr(10) || name || chr(10) || hint", "owner || name || hint", "KeySearchIT#a_part*"),
    ("changes of many: a filter without a field is refused", MAIN + "http/management/selection/BulkChange.java",
     "if (filter.equals(KeyFilter.ALL)) {", "if (false) {", "BulkIT#bad_selection*"),
    ("changes of many: an empty value is no filter", MAIN + "http/management/Query.java",
     "(!value.isTextual() || value.textValue().isBlank())", "!value.isTextual()", "BulkIT#bad_selection*"),
    ("changes of many: a dry run changes nothing", MAIN + "http/management/selection/BulkChange.java",
     "if (dryRun) {", "if (false) {", "BulkIT#dry_run*"),
    ("changes of many: the order is one that no change moves", MAIN + "registry/listing/KeyListing.java",
     'matching(filter, before)).plus(" ORDER BY id DESC', 'matching(filter, before)).plus(" ORDER BY expires_at, id DESC',
     "BulkIT#selection_of*"),
    ("credentials: unknown ones over the limit are refused without asking Postgres", MAIN + "security/Gatekeeper.java",
     "wait.isPresent() && digest.filter(known::contains).isEmpty()", "false",
     "GuessLimitIT#bad_credentials_beyond*"),
    ("credentials: valid ones are never limited", MAIN + "security/Gatekeeper.java",
     "wait.isPresent() && digest.filter(known::contains).isEmpty()", "wait.isPresent()", "GuessLimitIT#further*"),
    ("credentials: the digests are read again for an unknown credential", MAIN + "security/management/KnownDigests.java",
     "known.contains(digest) || readAfterNow().contains(digest)", "known.contains(digest)", "GuessLimitIT#a_flood*"),
    ("credentials: reads of the digests are rate limited", MAIN + "security/management/KnownDigests.java",
     "PAUSE_MILLIS = 50", "PAUSE_MILLIS = 0", "GuessLimitIT#however_many*"),
    ("credentials: the window ends", MAIN + "security/GuessLimit.java",
     "                .filter(Duration::isPositive)", "", "GuessLimitTest"),
    ("credentials: the window uses the monotonic clock", MAIN + "security/GuessLimit.java",
     "long now = System.nanoTime();", "long now = System.currentTimeMillis() * 1_000_000;", "ArchitectureTest"),
    ("credentials: an IPv6 address counts as its /64", MAIN + "security/ClientNetwork.java",
     "if (!(address instanceof Inet6Address)) {", "if (true) {", "GuessLimitIT#behind_trusted*"),
    ("write permits: only for a primary that is OURS or UNMARKED", MAIN + "active/trust/RedisTrust.java",
     "judged != null && judged.mayBeWritten() && !history.isDoubted()", "judged != null && !history.isDoubted()",
     "RedisTrustIT#it_is_neither*"),
    ("write permits: none while Postgres is not trusted", MAIN + "active/trust/RedisTrust.java",
     "judged != null && judged.mayBeWritten() && !history.isDoubted()", "judged != null && judged.mayBeWritten()", "RedisTrustIT#it_is_not_written*"),
    ("write permits: an old mark is read again", MAIN + "active/trust/RedisTrust.java",
     "judged != null && System.nanoTime() - judged.asked < RECENT.toNanos()", "judged != null", "RedisTrustIT#it_is_asked*"),
    ("write permits: nothing is written without one", MAIN + "active/WritePermits.java",
     "            if (asked.isEmpty()) {\n                return CompletableFuture.completedStage(Optional.empty());\n"
     "            }\n            WriteDeadline end = deadline.butNotAfter(asked.getAsLong());",
     "            WriteDeadline end = deadline;", "ForeignRedisIT#redis_that*"),
    ("write permits: the permit limits the write deadline", MAIN + "active/WritePermits.java",
     "deadline.butNotAfter(asked.getAsLong())", "deadline", "RedisTrustIT#nothing*"),
    ("start: refused if Redis belongs to another installation", MAIN + "sync/StartCheck.java",
     "if (!ownership.complaints().isEmpty()) {", "if (false) {", "ForeignRedisIT#the_second*"),
    ("start: waits until a mark is no longer renewed", MAIN + "sync/StartCheck.java",
     "return !ownership.complaints().isEmpty() && ownership.mayPass() && waited < MAX_WAIT.toNanos();",
     "return false;", "LostHistoryIT#another_database*while_no_node_runs"),
    ("ownership: the judgement reaches RedisTrust", MAIN + "sync/owner/Ownership.java",
     "trust.settle(reading, state, asked);", "", "ForeignRedisIT#redis_that*"),
    ("ownership: a changed complaint is logged", MAIN + "sync/owner/Ownership.java",
     "if (!complaint.equals(foreign.put(id, complaint))) {", "if (foreign.isEmpty()) {",
     "ForeignRedisIT#redis_that*"),
    ("ownership: a mark on a superseding timeline ends trust in Postgres", MAIN + "sync/owner/Ownership.java",
     "history.observeSuperseder(theirs);", "", "SupersededPrimaryIT#a_node_that_still*"),
    ("take-over: refused while the mark is renewed", MAIN + "sync/owner/TakeOver.java",
     "each.mark().isPresent() && each.age().compareTo(TrustState.RENEWED) <= 0", "false",
     "ForeignRedisIT#redis_is_taken_over*"),
    ("change writer: conflicting entries are repaired", MAIN + "sync/ChangeWriter.java",
     "all &= repair.mend(comparison.differences(doubtful)).notAllowed() == 0;", "",
     "ConflictIT#a_revocation_that_meets_a_newer*"),
    ("superseded primary: open connections to it are replaced", MAIN + "registry/sql/Postgres.java",
     "dead.giveUpAll();", "", "SupersededPrimaryIT#connections*"),
    ("standby: a Postgres standby is not trusted", MAIN + "history/CurrentHistory.java",
     "doubt = STANDBY;", "", "CurrentHistoryTest"),
    ("version floors: waiting checks continue in another thread", MAIN + "active/trust/VersionFloors.java",
     "waiters.execute(() -> waiting.complete(null));", "waiting.complete(null);", "VersionFloorsTest"),
    ("Postgres timeouts: checked after the connection is set up", MAIN + "registry/sql/connect/ServerLimits.java",
     "return value > 0 && value <= ", "return value >= 0 || value <= ", "PoolSetupIT#a_time_out*"),
    ("Postgres timeouts: readiness reports those that are not in effect", MAIN + "registry/watch/PostgresWatch.java",
     "        limits.look();\n", "", "PoolSetupIT#a_time_out*"),
    ("pool: driver properties are strings", MAIN + "registry/sql/connect/PoolSetup.java",
     "asText(pool.getDataSourceProperties())", "pool.getDataSourceProperties()", "PoolSetupIT#the_driver*"),
    ("pooler: detected by its backend PID", MAIN + "registry/sql/connect/Pooler.java",
     "return row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();", "return false;",
     "PgBouncerIT#a_migration*"),
    ("pooler: one that refuses startup options gets none", MAIN + "registry/sql/connect/Pooler.java",
     "return PROTOCOL_VIOLATION.equals(failure.getSQLState())", "return false", "PgBouncerIT#a_node*"),
    ("blocking transactions: one with a hidden start is timed by the node",
     MAIN + "registry/watch/BlockingTransactions.java",
     'Math.max(row.getLong("age_ms"), (now - since) / 1_000_000)', 'row.getLong("age_ms")', "BlockingTransactionsIT"),
    ("Redis rights: a missing permission is reported", MAIN + "active/watch/RedisRights.java",
     "failure != null && isRefused(failure)", "false", "RedisRightsIT#every_right*"),
    ("Redis watch: an untrusted primary is reported", MAIN + "active/watch/TrustWatch.java",
     "return seen != null && !trust.isTrusted(primary)", "return false", "RedisRightsIT#a_redis*"),
    ("Postgres version: an unsupported one is refused", MAIN + "registry/sql/connect/UnsupportedPostgresException.java",
     "server.getDatabaseMajorVersion() < MIN_VERSION", "false", "MigrationsIT#a_postgres_that_is_too_old*"),
    ("migrations: a database that is not UTF-8 is refused", MAIN + "registry/migration/Migrations.java",
     'if (!"UTF8".equals(encoding)) {', "if (false) {", "MigrationsIT#a_database*"),
    ("settings: the pool has a minimum size", MAIN + "app/settings/RequiredSettings.java",
     "if (poolSize < ConnectionLanes.MIN_POOL_SIZE) {", "if (false) {", "StartIT#a_pool*"),
    ("settings: each concurrent look-up needs a connection", MAIN + "app/settings/RequiredSettings.java",
     "if (concurrency > forChecks) {", "if (false) {", "StartIT#a_setting*"),
    ("background task: continues after an Error", MAIN + "background/BackgroundLoop.java",
     "} catch (Throwable e) {", "} catch (Exception e) {", "BackgroundLoopTest"),
    ("background task: continues if its failure cannot be logged", MAIN + "background/BackgroundLoop.java",
     "} catch (Throwable notLogged) {", "} catch (IllegalArgumentException notLogged) {", "BackgroundLoopTest"),
    ("retention: pending deliveries are kept", MAIN + "notice/NoticeTable.java",
     "(ended_at IS NULL OR ended_at >= ?)", "ended_at >= ?", "NoticeRetentionIT#what_is_still*"),
    ("retention: recent deliveries are kept", MAIN + "notice/NoticeTable.java",
     "(ended_at IS NULL OR ended_at >= ?)", "(ended_at IS NULL OR ended_at >= ?::timestamptz + interval '99 years')",
     "NoticeRetentionIT#what_is_still*"),
    ("retention: notices that are not routed yet are kept", MAIN + "notice/NoticeTable.java",
     "written_at < ? AND routed_at IS NOT NULL", "written_at < ?", "NoticeRetentionIT#a_notice*"),
    ("retention: renewal notices of active keys are kept", MAIN + "notice/NoticeTable.java",
     "(kind = 'renewed' AND EXISTS (SELECT FROM api_key", "(false AND EXISTS (SELECT FROM api_key",
     "NoticeRetentionIT#that_an*"),
    ("deleted webhooks: no delivery is added", MAIN + "notice/delivery/DeliveryTable.java",
     "FROM webhook WHERE id = ? AND deleted_at IS NULL", "FROM webhook WHERE id = ?",
     "DeletedWebhookIT#a_delivery_planned*"),
    ("deleted webhooks: adding a delivery locks the webhook", MAIN + "notice/delivery/DeliveryTable.java",
     'AGAINST_DELETION = " FOR KEY SHARE"', 'AGAINST_DELETION = " "', "DeletedWebhookIT#a_de*"),
    ("deleted webhooks: the deletion waits for a delivery being added", MAIN + "notice/webhook/WebhookService.java",
     "if (table.lock(id).isEmpty()) {", "if (table.find(id).isEmpty()) {",
     "DeletedWebhookIT#a_delivery_that*"),
    ("vanished hosts: Postgres's timeouts are set", MAIN + "registry/sql/connect/LimitedDriver.java",
     "return limited.getConnection();", "return plain.getConnection();", "VanishedHostIT", "PoolSetupIT#every*"),
    ("vanished hosts: transactions that hold back the feed are reported", MAIN + "registry/watch/PostgresWatch.java",
     "        holders.look();\n", "", "VanishedHostIT", "BlockingTransactionsIT"),
    ("Postgres failures: a lock timeout is an outage", MAIN + "registry/sql/PostgresFailure.java",
     "|| WAITED_FOR_OTHERS.contains(state)", "", "PostgresFailureTest", "VanishedHostIT"),
    ("migrations: have no timeout", MAIN + "registry/migration/Migrations.java",
     "SELECT set_config(name, '0', false)", "SELECT name", "MigrationsIT#a_migration*"),
    ("gRPC: the key header is removed", MAIN + "http/gateway/grpc/ResponseWriter.java", ".addHeadersToRemove(keyHeader)", "", "EnvoyHeadersIT"),
    ("gRPC: identity that a key lacks is removed", MAIN + "http/gateway/grpc/ResponseWriter.java",
     ".addAllHeadersToRemove(absent)", "", "EnvoyHeadersIT"),
    ("gRPC: only identity goes to the backend", MAIN + "http/gateway/grpc/ResponseWriter.java",
     "if (absent.remove(name)) {", "absent.remove(name); {", "EnvoyHeadersIT"),
    ("gRPC: what a caller sent is removed besides", MAIN + "http/gateway/grpc/ResponseWriter.java",
     "if (alsoToRemove.isEmpty() || answer.good() == null) {", "if (true) {", "EnvoyHeadersIT"),
    ("gRPC: headers replace those of the caller", MAIN + "http/gateway/grpc/ResponseWriter.java",
     "OVERWRITE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD", "EnvoyHeadersIT"),
    ("gRPC: an empty header is kept", MAIN + "http/gateway/grpc/ResponseWriter.java",
     ".setKeepEmptyValue(true)", ".setKeepEmptyValue(false)", "EnvoyHeadersIT"),
    ("gRPC: a refusal has its status", MAIN + "http/gateway/grpc/ResponseWriter.java",
     "case 403 -> Code.PERMISSION_DENIED_VALUE;", "", "EnvoyHeadersIT"),
    ("gRPC: a refusal has its body", MAIN + "http/gateway/grpc/ResponseWriter.java", ".setBody(answer.body())", "", "CheckTransportsIT"),
    ("gRPC: a deadline is in the metadata", MAIN + "http/gateway/grpc/ResponseWriter.java", "if (good.expiresAt() != null) {", "if (false) {",
     "EnvoyHeadersIT"),
    ("gRPC: a key in Authorization is removed", MAIN + "http/gateway/grpc/RequestReader.java",
     "authorizationHoldsKey |= holdsKey(value);", "", "EnvoyHeadersIT"),
    ("gRPC: another application's token stays", MAIN + "http/gateway/grpc/RequestReader.java",
     "(authorizationHoldsKey || !hasOwn)", "true", "EnvoyHeadersIT"),
    ("gRPC: other spellings of our names are removed", MAIN + "http/gateway/grpc/RequestReader.java",
     "return unread.contains(read) || reserved.contains(read);", "return false;", "EnvoyHeadersIT"),
    ("gRPC: names that are set are not removed", MAIN + "http/gateway/grpc/RequestReader.java",
     "if (isPlain(name)) {", "if (false) {", "EnvoyHeadersIT"),
    ("gRPC: joined headers are read one by one", MAIN + "http/gateway/grpc/RequestReader.java",
     "int comma = value.indexOf(','); comma >= 0;", "int comma = value.indexOf(','); comma > 99_999;", "EnvoyHeadersIT"),
    ("gRPC: raw headers are read", MAIN + "http/gateway/grpc/RequestReader.java",
     "http.getHeaderMap().getHeadersList()", "java.util.List.<HeaderValue>of()", "EnvoyHeadersIT"),
    ("gRPC: the route's scopes are demanded", MAIN + "http/gateway/grpc/RequestReader.java",
     "headers.add(scopesHeader, scopes);", "", "EnvoyHeadersIT"),
    ("gRPC: the size of a message is limited", MAIN + "http/gateway/grpc/GrpcServer.java", ".maxInboundMessageSize(MAX_MESSAGE)", "", "GrpcServerIT"),
    ("gRPC: the size of headers is limited", MAIN + "http/gateway/grpc/GrpcServer.java",
     ".maxInboundMetadataSize(MAX_HEADERS)", ".maxInboundMetadataSize(16 * MAX_HEADERS)", "GrpcServerIT"),
    ("gRPC: concurrent calls are limited", MAIN + "http/gateway/grpc/GrpcServer.java", ".maxConcurrentCallsPerConnection(MAX_CALLS)", "",
     "GrpcServerIT"),
    ("gRPC: connections count with those of HTTP", MAIN + "http/gateway/grpc/GrpcServer.java",
     "listener.pipeline().addLast(connections.forGateways());", "", "GrpcServerIT"),
    ("gRPC: without TLS only on loopback", MAIN + "http/gateway/grpc/GrpcServer.java", "tls == null ? onLoopback() : everywhere()", "everywhere()",
     "GrpcServerIT"),
    ("gRPC: calls in progress are answered at the end", MAIN + "http/gateway/grpc/GrpcServer.java",
     "        server.shutdown();\n", "        server.shutdownNow();\n", "GrpcHealthIT"),
    ("gRPC: watches end with the server", MAIN + "http/gateway/grpc/GrpcServer.java", "health.end();", "", "GrpcHealthIT"),
    ("gRPC: a draining node is not serving", MAIN + "http/gateway/grpc/HealthService.java", "!draining.hasBegun()\n                && ", "",
     "GrpcHealthIT"),
    ("gRPC: health follows readiness", MAIN + "http/gateway/grpc/HealthService.java",
     "HealthProbe.isOperational(health.status(HealthCheckType.READINESS))", "true", "GrpcHealthIT"),
    ("gRPC: an unknown service is not found", MAIN + "http/gateway/grpc/HealthService.java",
     "if (!SERVICES.contains(request.getService())) {", "if (false) {", "GrpcHealthIT"),
    ("model of apply.lua: an older version is not written", TEST + "redis/ModelScripts.java",
     "if (version > number(arguments[1])) {", "if (now < 0) {", SIMULATION),
    ("model of apply.lua: nothing is written after the write deadline", TEST + "redis/ModelScripts.java",
     "if (now > number(arguments[3])) {", "if (now < 0) {", SIMULATION),
    ("use: an accepted key is noted", MAIN + "check/KeyCheck.java",
     "&& usage.used(good.id())", "", SIMULATION),
    ("use: a dropped one does not count as noted", MAIN + "registry/usage/UsageMemory.java",
     "            return false;\n", "", SIMULATION),
    ("use: a key that is accepted again is noted again", MAIN + "check/KeyCheck.java",
     "near.remember(key, entry.version(), good, asked);",
     "good.setNoted(); near.remember(key, entry.version(), good, asked);", SIMULATION),
    ("use: what could not be written is put back", MAIN + "registry/usage/UsageWriter.java",
     "memory.putBack(batch);", "", SIMULATION),
    ("use: what was dropped is a gap", MAIN + "registry/usage/UsageWriter.java",
     "lost || dropped || ", "lost || ", SIMULATION),
    ("use: a lost history is a gap", MAIN + "registry/usage/UsageWriter.java",
     "lost || dropped || ", "dropped || ", SIMULATION),
    ("use: is written also while all management connections are taken", MAIN + "registry/usage/UsageWriter.java",
     "starved = true;", "throw e;", SIMULATION),
    ("use: is not recorded later than it was", MAIN + "registry/watch/PostgresClock.java",
     "sample.earliest.plusNanos(nanoTime - sample.heard)", "sample.postgres.plusNanos(nanoTime - sample.nanoTime)", SIMULATION),
    ("use: a node that died is a gap", TEST + "postgres/ModelUsage.java",
     "gap || lost || ", "gap || ", SIMULATION),
    ("use: an earlier one does not replace a later one", MAIN + "registry/usage/UsageTable.java",
     "WHERE key_usage.last_used_at < EXCLUDED.last_used_at", "", "UsageIT"),
    ("model of apply.lua: an entry lives for the minimum lifetime", TEST + "redis/ModelScripts.java",
     "Math.max(keepUntil, now + number(arguments[4]))", "keepUntil", SIMULATION),
    ("model of mark.lua: the mark moves only if it is unchanged", TEST + "redis/ModelScripts.java",
     "|| !Arrays.equals(mark, arguments[1])", "", SIMULATION),
    ("model of the recording statement: only keys that are due are recorded", TEST + "postgres/ModelStatements.java",
     "Instant due = in.startedAt().minus(overdue);", "Instant due = in.startedAt().minus(overdue).plusSeconds(5);",
     SIMULATION),
    ("model of Postgres: a row lock makes others wait", TEST + "postgres/ModelStatements.java",
     "waiting.until(() -> in.isEnded() || !in.isLockedByAnother(id));", "", SIMULATION),
    ("model of Postgres: the horizon stops at open transactions", TEST + "postgres/ModelStatements.java",
     ".filter(position -> position != Transaction.NONE)", ".filter(position -> false)", SIMULATION),
]


def without_place(repository):
    """Mutants whose original code is no longer in its file, so that they must be updated."""
    return [f"{name}: {file} does not contain: {old}" for name, file, old, *_ in MUTANTS
            if old not in pathlib.Path(repository, file).read_text()]


def together(tests):
    """The tests grouped for Maven, which then starts the stores only once."""
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
        self.said = ""
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
            found = re.search(r"^seed (\d+): .*?: (P\d+|[^:]*)", run.stdout, re.M)
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
                print(copy.said)
                sys.exit(f"{test} fails without any mutant")
        print("\n".join(rows), flush=True)
        for name, file, old, new, *tests in chosen:
            kept = copy.change(file, old, new)
            for test in tests:
                begun = time.monotonic()
                verdict = copy.judge(test)
                survivors += not verdict
                rows.append(f"| {name} | {test if verdict else '**no test**'} | {verdict or 'survived ' + test} |"
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
