-- UNDO: a provisional value goes, if it is still the very same: another's may
-- have taken its place.
--
-- KEYS 1 value
-- ARGV 1 head of the provisional envelope
local head = ARGV[1]
if redis.pcall('GETRANGE', KEYS[1], 0, #head - 1) ~= head then return 0 end
return redis.call('UNLINK', KEYS[1])
