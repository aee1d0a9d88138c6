-- Stands before every script about a lease.
--
-- KEYS 1 lease   STRING: the token of who has it, and behind it WANTED, if another
--                has asked for it in vain; it expires when the lease ends
--
-- Something else under that name, or a text without an end, is nobody's: it must
-- not keep everybody out for ever.

-- A byte that no text in UTF-8 has, and so no token.
local WANTED = '\255'

local left = redis.call('PTTL', KEYS[1])
local holder = left > 0 and redis.pcall('GET', KEYS[1])
if type(holder) ~= 'string' then holder = nil end
local is_wanted = holder and string.sub(holder, -1) == WANTED
if is_wanted then holder = string.sub(holder, 1, -2) end
