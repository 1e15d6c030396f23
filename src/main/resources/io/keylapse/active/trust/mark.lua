-- Reads the mark of this server, and moves it if nothing has happened to the server meanwhile.
--
-- KEYS[1]  the mark's name
-- ARGV     nothing, to read; to move:
-- ARGV[1]  the incarnation that was read with the mark
-- ARGV[2]  the mark that was read, empty if there was none
-- ARGV[3]  the new mark
-- ARGV[4]  how many ms it is kept unless moved again, 0 for ever
--
-- The incarnation is new after every restart and every promotion. What was written before either may be gone.
--
-- Returns {incarnation, mark before or empty, 1 if moved else 0}.

local incarnation = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local mark = redis.call('GET', KEYS[1]) or ''

if #ARGV == 0 or incarnation ~= ARGV[1] or mark ~= ARGV[2] then
  return {incarnation, mark, 0}
end
if ARGV[4] == '0' then
  redis.call('SET', KEYS[1], ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
return {incarnation, mark, 1}
