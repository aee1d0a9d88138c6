-- What an entry is forgotten by: its key, its tags, and the keys of all that it
-- was made of.

local function cache_of(key)
  return string.match(key, '^[^:]*')
end

-- The entry that ARGV describes from `at` on: its key, how many tags, the tags,
-- and then to the end the keys that it depends on.
local function entry_at(at)
  local entry = { key = ARGV[at], tags = {}, deps = {}, is_tag = {}, is_key = {}, is_cache = {} }
  local first = at + 2
  local behind = first + tonumber(ARGV[at + 1])
  for i = first, behind - 1 do
    entry.tags[#entry.tags + 1] = ARGV[i]
    entry.is_tag[ARGV[i]] = true
  end
  entry.is_key[entry.key] = true
  entry.is_cache[cache_of(entry.key)] = true
  for i = behind, #ARGV do
    entry.is_key[ARGV[i]] = true
    entry.is_cache[cache_of(ARGV[i])] = true
    -- Nobody has to be told that an entry goes when it goes.
    if ARGV[i] ~= entry.key then entry.deps[#entry.deps + 1] = ARGV[i] end
  end
  return entry
end

-- Whether a record with these pairs, from place `first` of `fields` on, makes
-- `entry` old.
local function makes_old(fields, first, entry)
  for i = first, #fields - 1, 2 do
    local kind, what = fields[i], fields[i + 1]
    if kind == 'k' then
      if entry.is_key[what] then return true end
    elseif kind == 't' then
      if entry.is_tag[what] then return true end
    elseif kind == 'c' then
      if entry.is_cache[what] then return true end
    elseif kind == 'p' then
      if glob(what, entry.key) then return true end
      for _, dep in ipairs(entry.deps) do
        if glob(what, dep) then return true end
      end
    else
      -- Everything; or what this version does not know.
      return true
    end
  end
  return false
end

-- Whether a write to the entry, or to something that it was made of, is under way.
local function is_held(entry)
  if redis.call('HLEN', HELD) == 0 then return false end
  local asked = { entry.key }
  for _, dep in ipairs(entry.deps) do asked[#asked + 1] = dep end
  local time = now()
  for from = 1, #asked, 1000 do
    local fields = redis.call('HMGET', HELD, unpack(asked, from, math.min(from + 999, #asked)))
    for _, field in ipairs(fields) do
      if field and still_held(field, time) ~= '' then return true end
    end
  end
  return false
end

-- Whether nothing after number `from`, up to `to`, makes `entry` old, and nothing
-- is under way that will.
local function is_current(entry, from, to)
  local walked = walk(from, to, function(fields) return makes_old(fields, 3, entry) end)
  return walked == 'all' and not is_held(entry)
end
