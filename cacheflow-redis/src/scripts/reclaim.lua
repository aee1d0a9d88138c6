-- RECLAIM: remove some of what an open record makes old: of the indexes that it
-- took away, or of the keys that it names.
--
-- KEYS 1…5 the journal's
-- ARGV 1 incarnation and 2 number of the record  3 prefix of all names
--      4 which of its indexes, from 1; 0 for keys  5… the keys; for an index,
--      pairs of the record
-- → { removed, which index is next or 0, keys on which more depends }
--
-- The race: a newer value was filled since. Its as-of number tells, it stays, and
-- it stands in the new index. What is taken out of an index here is removed in the
-- same step: who dies after it leaves nothing behind.
local known, n, which = lineage(), tonumber(ARGV[2]), tonumber(ARGV[4])
local next = 0
if not known[ARGV[1]] then return { 0, 0, {} } end
PREFIX = ARGV[3]
local keys, named = {}, nil
if which == 0 then
  for i = 5, #ARGV do keys[i - 4] = ARGV[i] end
else
  named = {}
  for i = 5, #ARGV do named[i - 4] = ARGV[i] end
  local message = redis.call('HGET', OPEN, ARGV[2])
  local sets = tonumber(string.match(message or '', ',"sets":(%d+),"inc":"%x+","n":%d+}$') or '0')
  if which > sets then return { 0, 0, {} } end
  local name = reclaim_name(ARGV[2], which)
  keys = redis.pcall('SPOP', name, 30)
  if keys.err then
    redis.call('UNLINK', name)
    keys = {}
  end
  if redis.call('EXISTS', name) == 1 then next = which elseif which < sets then next = which + 1 end
end
local ours = {}
for _, key in ipairs(keys) do
  if is_key(key) then ours[#ours + 1] = key end
end
local removed, dependents = reclaim(ours, n, known, named)
return { removed, next, dependents }
