-- DISCARD: remove a value if it is still the one that could not be read.
--
-- KEYS 1 value
-- ARGV 1 the bytes that were read
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 1
