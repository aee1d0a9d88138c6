-- ACQUIRE: take a lease, unless another has it.
--
-- KEYS 1 lease
-- ARGV 1 token of the owner  2 for how many ms
-- → 0 if the owner has it, else the ms that are left of the other's
--
-- The race: two that find it free. And an owner whose answer was lost asks again:
-- it has not to wait for itself.
if holder and holder ~= ARGV[1] then return left end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
