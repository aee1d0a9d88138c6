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

local HEADER = 78       -- bytes of an envelope before its key
local FRONT = 512       -- bytes of it that are read at first: its marks are among them
local mark_steps = 1000 -- marks that one script takes out of indexes at most

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

-- The front of the value of `key`; nil if none, or none of ours, lies there.
local function head_of(key)
  local head = redis.pcall('GETRANGE', value_name(key), 0, FRONT - 1)
  if type(head) ~= 'string' or #head < HEADER then return nil end
  local magic = string.sub(head, 17, 18)
  return (magic == 'CF' or magic == 'Cf') and head
end

-- The marks of the value of `key` with this front, of which they are `len` bytes.
local function marks_of(key, head, key_len, len)
  local from = HEADER + key_len
  if from + len <= #head then return string.sub(head, from + 1, from + len) end
  return redis.call('GETRANGE', value_name(key), from, from + len - 1)
end

-- The indexes that the marks of the value of `key` with this front name, but for
-- those of `stays`, such as the entry that takes its place; `has_more`, if it is known, is
-- whether more depends on the key. While more depends on the key, it stays in the
-- indexes of what it depends on: what was made of it is found through it.
local function indexes_of(key, head, stays, has_more)
  local found = {}
  if not head or string.byte(head, 19) ~= 1 then return found end
  local key_len, len = struct.unpack('<I2I2', string.sub(head, 67, 70))
  if len == 0 or mark_steps <= 0 then return found end
  local marks = marks_of(key, head, key_len, len)
  mark_steps = mark_steps - math.floor(#marks / 256)
  if has_more == nil then has_more = redis.call('EXISTS', rev_name(key)) == 1 end
  local at, has_deps = 1, false
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

-- Removes values, at most some hundred. → how many there were
local function remove(keys)
  if #keys == 0 then return 0 end
  local names = {}
  for i, key in ipairs(keys) do
    unindex(key, indexes_of(key, head_of(key)))
    names[i] = value_name(key)
  end
  return redis.call('UNLINK', unpack(names))
end

