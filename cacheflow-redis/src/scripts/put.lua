-- PUT: record that a new value was put, and keep it, unless another change came
-- between; what was made of the old one is forgotten.
--
-- KEYS 1…5 the journal's  6 value
-- ARGV 1 incarnation and 2 number where the caller stood before it changed the
--      source  3 channel, empty for none
--      4 the message up to its key's end  5 what follows  6 its end, the origin
--      7 prefix of all names  8 envelope without its as-of number  9 ttl in ms
--      10 for how many ms it may be kept in all
--      11 full key  12 how many tags  13… tags, then keys that it depends on
-- → { kept, incarnation, number, message, missed messages or false }, or {} if the
--   incarnation is another
--
-- The race: two puts, or a put and a forgetting, whose order in the source nobody
-- knows: then no value is kept. The same while a write to the key is held.
local journal = redis.call('HMGET', JOURNAL, 'inc', 'n')
if journal[1] ~= ARGV[1] then return {} end
local inc, last = journal[1], tonumber(journal[2] or '') or 0
PREFIX = ARGV[7]
local entry = entry_at(11)
-- Without memory no value is kept, but the old one has to go.
local has_room = type(redis.pcall('HSET', JOURNAL, 'inc', inc)) ~= 'table'
redis.call('PEXPIRE', JOURNAL, THIRTY_DAYS)
local kept = has_room and is_current(entry, tonumber(ARGV[2]), last)

local keys = { entry.key }
local all = closure(keys)
local sets = remove_all(keys, all, text(last + 1))
local named = { 'k', entry.key }
for _, key in ipairs(all.found) do
  named[#named + 1] = 'k'
  named[#named + 1] = key
end
local body = ARGV[4] .. as_more(all.found) .. ARGV[5] .. ARGV[6]
local n, message = append(inc, ARGV[3], body, named, sets > 0, sets)
if kept then
  -- The value is as new as its own record.
  local as_of = struct.pack('<I8', tonumber(n))
  keep(entry, as_of .. as_of .. ARGV[8], ARGV[9], ARGV[10])
end
return { kept and 1 or 0, inc, n, message, missed(inc, last, ARGV[1], ARGV[2]) }
