-- CONFIRM: a provisional value becomes permanent, if it is still the very same:
-- another's may have taken its place, of which nobody has read the journal yet.
--
-- KEYS 1 value
-- ARGV 1 head of the provisional envelope  2 ttl in ms
-- → 1 kept, 0 not there any more
local head = ARGV[1]
if redis.pcall('GETRANGE', KEYS[1], 0, #head - 1) ~= head then return 0 end
redis.call('SETRANGE', KEYS[1], 8, string.sub(head, 1, 8) .. 'CF')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
