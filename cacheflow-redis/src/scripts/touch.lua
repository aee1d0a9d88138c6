-- TOUCH: keep a value for longer, if it is still the one that was read.
--
-- KEYS 1 value
-- ARGV 1 its header as it was read  2 for how many ms from now
-- → 1 if it lives at least so long now, 0 if it is gone or another
--
-- The race: between the reading and this, another was kept in its place, whose
-- lifetime is its own, and whose indexes may not last longer: the number in front may
-- be the same, the header is not, for it has when the value was kept, until when, and
-- its checksum. What has no end is somebody else's. A provisional value of a cluster
-- has another header, and must not outlive its filler.
if redis.pcall('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return 0 end
-- `PEXPIRE … GT` needs Redis 7.
if left < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
