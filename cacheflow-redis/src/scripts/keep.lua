-- Keeping a value, and putting it into its indexes.

local DAY = '86400000'
local prune_steps = 64 -- indexes that one script prunes at most

-- Drops two random members whose values are gone: of an index that is written to,
-- more go than come. A key on which more depends stays in the index of what it
-- depends on, with or without a value.
local function prune(index, is_rev)
  if prune_steps == 0 then return end
  prune_steps = prune_steps - 1
  for _, member in ipairs(redis.call('SRANDMEMBER', index, 2)) do
    if redis.call('EXISTS', value_name(member)) == 0
      and not (is_rev and redis.call('EXISTS', rev_name(member)) == 1) then
      redis.call('SREM', index, member)
    end
  end
end

local function live_for(name, ttl)
  if redis.call('PTTL', name) < tonumber(ttl) then redis.call('PEXPIRE', name, ttl) end
end

local function add_to(index, key, ttl, is_rev)
  if type(redis.pcall('SADD', index, key)) == 'table' then
    redis.call('UNLINK', index)
    redis.call('SADD', index, key)
  end
  live_for(index, ttl)
  prune(index, is_rev)
end

-- Keeps a value for `ttl` ms, and puts it into the indexes of its marks, which live
-- for `longest` ms: a touch asks for the value alone.
local function keep(entry, bytes, ttl, longest)
  local key = entry.key
  -- Read before the value is replaced, used after: without memory the SET fails,
  -- if it is the first that is written.
  local left = indexes_of(key, head_of(key), entry)
  redis.call('SET', value_name(key), bytes, 'PX', ttl)
  unindex(key, left)
  local long = tonumber(longest) > tonumber(DAY) and longest or DAY
  for _, tag in ipairs(entry.tags) do add_to(tag_name(tag), key, longest, false) end
  if #entry.deps > 0 then redis.call('UNLINK', deps_name(key)) end
  for from = 1, #entry.deps, 1000 do
    redis.call('SADD', deps_name(key), unpack(entry.deps, from, math.min(from + 999, #entry.deps)))
  end
  if #entry.deps > 0 then redis.call('PEXPIRE', deps_name(key), long) end
  for _, dep in ipairs(entry.deps) do add_to(rev_name(dep), key, long, true) end
end
