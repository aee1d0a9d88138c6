-- HEARTBEAT: where the journal stands, and where the asking node does.
--
-- KEYS 1…5 the journal's
-- ARGV 1 origin  2 incarnation and 3 number where the node stands, 2 empty if it
--      stands nowhere yet
-- → { incarnation or false, number or false }: false if it must be adopted
--
-- The race: a primary that became a replica goes on answering, but hears nothing
-- any more; this fails there. If it became a primary again meanwhile, the journal
-- is that of another server, which its run id tells.
if is_replica() then return redis.error_reply(NOT_HERE) end
local journal = redis.call('HMGET', JOURNAL, 'inc', 'n', 'run')
if not journal[1] or not journal[2] or journal[3] ~= run_id() then return { false, false } end
if ARGV[2] ~= '' then
  local time = now()
  -- First what needs no memory: see `opened`.
  redis.call('PEXPIRE', NODES, HOUR)
  -- Of starts that have ended: one is looked at each time.
  local other = redis.call('HRANDFIELD', NODES)
  if other then
    local told = string.match(redis.call('HGET', NODES, other) or '', ' (%d+) %d+$')
    if not told or time - tonumber(told) > tonumber(HOUR) then redis.call('HDEL', NODES, other) end
  end
  local first = string.match(redis.call('HGET', NODES, ARGV[1]) or '', ' (%d+)$') or text(time)
  redis.call('HSET', NODES, ARGV[1], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. text(time) .. ' ' .. first)
  redis.call('PEXPIRE', NODES, HOUR)
end
return { journal[1], journal[2] }
