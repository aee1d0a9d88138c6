-- SHARD: asked on every new connection to a server of values, before anything
-- else is sent over it.
--
-- A replica that became primary, or a primary that was restarted, may have lost
-- deletes whose records are done, so that old values rise again; and members of
-- indexes, whose values lie on other servers and would not be found by later
-- records. Run id and replication id tell. No node can repeat what an index
-- lost: the journal goes on under an incarnation without ancestors, and whatever
-- was kept before is a miss.
--
-- The journal's own hash remembers them, `shard:{id}` each, so that they are kept
-- as long as it is.
--
-- KEYS 1 journal
-- ARGV 1 id of the server in the cluster  2 its run id and replication id
--      3 `1` if it was a replica before  4 a random incarnation
-- → incarnation, or false if there is no journal
local journal = redis.call('HMGET', KEYS[1], 'inc', 'n')
if not journal[1] or not journal[2] then return false end
local field = 'shard:' .. ARGV[1]
local anything = redis.call('HEXISTS', KEYS[1], 'shards') == 1
local before = redis.call('HGET', KEYS[1], field)
local inc = journal[1]
-- A server that was never heard of is a new one, empty at first, unless it took
-- another's place.
local lost = before and before ~= ARGV[2] or (not before and anything and ARGV[3] == '1')
if lost then
  -- Numbers go on, so that those in the indexes stay comparable.
  inc = ARGV[4]
  redis.call('HSET', KEYS[1], 'inc', inc, 'n', string.format('%.0f', journal[2] + 4294967296),
    'anc', '')
end
if before ~= ARGV[2] then redis.call('HSET', KEYS[1], 'shards', '1', field, ARGV[2]) end
return inc
