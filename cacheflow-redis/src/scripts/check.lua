-- CHECK: would a fill be kept?
--
-- KEYS 1…5 the journal's
-- ARGV 1 incarnation and 2 number up to which the caller has checked
--      3 full key  4 how many tags  5… tags, then keys that it depends on
-- → 1 kept, 0 refused
--
-- The race: between the caller's own check and the write, what the value was made
-- of is forgotten. For a store whose values lie elsewhere than the journal.
local journal = redis.call('HMGET', JOURNAL, 'inc', 'n')
if journal[1] ~= ARGV[1] then return 0 end
return is_current(entry_at(3), tonumber(ARGV[2]), tonumber(journal[2] or '')) and 1 or 0
