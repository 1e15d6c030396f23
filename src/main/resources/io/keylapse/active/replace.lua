-- Puts one entry in the place of another, whatever their versions.
--
-- KEYS[1]  the key's name
-- ARGV[1]  the entry that is expected there, empty for none
-- ARGV[2]  the entry to put there, empty for none
-- ARGV[3]  the instant in ms until which Redis is to keep it, 0 for ever
--
-- Returns {1} if it was done, {0} if something else was there.

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return {0}
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
end
return {1}
