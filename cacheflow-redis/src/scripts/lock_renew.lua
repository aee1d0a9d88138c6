-- RENEW: keep a lease, if it is still the owner's.
--
-- KEYS 1 lease
-- ARGV 1 token of the owner  2 for how many ms from now
-- → 1 if it is, else 0
--
-- The race: the lease ended and another took it; its time is not to be changed. Nor
-- is its text: those who have asked in vain are told when it is given back.
if holder ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
