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
-- beside its data, and a lookup is one HGET. Keys end with four bytes of a hash; values begin with their day.
-- Buckets get their time to live when they are made and whenever they are swept, not with each entry, which would
-- cost as much as the entry: the sweep (`tidy`) comes by twice a window, and they live three.
--
-- Postings are most of an index, and take less: their table (`p`) begins with 256 buckets, so that a bucket's number
-- says the last byte of its keys and fields go without it; and a posting that names stories has no day of its own. It
-- is as old as they are, and ends with them. Only that of a common shingle, which names none, is a day.

local tables = {}

local function open(root, name)
  local key = root .. ':' .. name
  if tables[key] then return tables[key] end
  local m = call('HMGET', key, 'n', 'b', 'h')
  local base = name == 'p' and 256 or 1
  local t = { key = key, root = root, base = base, n = tonumber(m[1]) or 0, b = tonumber(m[2]) or base,
    h = tonumber(m[3]) or 0, pow = base, buckets = key .. ':' }
  while t.pow * 2 <= t.b do t.pow = t.pow * 2 end
  tables[key] = t
  return t
end

-- The bucket of a key that ends with these four bytes.
local function bucket_of(t, a, b, c, d)
  local h = ((a * 256 + b) * 256 + c) * 256 + d
  local i = h % (2 * t.pow)
  if i >= t.b then i = h % t.pow end
  return t.buckets .. i
end

local function is_common(posting) return #posting == 2 end

-- Whether a value is within the window; of a posting that names stories nobody knows before they are looked up.
local function is_fresh(t, value)
  return (t.base > 1 and not is_common(value)) or day_of(value) >= oldest
end

local function get(t, key)
  local value = call('HGET', bucket_of(t, byte(key, -4, -1)), key)
  if value and day_of(value) >= oldest then return value end
  return nil
end

-- Counts an entry that was not there.
local function entered(t, bucket)
  t.n = t.n + 1
  -- Later ones are made by splitting.
  if t.n <= LOAD * t.base and call('HLEN', bucket) == 1 then call('EXPIRE', bucket, keep_seconds) end
end

local function put_into(t, bucket, field, value)
  if call('HSET', bucket, field, value) == 1 then entered(t, bucket) end
  t.dirty = true
end

-- Whether the field was free and has the value now.
local function put_new(t, bucket, field, value)
  if call('HSETNX', bucket, field, value) == 0 then return false end
  entered(t, bucket)
  t.dirty = true
  return true
end

local function put(t, key, value) put_into(t, bucket_of(t, byte(key, -4, -1)), key, value) end

-- Moves to the new bucket what belongs there and drops what has expired.
local function split(t)
  local i = t.b - t.pow
  local from = t.buckets .. i
  local all, moved, gone, going = call('HGETALL', from), {}, {}, 0
  -- All hashes of a bucket end alike; those go whose next bit is set. Fields of `p` lack the hash's last byte.
  local short = t.base > 1
  local bit = short and t.pow / 256 or t.pow
  for at = 1, #all, 2 do
    local field, value = all[at], all[at + 1]
    local a, b, c, d = byte(field, short and 1 or -4, -1)
    local hash = (a * 256 + b) * 256 + c
    if not short then hash = hash * 256 + d end
    if not is_fresh(t, value) then
      going = going + 1
      gone[going] = field
      t.n = t.n - 1
    elseif hash % (2 * bit) >= bit then
      going = going + 1
      gone[going] = field
      moved[#moved + 1] = field
      moved[#moved + 1] = value
    end
  end
  if #moved > 0 then
    local to = t.buckets .. t.b
    call('HSET', to, unpack(moved))
    call('EXPIRE', to, keep_seconds)
  end
  if #gone > 0 then call('HDEL', from, unpack(gone)) end
  t.b = t.b + 1
  if t.b == 2 * t.pow then t.pow = t.b end
end

-- `is_over` says which values have left the window.
local function sweep(t, is_over)
  t.h = t.h % t.b
  local key = t.buckets .. t.h
  local all, gone = call('HGETALL', key), {}
  for i = 1, #all, 2 do
    if is_over(t, all[i + 1]) then gone[#gone + 1] = all[i] end
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
