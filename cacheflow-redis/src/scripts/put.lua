-- PUT: record that a new value was put, and keep it, unless another change came
-- between: then nobody can know whose value is the newest, and none is kept.
--
-- KEYS 1 journal  2 records  3 value
-- ARGV 1 incarnation and 2 number where the caller stood before it changed the
--      source  3 envelope without its as-of number  4 ttl in ms  5 full key
--      6 cache  7 channel  8 head of the message
-- → { kept, incarnation, number, missed messages or false }, or {} if the
--   incarnation is another
local journal = redis.call('HMGET', KEYS[1], 'inc', 'n')
if journal[1] ~= ARGV[1] then return {} end
local known, last = tonumber(ARGV[2]), tonumber(journal[2])
local found = records_between(KEYS[2], known, last)
local n = record(KEYS[1], KEYS[2], ARGV[7], ARGV[8], journal[1], { 'k', ARGV[5] })
local kept = 0
if found and not makes_old(found, ARGV[5], ARGV[6]) then
  -- The value is as new as its own record.
  local as_of = struct.pack('<I8', tonumber(n))
  redis.call('SET', KEYS[3], as_of .. as_of .. ARGV[3], 'PX', ARGV[4])
  kept = 1
else
  redis.call('UNLINK', KEYS[3])
end
return { kept, journal[1], n, missed(KEYS[2], journal[1], last, ARGV[1], ARGV[2]) }
