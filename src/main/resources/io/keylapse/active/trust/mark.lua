-- Reads the mark of this server, or replaces it by compare-and-set.
--
-- KEYS[1]  the mark's name
-- ARGV     empty to read; to replace the mark:
-- ARGV[1]  the expected incarnation of the server, as read with the mark
-- ARGV[2]  the expected mark, empty for none
-- ARGV[3]  the new mark, empty to delete it
--
-- The incarnation changes with every restart and promotion of the server. Either may have lost earlier writes.
-- The stored value is the time of the write and the mark, so that every node can tell whether the mark is still renewed.
--
-- Returns {incarnation, mark before or empty, age of that mark in ms, 1 if replaced else 0}.

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
