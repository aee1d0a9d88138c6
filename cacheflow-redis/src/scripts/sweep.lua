-- SWEEP: look at some names of the server, and remove the values among them that
-- an open record makes old by a pattern, a cache, or as part of everything.
--
-- KEYS 1…5 the journal's
-- ARGV 1 incarnation and 2 number of the record  3 prefix of all names
--      4 cursor  5 what SCAN matches: more than what is meant  6 how many names
--      7… pairs of the record
-- → { next cursor, removed, keys on which more depends }
--
-- The race: between SCAN and removal a newer value is filled; both are one step,
-- and its as-of number tells. Other names of ours and other people's are left
-- alone: a value is what begins like an envelope.
local known, n = lineage(), tonumber(ARGV[2])
if not known[ARGV[1]] then return { '0', 0, {} } end
PREFIX = ARGV[3]
local named, everything = {}, false
for i = 7, #ARGV, 2 do
  everything = everything or ARGV[i] == '*'
  named[#named + 1] = ARGV[i]
  named[#named + 1] = ARGV[i + 1]
end
local scanned = redis.call('SCAN', ARGV[4], 'MATCH', ARGV[5], 'COUNT', ARGV[6])
local removed, dependents, REV = 0, {}, 'rd:rev-deps:'
local left = 200 -- members of indexes that one step looks at

-- What was made of a key that is forgotten: its own values, as far as they are
-- older; of a large index all goes by way of its key, newer values too.
local function sweep_index(key)
  local size = redis.pcall('SCARD', rev_name(key))
  if type(size) == 'table' or size > left then
    dependents[#dependents + 1] = key
    return
  end
  left = left - size
  for _, member in ipairs(redis.call('SMEMBERS', rev_name(key))) do
    if is_key(member) then
      local gone, more = reclaim({ member }, n, known)
      removed = removed + gone
      if gone == 1 and #more == 1 then dependents[#dependents + 1] = member end
    end
  end
end

for _, name in ipairs(scanned[2]) do
  local key = string.sub(name, #PREFIX + 1)
  local is_index = string.sub(key, 1, #REV) == REV
  if is_index then key = string.sub(key, #REV + 1) end
  if is_key(key) and not (is_index and everything) then
    local entry = { key = key, tags = {}, deps = {}, is_tag = {}, is_key = {}, is_cache = { [cache_of(key)] = true } }
    if makes_old(named, 1, entry) then
      if is_index then
        sweep_index(key)
      else
        local head = head_of(key)
        if head and is_older(head, n, known) then removed = removed + remove({ key }) end
      end
    end
  end
end
return { scanned[1], removed, dependents }
