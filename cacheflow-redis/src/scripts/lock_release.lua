-- RELEASE: give a lease back, if it is still the owner's, and tell all nodes, if
-- another has asked for it in vain: else nobody waits to be told.
--
-- KEYS 1 lease
-- ARGV 1 token of the owner  2 channel, empty for none  3 the message
-- → 1 if it was, else 0
--
-- The races: the lease ended and another took it, who keeps it. And whoever hears
-- of the return finds the lease free, and whoever is not told has not asked yet:
-- all of it is one step.
if holder ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if is_wanted and ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
