-- Stands before every script that changes something.
--
-- The journal is a hash (inc: its incarnation, n: its last number, run: the run
-- id of the server that it was begun on) and a stream of the last records, whose
-- ids are their numbers. A record's fields are `m`, the message as it was
-- published, then a pair for each thing that it makes old: `k` with a full key,
-- or `c` with a cache.

local THIRTY_DAYS = 2592000000 -- ms: how long an unused journal is kept
local RECORDS = 10000          -- about so many records are kept
local LOOK_BACK = 256          -- a script looks at so many at most

-- The records after number `from` up to `to`; nil if there are too many, or not
-- all are there any more.
local function records_between(records, from, to)
  if to < from or to - from > LOOK_BACK then return nil end
  if to == from then return {} end
  local found = redis.call('XRANGE', records, string.format('%d', from + 1), string.format('%d', to))
  if #found ~= to - from then return nil end
  return found
end

-- Whether one of `found` makes an entry of `key` in `cache` old.
local function makes_old(found, key, cache)
  for _, record in ipairs(found) do
    local fields = record[2]
    for i = 3, #fields, 2 do
      local kind, what = fields[i], fields[i + 1]
      if (kind == 'k' and what == key) or (kind == 'c' and what == cache) then return true end
    end
  end
  return false
end

-- Appends a record and announces it; returns its number.
local function record(journal, records, channel, head, inc, pairs)
  local n = string.format('%d', redis.call('HINCRBY', journal, 'n', 1))
  local message = head .. ',"inc":"' .. inc .. '","n":' .. n .. '}'
  redis.call('XADD', records, 'MAXLEN', '~', RECORDS, n .. '-0', 'm', message, unpack(pairs))
  redis.call('PEXPIRE', journal, THIRTY_DAYS)
  redis.call('PEXPIRE', records, THIRTY_DAYS)
  redis.call('PUBLISH', channel, message)
  return n
end

-- The messages between where the caller stands and `n`, for its answer; false
-- if they cannot be told.
local function missed(records, inc, n, known_inc, known_n)
  if known_inc ~= inc then return false end
  local found = records_between(records, tonumber(known_n), n)
  if not found then return false end
  local messages = {}
  for i, record in ipairs(found) do messages[i] = record[2][2] end
  return messages
end
