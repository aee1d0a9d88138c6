-- RECORD: append a record, whatever becomes of the values.
--
-- KEYS 1…5 the journal's
-- ARGV 1 a random incarnation, in case the journal is gone
--      2 incarnation and 3 number where the caller stands
--      4 channel, empty for none
--      5 the message up to its keys' end  6 what follows  7 its end, the origin
--      8 1 if it is open  9 ms for which its first key is held, 0 for none
--      10… pairs of the record
-- → { incarnation, number, message, missed messages or false, 0 }
--
-- The race: number, record, hold and announcement are one step, so that nobody
-- sees one without the others. For a store whose values lie elsewhere; they are
-- removed after it, and until then the record has to be open.
local inc, last = opened(ARGV[1])
local named = {}
for i = 10, #ARGV do named[i - 9] = ARGV[i] end
local held = ARGV[9] ~= '0'
local n, message = append(inc, ARGV[4], ARGV[5] .. ARGV[6] .. ARGV[7], named, held or ARGV[8] == '1', 0)
if held then hold(named[2], n, ARGV[9]) end
return { inc, n, message, missed(inc, last, ARGV[2], ARGV[3]), 0 }
