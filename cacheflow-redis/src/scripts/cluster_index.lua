-- INDEX: a member enters the index of a tag, or of the key that it was made of.
-- An index lies in a slot of its own; it is a hash of full key → "as-of dies".
--
-- The greatest as-of of a member stays: a reclaim removes only members that are
-- older than its record, and must not hide a newer value from later records.
-- `dies` is when the last value that was indexed so has surely expired: only
-- then may anybody drop the member without looking at the value, which lies in
-- another slot.
--
-- KEYS 1 index
-- ARGV 1 member  2 as-of  3 for how many ms the member must stay
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('UNLINK', KEYS[1]) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function parsed(text)
  local as_of, dies = string.match(text or '', '^(%d+) (%d+)$')
  return tonumber(as_of), tonumber(dies)
end
local as_of, dies = tonumber(ARGV[2]), now + tonumber(ARGV[3])
local old_as_of, old_dies = parsed(redis.call('HGET', KEYS[1], ARGV[1]))
if old_as_of then
  as_of, dies = math.max(as_of, old_as_of), math.max(dies, old_dies)
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %.0f', as_of, dies))
-- Each add looks at two members, so that the dead never outnumber the living
-- for long.
local seen = redis.call('HRANDFIELD', KEYS[1], 2, 'WITHVALUES')
for i = 1, #seen, 2 do
  local _, end_of_it = parsed(seen[i + 1])
  if not end_of_it or end_of_it < now then redis.call('HDEL', KEYS[1], seen[i]) end
end
-- Never shorter than any member's life.
if redis.call('PTTL', KEYS[1]) < dies - now then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', dies - now))
end
return 1
