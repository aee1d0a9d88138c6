-- SET: a value is kept provisionally, for a short time, until the journal has
-- been read. A newer one of the same journal stays: a filler that comes late
-- must not replace it.
--
-- KEYS 1 value
-- ARGV 1 envelope, provisional  2 ttl in ms
-- → 1 kept, 0 refused
local head = redis.pcall('GETRANGE', KEYS[1], 0, 77)
if type(head) == 'string' and #head == 78 then
  local magic = string.sub(head, 17, 18)
  local same = string.sub(head, 55, 62) == string.sub(ARGV[1], 55, 62)
  if (magic == 'CF' or magic == 'Cf') and same
    and struct.unpack('<I8', head) > struct.unpack('<I8', ARGV[1]) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
