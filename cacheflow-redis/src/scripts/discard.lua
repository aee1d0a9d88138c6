-- DISCARD: remove a value if it is still the one that could not be read.
--
-- KEYS 1 value
-- ARGV 1 the bytes that were read; none if it was no string
local kind = redis.call('TYPE', KEYS[1]).ok
local same
if kind == 'string' then
  same = redis.call('GET', KEYS[1]) == ARGV[1]
else
  same = ARGV[1] == ''
end
if same then redis.call('UNLINK', KEYS[1]) end
return 1
