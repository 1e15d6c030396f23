-- Brings one entry up to a newer version, or refuses to.
--
-- KEYS[1]  the key's name
-- ARGV[1]  the entry: kind (1 byte), version (4 bytes, big-endian), and what this script need not know
-- ARGV[2]  its version
-- ARGV[3]  the instant in ms until which Redis is to keep it, 0 for ever
-- ARGV[4]  the write deadline: the instant in ms, by this server's clock, after which this write is too late
-- ARGV[5]  how many ms from now an entry is kept at the least, so that it outlives every older write still under way
-- ARGV[6]  the channel on which nodes that may remember an older version are told of this one: its name, then 4 bytes
--
-- Returns {outcome, this server's time in ms}; outcome 1: written, 0: this entry is there already, 2: a newer one is
-- there, 3: the same version is there as ended, -1: too late. All but 1 leave everything as it is.
--
-- The same version with other contents is of a past that Postgres has lost, and gives way. An end does not give way to a
-- live entry: of one history it is the later one, which the passing of a deadline makes without a new version.
--
-- Fails when Redis has no room for the entry; the older one is gone then.

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
  -- Whoever may not publish may still write; nodes then hear of the change from Postgres.
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
  -- Without memory for the new entry, no entry is better than the old one: then Postgres is asked.
  redis.call('DEL', KEYS[1])
  return written
end
return {1, now}
