-- The index's one step in Redis: check and claim, atomically, in one round trip. First part: the tables.
--
-- The rule is that of src/rule.rs and the bytes are those of src/memory.rs; one contract test runs over both.
-- Shares are whole ten-thousandths, integers are big-endian, and binary strings are never ordered by `<`,
-- which would follow the server's locale.
--
-- KEYS  the roots of three groups of tables, each with a hash tag of its own: claims by article id, exact texts,
--       and one language's postings and stories. A call for one step alone has one root.
-- ARGV  1 the step; the rest is read by `read` in rule.lua.

local call, byte, char, sub, floor = redis.call, string.byte, string.char, string.sub, math.floor
local min, max = math.min, math.max

local MAX_LEVEL = 8
-- Entries in a bucket on average. Redis keeps a hash in a listpack up to 128 entries (its smallest default), and
-- in linear hashing a bucket may hold twice the average before its turn to be split.
local LOAD = 48

local today, oldest, keep_seconds
-- Today's two bytes, with which every value written begins.
local date

local function u16(n) return char(floor(n / 256), n % 256) end

local function number(text, from, to)
  local n = 0
  for i = from, to do n = n * 256 + byte(text, i) end
  return n
end

local function day_of(value)
  local high, low = byte(value, 1, 2)
  return high * 256 + low
end

------------------------------------------------------------------------------------------------------------
-- Tables: linear hashing (Litwin 1980) over small Redis hashes. A table has `b` buckets; when they hold more than
-- LOAD entries on average, the next in turn is split in two. So a table of any size takes a few bytes an entry
-- beside its data, and a lookup is one HGET. Fields end with four bytes of a hash; values begin with their day.
-- Buckets get their time to live when they are made and whenever they are swept, not with each entry, which would
-- cost as much as the entry: the sweep (`tidy`) comes by twice a window, and they live three.

local tables = {}

local function open(root, name)
  local key = root .. ':' .. name
  if tables[key] then return tables[key] end
  local m = call('HMGET', key, 'n', 'b', 'h')
  local t = { key = key, n = tonumber(m[1]) or 0, b = tonumber(m[2]) or 1, h = tonumber(m[3]) or 0, pow = 1, names = {} }
  while t.pow * 2 <= t.b do t.pow = t.pow * 2 end
  tables[key] = t
  return t
end

local function hash(field)
  local a, b, c, d = byte(field, -4, -1)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function bucket(t, field)
  local name = t.names[field]
  if not name then
    local h = hash(field)
    local i = h % (2 * t.pow)
    if i >= t.b then i = h % t.pow end
    name = t.key .. ':' .. i
    t.names[field] = name
  end
  return name
end

local function get(t, field)
  local value = call('HGET', bucket(t, field), field)
  if value and day_of(value) >= oldest then return value end
  return nil
end

local function put(t, field, value)
  local key = bucket(t, field)
  if call('HSET', key, field, value) == 1 then
    if t.n == 0 then call('EXPIRE', key, keep_seconds) end
    t.n = t.n + 1
  end
  t.dirty = true
end

-- Moves to the new bucket what belongs there and drops what has expired.
local function split(t)
  local from = t.key .. ':' .. (t.b - t.pow)
  local all, moved, gone = call('HGETALL', from), {}, {}
  for i = 1, #all, 2 do
    if day_of(all[i + 1]) < oldest then
      gone[#gone + 1] = all[i]
      t.n = t.n - 1
    elseif hash(all[i]) % (2 * t.pow) == t.b then
      gone[#gone + 1] = all[i]
      moved[#moved + 1] = all[i]
      moved[#moved + 1] = all[i + 1]
    end
  end
  if #moved > 0 then
    local to = t.key .. ':' .. t.b
    call('HSET', to, unpack(moved))
    call('EXPIRE', to, keep_seconds)
  end
  if #gone > 0 then call('HDEL', from, unpack(gone)) end
  t.b = t.b + 1
  if t.b == 2 * t.pow then t.pow = t.b end
  t.names = {}
end

local function sweep(t)
  t.h = t.h % t.b
  local key = t.key .. ':' .. t.h
  local all, gone = call('HGETALL', key), {}
  for i = 1, #all, 2 do
    if day_of(all[i + 1]) < oldest then gone[#gone + 1] = all[i] end
  end
  if #gone > 0 then
    call('HDEL', key, unpack(gone))
    t.n = t.n - #gone
  end
  call('EXPIRE', key, keep_seconds)
  t.h = t.h + 1
end

local function close(t)
  if not t.dirty then return end
  t.dirty = false
  while t.n > LOAD * t.b do split(t) end
  call('HSET', t.key, 'n', t.n, 'b', t.b, 'h', t.h)
  call('EXPIRE', t.key, keep_seconds)
end
