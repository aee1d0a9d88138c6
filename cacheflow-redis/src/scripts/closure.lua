-- What goes with keys in one step.

local REMOVED = 500       -- values that one script removes at most,
local REMOVED_MARKS = 500 -- and marks that it takes out of indexes for them: what
                          -- stays there is pruned

-- Whether anything was made of one of `keys`.
local function have_dependents(keys, first)
  if first == 0 then return false end
  local names = {}
  for i = 1, first do names[i] = rev_name(keys[i]) end
  return redis.call('EXISTS', unpack(names)) > 0
end

-- What was made of `keys`, of what was made of that, and so on, as far as it can
-- be removed at once.
-- → { first: how many of `keys` can be, found: the keys beyond, used: the indexes
--     that are used up, large: those with too many members }
local function closure(keys)
  local first = math.min(#keys, REMOVED)
  local all = { first = first, found = {}, used = {}, large = {} }
  if not have_dependents(keys, first) then return all end
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
  local sets, steps = 0, mark_steps
  mark_steps = REMOVED_MARKS
  for _, index in ipairs(all.used) do redis.call('UNLINK', index) end
  for _, index in ipairs(all.large) do sets = sets + take(index, n, sets + 1) end
  local gone = { unpack(keys, 1, all.first) }
  for _, key in ipairs(all.found) do gone[#gone + 1] = key end
  local removed = remove(gone)
  mark_steps = steps
  return sets, removed
end

-- Keys as they go on in a message behind another key.
local function as_more(keys)
  local more = {}
  for i, key in ipairs(keys) do more[i] = ',' .. cjson.encode(key) end
  return table.concat(more)
end
