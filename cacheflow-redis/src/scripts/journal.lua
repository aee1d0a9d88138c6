-- Stands before every script that reads or writes the journal.
--
-- KEYS 1 journal       HASH: `run` the run id of the server that it was begun or
--                      adopted on, `inc` its incarnation in 16 hex digits, `n` its
--                      last number, `anc` the incarnations before, newest first,
--                      as `inc:upto,inc:upto,…`
--      2 records       STREAM: the last records, `{number}-0`; the field `m` is the
--                      message as it was published, then comes a pair for each
--                      thing that it makes old: `k` a full key, `t` a tag, `c` a
--                      cache, `p` a pattern, `*` everything
--      3 open          HASH number → message: what is not done
--      4 held          HASH full key → `number=until;…`: writes under way, until
--                      when at most by this server's clock in ms
--      5 nodes         HASH origin → `inc number time first`: who stands where, when
--                      it said so last, and when it did so first
--   {journal}:reclaim:{number}:{i}  SET: an index that a record took away
--
-- Every script can be given just these keys, wherever values lie.

local JOURNAL, RECORDS, OPEN, HELD, NODES = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local THIRTY_DAYS = '2592000000' -- ms: how long an unused journal is kept
local HOUR = '3600000'           -- ms: how long a silent node is remembered at most
local KEPT_RECORDS = '10000'     -- about so many records are kept
local LOOK_BACK = 256            -- a script looks at so many at most,
local LOOKED_AT = 16000          -- with so many fields in all
local ANSWERED = 524288          -- bytes of messages in an answer at most

-- A whole number as text. `tostring` rounds large ones, and `%d` is only as wide
-- as the machine's.
local function text(number)
  return string.format('%.0f', number)
end

-- This server's clock in ms.
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The run id of this server.
local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or 'unknown'
end

local function is_replica()
  return string.match(redis.call('INFO', 'replication'), 'role:(%a+)') == 'slave'
end

local NOT_HERE = 'READONLY this server is a replica'

-- A new journal: nothing of an old one is believed.
local function begin(inc)
  redis.call('UNLINK', JOURNAL, RECORDS, OPEN, HELD, NODES)
  redis.call('HSET', JOURNAL, 'run', run_id(), 'inc', inc, 'n', '0')
  redis.call('PEXPIRE', JOURNAL, THIRTY_DAYS)
end

-- Where the journal stands, which begins if there is none: incarnation, number.
--
-- A server without memory refuses a script that *begins* with what may need some;
-- one that has written something goes on. Forgetting must not fail for that, so
-- this writes at once what needs none.
local function opened(inc)
  redis.call('PEXPIRE', JOURNAL, THIRTY_DAYS)
  local journal = redis.call('HMGET', JOURNAL, 'inc', 'n')
  local n = tonumber(journal[2] or '')
  if journal[1] and n then return journal[1], n end
  begin(inc)
  return inc, 0
end

-- The incarnations whose values are believed, each with its last number; the
-- present one's is `last`.
local function lineage()
  local journal = redis.call('HMGET', JOURNAL, 'inc', 'n', 'anc')
  local known = {}
  for inc, upto in string.gmatch(journal[3] or '', '(%x+):(%d+)') do known[inc] = tonumber(upto) end
  if journal[1] and journal[2] then known[journal[1]] = tonumber(journal[2]) end
  return known
end

-- Calls `visit` with the fields of each record after number `from` up to `to`,
-- until it answers true. → 'all', 'stopped', or nil if there are too many or not
-- all are there any more.
local function walk(from, to, visit)
  if not from or not to or to < from or to - from > LOOK_BACK then return nil end
  local left, next, count = LOOKED_AT, from + 1, 4
  while next <= to do
    local found = redis.call('XRANGE', RECORDS, text(next), text(to), 'COUNT', count)
    if #found == 0 then return nil end
    local before = left
    for _, record in ipairs(found) do
      left = left - #record[2]
      if left < 0 or record[1] ~= text(next) .. '-0' then return nil end
      if visit(record[2]) then return 'stopped' end
      next = next + 1
    end
    -- Large records are read one by one: reading them is what takes time.
    count = before - left > 500 and 1 or math.min(count * 2, 64)
  end
  return 'all'
end

-- The messages after where the caller stands up to `to`, for its answer; false
-- if they cannot be told.
local function missed(inc, to, known_inc, known_n)
  if known_inc ~= inc then return false end
  local messages, bytes = {}, 0
  local walked = walk(tonumber(known_n), to, function(fields)
    messages[#messages + 1] = fields[2]
    bytes = bytes + #fields[2]
    return bytes > ANSWERED
  end)
  return walked == 'all' and messages
end

-- Appends a record under the next number and announces it: one step with
-- whatever else its script does, which has prolonged the journal's life. `sets` is how
-- many indexes it took away.
-- → its number as text, its message
local function append(inc, channel, body, named, open, sets)
  local n = text(redis.call('HINCRBY', JOURNAL, 'n', 1))
  local message = body
    .. (open and ',"open":true' or '')
    .. (sets > 0 and ',"sets":' .. sets or '')
    .. ',"inc":"' .. inc .. '","n":' .. n .. '}'
  local function add()
    return redis.pcall('XADD', RECORDS, 'MAXLEN', '~', KEPT_RECORDS, n .. '-0', 'm', message, unpack(named))
  end
  if type(add()) == 'table' then
    -- Of another journal, or no stream: nothing there is worth keeping.
    redis.call('UNLINK', RECORDS)
    add()
  end
  if open then
    redis.call('HSET', OPEN, n, message)
    redis.call('PEXPIRE', OPEN, THIRTY_DAYS)
  end
  redis.call('PEXPIRE', RECORDS, THIRTY_DAYS)
  if channel ~= '' then redis.call('PUBLISH', channel, message) end
  return n, message
end

-- The parts of a text of `held` that are not over at `time` and not of number
-- `but`; empty if there are none.
local function still_held(field, time, but)
  local left = {}
  for n, till in string.gmatch(field or '', '(%d+)=(%d+)') do
    if n ~= but and tonumber(till) > time then left[#left + 1] = n .. '=' .. till end
  end
  return table.concat(left, ';')
end

-- Drops from `held` what is over for `key`, and number `but`.
local function release(key, time, but)
  local left = still_held(redis.call('HGET', HELD, key), time, but)
  if left == '' then redis.call('HDEL', HELD, key) else redis.call('HSET', HELD, key, left) end
end

-- Writes down that a write to `key` is under way for at most `ms`, as record `n`
-- says. What others left behind is cleared away, two keys at a time.
local function hold(key, n, ms)
  local time = now()
  for _, other in ipairs(redis.call('HRANDFIELD', HELD, 2)) do
    for over, till in string.gmatch(redis.call('HGET', HELD, other) or '', '(%d+)=(%d+)') do
      if tonumber(till) <= time then redis.call('HDEL', OPEN, over) end
    end
    release(other, time)
  end
  local others = still_held(redis.call('HGET', HELD, key), time)
  local mine = n .. '=' .. text(time + tonumber(ms))
  redis.call('HSET', HELD, key, others == '' and mine or others .. ';' .. mine)
  redis.call('PEXPIRE', HELD, THIRTY_DAYS)
end
