-- Versioned write of one entry: stores it unless a newer version is there or the write deadline has passed.
--
-- KEYS[1]  the key's name
-- ARGV[1]  the entry: kind (1 byte), version (4 bytes, big-endian), then fields that this script does not read
-- ARGV[2]  the version of the entry
-- ARGV[3]  until when Redis keeps the entry: Unix time in ms; 0 means forever
-- ARGV[4]  the write deadline: Unix time in ms by this server's clock; a later write does nothing
-- ARGV[5]  minimum time in ms to keep the entry, so that it outlives late writes of older versions
-- ARGV[6]  the channel for nodes that may have an older version in memory; the message is the name and the version
--          (4 bytes)
--
-- Returns {outcome, this server's time in ms}. Outcomes: 1 written; 0 this entry is already there; 2 a newer version is
-- there; 3 a tombstone of the same version is there; -1 too late. Only outcome 1 changes anything.
--
-- The same version with other contents comes from a history that Postgres has lost, and is replaced. A live entry does
-- not replace a tombstone of its own version: within one history the tombstone is later, because a deadline that passes
-- ends a key without a new version.
--
-- Fails if Redis has no memory for the entry; the older entry is then deleted.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if now > tonumber(ARGV[4]) then
  return {-1, now}
end

local stored = redis.call('GET', KEYS[1])
if stored then
  local version = struct.unpack('>I4', stored, 2)
  if version > tonumber(ARGV[2]) then
    return {2, now}
  elseif stored == ARGV[1] then
    return {0, now}
  elseif version == tonumber(ARGV[2]) and string.sub(stored, 1, 1) ~= 'L' and string.sub(ARGV[1], 1, 1) == 'L' then
    return {3, now}
  end
end

if tonumber(ARGV[2]) > 1 then
  -- A user without the right to publish may still write. Nodes then learn of the change from the change feed.
  redis.pcall('PUBLISH', ARGV[6], KEYS[1] .. string.sub(ARGV[1], 2, 5))
end

local keep_until = tonumber(ARGV[3])
local written
if keep_until == 0 then
  written = redis.pcall('SET', KEYS[1], ARGV[1])
else
  written = redis.pcall('SET', KEYS[1], ARGV[1], 'PXAT', string.format('%.0f', math.max(keep_until, now + ARGV[5])))
end
if written.err then
  -- Without memory for the new entry, delete the old one: checks of a missing entry ask Postgres.
  redis.call('DEL', KEYS[1])
  return written
end
return {1, now}
