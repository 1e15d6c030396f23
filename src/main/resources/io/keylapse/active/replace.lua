-- Puts one entry in the place of another, whatever their versions.
--
-- KEYS[1]  the key's name
-- ARGV[1]  the entry that is expected there, empty for none
-- ARGV[2]  the entry to put there, empty for none
-- ARGV[3]  the instant in ms until which Redis is to keep it, 0 for ever
-- ARGV[4]  how many ms from now it is kept at the least, so that it outlives every older write still under way
-- ARGV[5]  the write deadline: the instant in ms, by this server's clock, after which this write is too late
--
-- Returns {1} if it was done, {0} if something else was there, {-1} if it was too late.

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
