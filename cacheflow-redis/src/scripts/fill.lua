-- FILL: keep a loaded value, unless it may be old.
--
-- KEYS 1 journal  2 records  3 value
-- ARGV 1 incarnation and 2 number up to which the caller has checked
--      3 envelope  4 ttl in ms  5 full key  6 cache
-- → 1 kept, 0 refused
local journal = redis.call('HMGET', KEYS[1], 'inc', 'n')
if journal[1] ~= ARGV[1] then return 0 end
local found = records_between(KEYS[2], tonumber(ARGV[2]), tonumber(journal[2]))
if not found or makes_old(found, ARGV[5], ARGV[6]) then return 0 end
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
return 1
