-- DISCARD: remove a value if it is still the one that could not be read.
--
-- KEYS 1…5 the journal's  6 value
-- ARGV 1 prefix of all names  2 full key
--      3 the bytes that were read; none if it was no string
-- → 1
--
-- The race: between the reading and this, somebody filled a good one.
PREFIX = ARGV[1]
local found = redis.pcall('GET', KEYS[6])
if type(found) == 'table' then found = '' end
if found == ARGV[3] then remove({ ARGV[2] }) end
return 1
