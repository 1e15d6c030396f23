-- Compare-and-set of one entry, regardless of versions.
--
-- KEYS[1]  the key's name
-- ARGV[1]  the expected entry, empty for none
-- ARGV[2]  the new entry, empty to delete
-- ARGV[3]  until when Redis keeps the new entry: Unix time in ms; 0 means forever
-- ARGV[4]  minimum time in ms to keep the new entry, so that it outlives late writes of older versions
-- ARGV[5]  the write deadline: Unix time in ms by this server's clock; a later write does nothing
--
-- Returns {1} if the entry was replaced, {0} if Redis held another entry, {-1} if it was too late.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if now > tonumber(ARGV[5]) then
  return {-1}
end
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return {0}
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', string.format('%.0f', math.max(tonumber(ARGV[3]), now + ARGV[4])))
end
return {1}
