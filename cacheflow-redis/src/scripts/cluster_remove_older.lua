-- REMOVE OLDER: a value goes if it is older than a record and, where a mark is
-- named, carries it: whoever has been given other tags since is not meant.
-- Whatever does not look like an entry is somebody else's and stays. Of one in a
-- later version's form nobody here knows the marks: it goes.
--
-- KEYS 1 value
-- ARGV 1 number of the record  2 `t`, `d` or nothing  3 tag or key
-- → 1 removed, 0 not
local head = redis.pcall('GETRANGE', KEYS[1], 0, 77)
if type(head) ~= 'string' or #head < 78 then return 0 end
local magic = string.sub(head, 17, 18)
if magic ~= 'CF' and magic ~= 'Cf' then return 0 end
if struct.unpack('<I8', head) >= tonumber(ARGV[1]) then return 0 end
if ARGV[2] ~= '' and string.byte(head, 19) == 1 then
  local key_len, marks_len = struct.unpack('<I2I2', head, 67)
  local from = 78 + key_len
  local marks = redis.call('GETRANGE', KEYS[1], from, from + marks_len - 1)
  local at, carries = 1, false
  while marks_len > 0 and at + 2 <= #marks and not carries do
    local len = struct.unpack('<I2', marks, at + 1)
    carries = string.sub(marks, at, at) == ARGV[2]
      and string.sub(marks, at + 3, at + 2 + len) == ARGV[3]
    at = at + 3 + len
  end
  if not carries then return 0 end
end
return redis.call('UNLINK', KEYS[1])
