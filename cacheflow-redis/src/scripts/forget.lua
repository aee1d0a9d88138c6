-- FORGET: record that keys, or a cache, are forgotten, and remove the keys'
-- values. One step: no reader sees the record without the removal.
--
-- KEYS 1 journal  2 records  3… values to remove
-- ARGV 1 a random incarnation, in case the journal is gone
--      2 incarnation and 3 number where the caller stands
--      4 channel  5 head of the message  6… pairs of the record
-- → { incarnation, number, missed messages or false }
-- A server without memory refuses a script that *begins* with what may need
-- some; one that has begun to remove goes on. Forgetting must not fail for that.
redis.call('PEXPIRE', KEYS[1], THIRTY_DAYS)
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
local journal = redis.call('HMGET', KEYS[1], 'inc', 'n')
if not journal[1] or not journal[2] then
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', KEYS[1], 'inc', ARGV[1], 'n', '0')
  journal = { ARGV[1], '0' }
end
local pairs = {}
for i = 6, #ARGV do pairs[i - 5] = ARGV[i] end
local n = record(KEYS[1], KEYS[2], ARGV[4], ARGV[5], journal[1], pairs)
return { journal[1], n, missed(KEYS[2], journal[1], tonumber(journal[2]), ARGV[2], ARGV[3]) }
