-- Reads the mark of this server, and replaces it if nothing has happened to the server meanwhile.
--
-- KEYS[1]  the mark's name
-- ARGV     nothing, to read; to replace it:
-- ARGV[1]  the incarnation that was read with the mark
-- ARGV[2]  the mark that was read, empty if there was none
-- ARGV[3]  the new mark, empty to remove it
--
-- The incarnation is new after every restart and every promotion. What was written before either may be gone.
-- The mark is kept behind the time at which it was written, so that everybody can tell whether somebody still renews it.
--
-- Returns {incarnation, mark before or empty, its age in ms, 1 if replaced else 0}.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local incarnation = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local written, mark = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (.+)$')
local age = written and math.max(0, now - tonumber(written)) or 0
mark = mark or ''

if #ARGV == 0 or incarnation ~= ARGV[1] or mark ~= ARGV[2] then
  return {incarnation, mark, age, 0}
end
if ARGV[3] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f', now) .. ' ' .. ARGV[3])
end
return {incarnation, mark, age, 1}
