-- ACQUIRE: take a lease, unless another has it.
--
-- KEYS 1 lease
-- ARGV 1 token of the owner  2 for how many ms
-- → 0 if the owner has it, else the ms that are left of the other's
--
-- The races: two that find it free. And who asks in vain, and the return: either it
-- comes first, and the lease is free, or it finds the mark, and tells. A server
-- without memory keeps no mark; the answer is the same, for who waits asks again by
-- and by.
if holder and holder ~= ARGV[1] then
  if not is_wanted then redis.pcall('APPEND', KEYS[1], WANTED) end
  return left
end
if holder then
  -- An owner whose answer was lost asks again: it has not to wait for itself. Those
  -- who asked in vain meanwhile still wait to be told: the mark stays.
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 0
