-- UNINDEX: members leave an index after their values were removed, unless they
-- entered it again since: a newer value may stand behind them.
--
-- KEYS 1 index
-- ARGV 1 number of the record  2… members
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return 0 end
local n, gone = tonumber(ARGV[1]), 0
for i = 2, #ARGV do
  local entry = redis.call('HGET', KEYS[1], ARGV[i])
  local as_of = entry and tonumber(string.match(entry, '^(%d+) '))
  if entry and (not as_of or as_of < n) then
    gone = gone + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return gone
