-- Values and the indexes by which they are found, on one server.
--
--   {prefix}{key}               STRING: the envelope; its marks stand behind its key
--   {prefix}tag:{tag}           SET of full keys
--   {prefix}rd:deps:{key}       SET of the keys that the entry was made of
--   {prefix}rd:rev-deps:{key}   SET of full keys of entries that were made of it
--
-- A key too many in an index costs a needless miss. One too few would leave an old
-- value behind: a value is never written without its indexes, and they live at
-- least as long as it may be kept in all, by whatever touches are to come.

local PREFIX -- every script sets it first

local DAY = '86400000'
local HEADER = 78       -- bytes of an envelope before its key
local REMOVED = 500     -- values that one script removes at most
local mark_steps = 1000 -- marks that one script takes out of indexes at most,
local REMOVED_MARKS = 500 -- and for values that it removes: what stays is pruned
local prune_steps = 64  -- indexes that one script prunes at most

local RESERVED = { invalidation = true, journal = true, lock = true, rd = true, tag = true }

local function value_name(key) return PREFIX .. key end
local function tag_name(tag) return PREFIX .. 'tag:' .. tag end
local function deps_name(key) return PREFIX .. 'rd:deps:' .. key end
local function rev_name(key) return PREFIX .. 'rd:rev-deps:' .. key end
local function reclaim_name(n, i) return JOURNAL .. ':reclaim:' .. n .. ':' .. i end

local function is_utf8(bytes)
  if not string.find(bytes, '[\128-\255]') then return true end
  local i = 1
  while i <= #bytes do
    local a, b = string.byte(bytes, i, i + 1)
    local more
    if a < 0x80 then more = 0
    elseif a >= 0xC2 and a < 0xE0 then more = 1
    elseif a >= 0xE0 and a < 0xF0 then
      more = 2
      if (a == 0xE0 and (b or 0) < 0xA0) or (a == 0xED and (b or 0) > 0x9F) then return false end
    elseif a >= 0xF0 and a < 0xF5 then
      more = 3
      if (a == 0xF0 and (b or 0) < 0x90) or (a == 0xF4 and (b or 0) > 0x8F) then return false end
    else return false end
    for j = i + 1, i + more do
      local c = string.byte(bytes, j)
      if not c or c < 0x80 or c > 0xBF then return false end
    end
    i = i + more + 1
  end
  return true
end

-- Whether `text` is a full key that every node can read.
local function is_key(key)
  local cache = #key <= 1024 and string.match(key, '^([%w_.@-]+):')
  return cache and #cache <= 128 and not RESERVED[cache] and is_utf8(key)
end

-- The header of the value of `key`; nil if none, or none of ours, lies there.
local function head_of(key)
  local head = redis.pcall('GETRANGE', value_name(key), 0, HEADER - 1)
  if type(head) ~= 'string' or #head < HEADER then return nil end
  local magic = string.sub(head, 17, 18)
  return (magic == 'CF' or magic == 'Cf') and head
end

-- Whether a value with this header was there before record `n`, or is one that
-- nobody believes.
local function is_older(head, n, known)
  local a, b, c, d, e, f, g, h = string.byte(head, 55, 62)
  local inc = string.format('%02x%02x%02x%02x%02x%02x%02x%02x', h, g, f, e, d, c, b, a)
  local as_of = struct.unpack('<I8', head)
  return not known[inc] or as_of > known[inc] or as_of < n
end

