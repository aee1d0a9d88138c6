-- ADOPT: run once on every new connection, before anything else.
--
-- KEYS 1…5 the journal's
-- ARGV 1 a random incarnation, in case one is needed
--      2 1 if the answer shall hold the open records
-- → { incarnation, number, ancestors, { number, message, … of open records } }
--
-- The race: a server that was restarted, or that a replica took over from, may
-- have lost its last records and would give their numbers out again. Its run id
-- tells. The journal then goes on under another incarnation and with numbers that
-- nobody has been given, as long as fewer than 2^32 records were lost.
if is_replica() then return redis.error_reply(NOT_HERE) end
local JUMP, LARGEST, ANCESTORS = 2 ^ 32, 2 ^ 52, 8
local kinds = { 'hash', 'stream', 'hash', 'hash', 'hash' }
for i, kind in ipairs(kinds) do
  local found = redis.call('TYPE', KEYS[i]).ok
  -- Somebody else's: no script could work with it.
  if found ~= 'none' and found ~= kind then redis.call('UNLINK', KEYS[i]) end
end
local run = run_id()
local journal = redis.call('HMGET', JOURNAL, 'run', 'inc', 'n', 'anc')
local number = tonumber(journal[3] or '')
if not journal[2] or not number or number > LARGEST then
  begin(ARGV[1])
elseif journal[1] ~= run then
  redis.call('PEXPIRE', JOURNAL, THIRTY_DAYS)
  local before = { journal[2] .. ':' .. text(number) }
  for older in string.gmatch(journal[4] or '', '%x+:%d+') do
    if #before < ANCESTORS then before[#before + 1] = older end
  end
  -- Who stood where on another server says nothing of who listens to this one.
  redis.call('UNLINK', NODES)
  redis.call('HSET', JOURNAL, 'run', run, 'inc', ARGV[1], 'n', text(number + JUMP),
    'anc', table.concat(before, ','))
end
journal = redis.call('HMGET', JOURNAL, 'inc', 'n', 'anc')
local open = ARGV[2] == '1' and redis.call('HGETALL', OPEN) or {}
return { journal[1], journal[2], journal[3] or '', open }
