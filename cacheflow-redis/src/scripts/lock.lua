-- Stands before every script about a lease.
--
-- KEYS 1 lease   STRING: the token of who has it; it expires when the lease ends
--
-- Something else under that name, or a text without an end, is nobody's: it must
-- not keep everybody out for ever.

local left = redis.call('PTTL', KEYS[1])
local holder = left > 0 and redis.pcall('GET', KEYS[1])
if type(holder) ~= 'string' then holder = nil end
