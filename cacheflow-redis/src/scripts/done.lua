-- DONE: what an open record forgot is removed everywhere, or a write has ended.
--
-- KEYS 1…5 the journal's
-- ARGV 1 a random incarnation, in case the journal is gone
--      2 incarnation and 3 number where the caller stands
--      4 channel, empty for none
--      5 the message's beginning  6 what follows  7 its end, the origin
--      8 the number of the record that is done
-- → { incarnation, number, message, missed messages or false, 0 }
--
-- The races: a fill sees the hold end and the record that tells of it as one step.
-- And a caller that stands in a journal which is gone must not end a record of
-- another that has the same number.
local inc, last = opened(ARGV[1])
local message = redis.call('HGET', OPEN, ARGV[8])
if message and lineage()[ARGV[2]] then
  redis.call('HDEL', OPEN, ARGV[8])
  if string.find(message, ',"hold":', 1, true) then
    local read, held = pcall(cjson.decode, message)
    if read and type(held) == 'table' and type(held.keys) == 'table' and type(held.keys[1]) == 'string' then
      release(held.keys[1], now(), ARGV[8])
    end
  end
end
local n, own = append(inc, ARGV[4], ARGV[5] .. ARGV[6] .. ARGV[7], {}, false, 0)
return { inc, n, own, missed(inc, last, ARGV[2], ARGV[3]), 0 }
