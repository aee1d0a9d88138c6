-- Removing what is older than a record.

local texts = {} -- incarnations, by how they stand in values

-- Whether a value with this front was there before record `n`, or is one that
-- nobody believes.
local function is_older(head, n, known)
  local bytes = string.sub(head, 55, 62)
  local inc = texts[bytes]
  if not inc then
    local a, b, c, d, e, f, g, h = string.byte(bytes, 1, 8)
    inc = string.format('%02x%02x%02x%02x%02x%02x%02x%02x', h, g, f, e, d, c, b, a)
    texts[bytes] = inc
  end
  local as_of = struct.unpack('<I8', head)
  return not known[inc] or as_of > known[inc] or as_of < n
end

-- Whether one of `tags` is among these marks.
local function carries(marks, tags)
  local at = 1
  while at + 2 <= #marks do
    local kind, bytes = struct.unpack('<c1I2', string.sub(marks, at, at + 2))
    if kind == 't' and tags[string.sub(marks, at + 3, at + 2 + bytes)] then return true end
    at = at + 3 + bytes
  end
  return false
end

-- Whether the value of `key`, which has this front, still goes by one of `named`:
-- it may have been kept anew under other marks. `tags` is the set of tags among it. Of very
-- many marks, it is believed.
local function goes_by(key, head, named, tags)
  local key_len, len = struct.unpack('<I2I2', string.sub(head, 67, 70))
  if len > 8192 or string.byte(head, 19) ~= 1 then return true end
  local marks = len > 0 and marks_of(key, head, key_len, len) or ''
  if carries(marks, tags) then return true end
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

-- Removes of `keys`, at most some hundred, the values that were there before record
-- `n` and still go by what is `named`, if that is told.
-- → how many, and those of the keys on which more depends
local function reclaim(keys, n, known, named)
  local revs, names, dependents = {}, {}, {}
  if #keys == 0 then return 0, dependents end
  -- The index of a tag that is named was taken away with the record: in the one that
  -- there is now stands nothing that is older.
  local stays = { is_tag = {}, is_key = {} }
  for i = 1, named and #named or 0, 2 do
    if named[i] == 't' then stays.is_tag[named[i + 1]] = true end
  end
  for i, key in ipairs(keys) do revs[i] = rev_name(key) end
  local any_has_more = redis.call('EXISTS', unpack(revs)) > 0
  for i, key in ipairs(keys) do
    local head, has_more = head_of(key), any_has_more and redis.call('EXISTS', revs[i]) == 1
    if head and is_older(head, n, known) and (not named or goes_by(key, head, named, stays.is_tag)) then
      unindex(key, indexes_of(key, head, stays, has_more))
      names[#names + 1] = value_name(key)
    end
    if has_more then dependents[#dependents + 1] = key end
  end
  return #names > 0 and redis.call('UNLINK', unpack(names)) or 0, dependents
end
