-- FILL: keep a loaded value, unless it may be old.
--
-- KEYS 1…5 the journal's  6 value
-- ARGV 1 incarnation and 2 number up to which the caller has checked
--      3 prefix of all names  4 envelope  5 ttl in ms  6 for how many ms it may
--      be kept in all
--      7 full key  8 how many tags  9… tags, then keys that it depends on
-- → 1 kept, 0 refused
--
-- The race: while the value was loaded, or after the caller's own check, what it
-- was made of is forgotten or about to be written; the old value must not come
-- after that. Value and indexes are one step, so that whoever forgets finds all.
local journal = redis.call('HMGET', JOURNAL, 'inc', 'n')
if journal[1] ~= ARGV[1] then return 0 end
local entry = entry_at(7)
if not is_current(entry, tonumber(ARGV[2]), tonumber(journal[2] or '')) then return 0 end
PREFIX = ARGV[3]
keep(entry, ARGV[4], ARGV[5], ARGV[6])
return 1
