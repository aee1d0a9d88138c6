-- PUT: record that a new value was put, and tell whether it may be kept: not if
-- the key was forgotten or put by another since, or a write to it is under way.
--
-- KEYS 1…5 the journal's
-- ARGV 1 incarnation and 2 number where the caller stood before it changed the
--      source  3 channel, empty for none
--      4 the message up to its key's end  5 what follows  6 its end, the origin
--      7 full key  8 how many tags  9… tags, then keys that it depends on
-- → { kept, incarnation, number, message, missed messages or false }, or {} if the
--   incarnation is another
--
-- The race: two puts, or a put and a forgetting, whose order in the source nobody
-- knows: then no value is kept. The old value lies in another slot and is removed
-- after this; until then the record has to be open.
local journal = redis.call('HMGET', JOURNAL, 'inc', 'n')
if journal[1] ~= ARGV[1] then return {} end
redis.call('PEXPIRE', JOURNAL, THIRTY_DAYS)
local inc, last = journal[1], tonumber(journal[2] or '') or 0
local entry = entry_at(7)
local kept = is_current(entry, tonumber(ARGV[2]), last)
local body = ARGV[4] .. ARGV[5] .. ARGV[6]
local n, message = append(inc, ARGV[3], body, { 'k', entry.key }, true, 0)
return { kept and 1 or 0, inc, n, message, missed(inc, last, ARGV[1], ARGV[2]) }
