-- Patterns over full keys: `*` any run, `?` one character, `\` before what stands
-- for itself; anything else, `[` too, is itself.

-- Steps that one script spends on patterns. Past them everything matches, which
-- forgets too much and never too little.
local glob_steps = 20000

-- Whether the whole of `key` matches. Goes back to the last `*` only.
local function glob(pattern, key)
  local plain = string.find(pattern, '[*?\\]')
  if not plain then return pattern == key end
  if string.sub(pattern, 1, plain - 1) ~= string.sub(key, 1, plain - 1) then return false end
  if plain == #pattern and string.sub(pattern, plain) == '*' then return true end
  local byte = string.byte
  local p, t, star, from = plain, plain, nil, nil
  while t <= #key do
    glob_steps = glob_steps - 1
    if glob_steps < 0 then return true end
    local c, k = byte(pattern, p), byte(key, t)
    if c == 42 then -- *
      star, from = p, t
      p = p + 1
    else
      local step = 0
      if c == 63 then -- ?
        step = (k >= 0xF0 and 4) or (k >= 0xE0 and 3) or (k >= 0xC0 and 2) or 1
      elseif c == 92 then -- \
        if byte(pattern, p + 1) == k then
          p = p + 1
          step = 1
        end
      elseif c == k then
        step = 1
      end
      if step > 0 then
        p = p + 1
        t = t + step
      elseif star then
        from = from + 1
        p, t = star + 1, from
      else
        return false
      end
    end
  end
  for rest = p, #pattern do
    if byte(pattern, rest) ~= 42 then return false end
  end
  return true
end
