-- NODES: ask all nodes where they stand, and tell what they said last.
--
-- KEYS 1…5 the journal's
-- ARGV 1 channel, empty for none  2 the question
-- → { origin, `inc number`, age in ms, for how long it is known in ms, … }
--
-- No race: ages are counted by one clock, the server's.
local FORGOTTEN = 60000
if ARGV[1] ~= '' then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
local time, told, answer = now(), redis.call('HGETALL', NODES), {}
for i = 1, #told, 2 do
  local position, at, first = string.match(told[i + 1], '^(%x+ %d+) (%d+) (%d+)$')
  local age = position and math.max(time - tonumber(at), 0)
  if age and age <= FORGOTTEN then
    answer[#answer + 1] = told[i]
    answer[#answer + 1] = position
    answer[#answer + 1] = text(age)
    answer[#answer + 1] = text(math.max(time - tonumber(first), 0))
  else
    redis.call('HDEL', NODES, told[i])
  end
end
return answer
