-- FORGET: record what is forgotten, and remove as much of it as is bounded. Or
-- record that a write to a key is under way, which forgets the key at once.
--
-- KEYS 1…5 the journal's
-- ARGV 1 a random incarnation, in case the journal is gone
--      2 incarnation and 3 number where the caller stands
--      4 channel, empty for none
--      5 the message up to its keys' end  6 what follows  7 its end, the origin
--      8 1 if there is something that only a scan finds
--      9 ms for which the key is held, 0 for none
--      10 prefix of all names  11… pairs of the record, keys first
-- → { incarnation, number, message, missed messages or false, values removed }
--
-- The races: no reader sees the record without the removals. A tag's index is
-- taken away in the same step: a newer value that is filled later stands in a new
-- one, so that using up the old one cannot lose it.
local inc, last = opened(ARGV[1])
PREFIX = ARGV[10]
local named, keys = {}, {}
for i = 11, #ARGV do
  named[#named + 1] = ARGV[i]
  if ARGV[i - 1] == 'k' and i % 2 == 0 then keys[#keys + 1] = ARGV[i] end
end
local all = closure(keys)
local first = text(last + 1)
local sets, removed = remove_all(keys, all, first)
for i = 1, #named, 2 do
  if named[i] == 't' then sets = sets + take(tag_name(named[i + 1]), first, sets + 1) end
end
for _, key in ipairs(all.found) do
  named[#named + 1] = 'k'
  named[#named + 1] = key
end
local more, held = as_more(all.found), ARGV[9] ~= '0'
if held then
  -- What was made of the key stays forgotten when the write has ended: a record
  -- of its own, before.
  if #all.found > 0 or sets > 0 then
    append(inc, ARGV[4], ARGV[5] .. more .. ']' .. ARGV[7], named, sets > 0, sets)
  end
  local n, message = append(inc, ARGV[4], ARGV[5] .. ARGV[6] .. ARGV[7], { 'k', keys[1] }, true, 0)
  hold(keys[1], n, ARGV[9])
  return { inc, n, message, missed(inc, tonumber(n) - 1, ARGV[2], ARGV[3]), removed }
end
local open = ARGV[8] == '1' or sets > 0 or all.first < #keys
local n, message = append(inc, ARGV[4], ARGV[5] .. more .. ARGV[6] .. ARGV[7], named, open, sets)
return { inc, n, message, missed(inc, last, ARGV[2], ARGV[3]), removed }
