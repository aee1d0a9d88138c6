-- ADOPT: run once on every new connection, before anything else.
--
-- A server that was restarted may have lost its last records and would give
-- their numbers out again. Its run id tells; the journal then begins anew under
-- another incarnation, and nothing of the old one is believed.
--
-- KEYS 1 journal  2 records
-- ARGV 1 a random incarnation, in case one is needed
-- → { incarnation, number }
local role = string.match(redis.call('INFO', 'replication'), 'role:(%a+)')
if role == 'slave' then return redis.error_reply('READONLY this server is a replica') end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or 'unknown'
local journal = redis.call('HMGET', KEYS[1], 'run', 'inc', 'n')
if journal[1] == run and journal[2] and journal[3] then
  return { journal[2], journal[3] }
end
redis.call('UNLINK', KEYS[2])
redis.call('HSET', KEYS[1], 'run', run, 'inc', ARGV[1], 'n', '0')
redis.call('PEXPIRE', KEYS[1], 2592000000)
return { ARGV[1], '0' }