-- The indexes that the marks of the value of `key` name, but for those of `stays`,
-- the entry that takes its place. While more depends on the key, it stays in the
-- indexes of what it depends on: what was made of it is found through it.
local function indexes_of(key, stays)
  local head, found = head_of(key), {}
  if not head or string.byte(head, 19) ~= 1 then return found end
  local key_len, len = struct.unpack('<I2I2', string.sub(head, 67, 70))
  if len == 0 or mark_steps <= 0 then return found end
  local from = HEADER + key_len
  local marks = redis.call('GETRANGE', value_name(key), from, from + len - 1)
  mark_steps = mark_steps - math.floor(#marks / 256)
  local at, has_deps, has_more = 1, false, redis.call('EXISTS', rev_name(key)) == 1
  while at + 2 <= #marks and mark_steps > 0 do
    local kind = string.sub(marks, at, at)
    local bytes = struct.unpack('<I2', string.sub(marks, at + 1, at + 2))
    local mark = string.sub(marks, at + 3, at + 2 + bytes)
    if kind == 't' and not (stays and stays.is_tag[mark]) then
      found[#found + 1] = tag_name(mark)
    elseif kind == 'd' and not has_more and not (stays and stays.is_key[mark]) then
      found[#found + 1] = rev_name(mark)
    end
    has_deps = has_deps or kind == 'd'
    mark_steps = mark_steps - 1
    at = at + 3 + bytes
  end
  if has_deps then found.deps = deps_name(key) end
  return found
end

local function unindex(key, indexes)
  for _, index in ipairs(indexes) do
    if type(redis.pcall('SREM', index, key)) == 'table' then redis.call('UNLINK', index) end
  end
  if indexes.deps then redis.call('UNLINK', indexes.deps) end
end

-- Removes a value. → 1 if there was one
local function remove(key)
  unindex(key, indexes_of(key))
  return redis.call('UNLINK', value_name(key))
end

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
  local left = indexes_of(key, entry)
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

-- What was made of `keys`, of what was made of that, and so on, as far as it can
-- be removed at once.
-- → { first: how many of `keys` can be, found: the keys beyond, used: the indexes
--     that are used up, large: those with too many members }
local function closure(keys)
  local first = math.min(#keys, REMOVED)
  local all = { first = first, found = {}, used = {}, large = {} }
  local seen, queue, left = {}, {}, REMOVED - first
  for i = 1, first do
    seen[keys[i]] = true
    queue[i] = keys[i]
  end
  local at = 1
  while queue[at] do
    local index = rev_name(queue[at])
    local size = redis.pcall('SCARD', index)
    if type(size) == 'table' then
      all.used[#all.used + 1] = index
    elseif size > left then
      all.large[#all.large + 1] = index
    elseif size > 0 then
      all.used[#all.used + 1] = index
      for _, member in ipairs(redis.call('SMEMBERS', index)) do
        if not seen[member] and is_key(member) then
          seen[member] = true
          left = left - 1
          queue[#queue + 1] = member
          all.found[#all.found + 1] = member
        end
      end
    end
    at = at + 1
  end
  return all
end

-- Takes an index away for record `n`, to be used up in steps. → 1 if it existed
local function take(index, n, i)
  local kind = redis.call('TYPE', index).ok
  if kind == 'none' then return 0 end
  if kind ~= 'set' then
    redis.call('UNLINK', index)
    return 0
  end
  redis.call('RENAME', index, reclaim_name(n, i))
  redis.call('PEXPIRE', reclaim_name(n, i), THIRTY_DAYS)
  return 1
end

-- Removes what `closure` found of `keys`, and takes the large indexes away for
-- record `n`. → how many it took, how many values it removed
local function remove_all(keys, all, n)
  local sets, removed, steps = 0, 0, mark_steps
  mark_steps = REMOVED_MARKS
  for _, index in ipairs(all.used) do redis.call('UNLINK', index) end
  for _, index in ipairs(all.large) do sets = sets + take(index, n, sets + 1) end
  for i = 1, all.first do removed = removed + remove(keys[i]) end
  for _, key in ipairs(all.found) do removed = removed + remove(key) end
  mark_steps = steps
  return sets, removed
end

-- Keys as they go on in a message behind another key.
local function as_more(keys)
  local more = {}
  for i, key in ipairs(keys) do more[i] = ',' .. cjson.encode(key) end
  return table.concat(more)
end

-- Whether the value of `key`, which has this header, still goes by one of `named`:
-- it may have been kept anew under other marks. Of very many marks, it is believed.
local function goes_by(key, head, named)
  local key_len, len = struct.unpack('<I2I2', string.sub(head, 67, 70))
  if len > 8192 or string.byte(head, 19) ~= 1 then return true end
  local from = HEADER + key_len
  local marks = len > 0 and redis.call('GETRANGE', value_name(key), from, from + len - 1) or ''
  local entry = { key = key, deps = {}, is_tag = {}, is_key = { [key] = true }, is_cache = { [cache_of(key)] = true } }
  local at = 1
  while at + 2 <= #marks do
    local bytes = struct.unpack('<I2', string.sub(marks, at + 1, at + 2))
    local mark = string.sub(marks, at + 3, at + 2 + bytes)
    local kind = string.sub(marks, at, at)
    if kind == 't' then
      entry.is_tag[mark] = true
    elseif kind == 'd' then
      entry.deps[#entry.deps + 1] = mark
      entry.is_key[mark] = true
      entry.is_cache[cache_of(mark)] = true
    end
    at = at + 3 + bytes
  end
  return makes_old(named, 1, entry)
end

-- Removes the value of `key` if it was there before record `n`, and still goes by
-- what is `named`, if that is told. → 1 if it was; whether more depends on the key
local function reclaim(key, n, known, named)
  local head = head_of(key)
  local is_meant = head and is_older(head, n, known) and (not named or goes_by(key, head, named))
  local removed = is_meant and remove(key) or 0
  return removed, redis.call('EXISTS', rev_name(key)) == 1
end
