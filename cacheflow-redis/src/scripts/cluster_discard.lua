-- DISCARD: remove a value if it is still the one that could not be read.
--
-- KEYS 1 value
-- ARGV 1 the bytes that were read; none if it was no string
local found = redis.pcall('GET', KEYS[1])
if type(found) == 'table' then found = '' end
if found == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 1
