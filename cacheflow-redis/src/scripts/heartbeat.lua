-- HEARTBEAT: where the journal stands. Fails on a replica: a primary that became
-- one goes on answering, but hears nothing any more.
--
-- KEYS 1 journal
-- → { incarnation or false, number or false }
local role = string.match(redis.call('INFO', 'replication'), 'role:(%a+)')
if role == 'slave' then return redis.error_reply('READONLY this server is a replica') end
return redis.call('HMGET', KEYS[1], 'inc', 'n')
