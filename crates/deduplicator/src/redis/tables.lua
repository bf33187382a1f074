-- The index's one step in Redis: check and claim, atomically, in one round trip. First part: the tables.
--
-- The rule is that of src/rule.rs and the bytes are those of src/memory.rs; one contract test runs over both.
-- Shares are whole ten-thousandths, integers are big-endian, and binary strings are never ordered by `<`,
-- which would follow the server's locale.
--
-- KEYS  for each article the roots of three groups of tables, each with a hash tag of its own: claims by article id,
--       exact texts, and one language's postings and stories. A call for one step alone has one root.
-- ARGV  1 the step; then for each article its head and its marks, as `read` in rule.lua reads them.

local call, byte, char, sub, find = redis.call, string.byte, string.char, string.sub, string.find
local floor, min, max = math.floor, math.min, math.max
local pack, read_packed = struct.pack, struct.unpack

local MAX_LEVEL = 8
-- Entries in a bucket on average. Redis keeps a hash in a listpack up to 128 entries (its smallest default), and
-- in linear hashing a bucket may hold twice the average before its turn to be split.
local LOAD = 48

local today, oldest, keep_seconds
-- Today's two bytes, with which every value written begins.
local date

local function set_day(...)
  today, oldest, keep_seconds = ...
  date = pack('>H', today)
end

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
-- Roots. A root's key holds what is to be known of its tables, for each by its letter the number of entries, that of
-- buckets and where the sweep is; and as `d` the day when its time to live was last set. It is read once a call and
-- written once (`finish`): a command costs Redis more than what it moves.

local SHAPE = '>I4I4I4'

local roots = {}

local function root_of(key)
  local root = roots[key]
  if not root then
    root = { key = key, tables = {}, held = {} }
    local held = call('HGETALL', key)
    for i = 1, #held, 2 do root.held[held[i]] = held[i + 1] end
    roots[key] = root
  end
  return root
end

-- `base`: how many buckets the table begins with.
local function open(key, name, base)
  local root = root_of(key)
  local t = root.tables[name]
  if t then return t end
  local held = root.held[name]
  base = base or 1
  t = { base = base, n = 0, b = base, h = 0, pow = base, key = key .. ':' .. name }
  if held then t.n, t.b, t.h = read_packed(SHAPE, held) end
  while t.pow * 2 <= t.b do t.pow = t.pow * 2 end
  root.tables[name] = t
  return t
end

------------------------------------------------------------------------------------------------------------
-- Tables: linear hashing (Litwin 1980) over small Redis hashes. A table has `b` buckets; when they hold more than
-- LOAD entries on average, the next in turn is split in two. So a table of any size takes a few bytes an entry
-- beside its data, and a lookup is one HGET. Keys end with four bytes of a hash; values begin with their day.
-- Buckets get their time to live when they are made and whenever they are swept, not with each entry, which would
-- cost as much as the entry: the sweep (`tidy`) comes by twice a window, and they live three.

-- The bucket of a key that ends with these four bytes.
local function bucket_of(t, a, b, c, d)
  local h = ((a * 256 + b) * 256 + c) * 256 + d
  local i = h % (2 * t.pow)
  if i >= t.b then i = h % t.pow end
  return t.key .. ':' .. i
end

local function is_fresh(value) return day_of(value) >= oldest end

local function get(t, key)
  local value = call('HGET', bucket_of(t, byte(key, -4, -1)), key)
  if value and is_fresh(value) then return value end
  return nil
end

local function put(t, key, value)
  local bucket = bucket_of(t, byte(key, -4, -1))
  if call('HSET', bucket, key, value) == 1 then
    t.n = t.n + 1
    -- Later ones are made by splitting.
    if t.n <= LOAD and call('HLEN', bucket) == 1 then call('EXPIRE', bucket, keep_seconds) end
  end
  t.dirty = true
end

-- Takes the next bucket in turn into use.
local function grow(t)
  t.b = t.b + 1
  if t.b == 2 * t.pow then t.pow = t.b end
end

-- Moves to the new bucket what belongs there and drops what has expired.
local function split(t)
  local from = t.key .. ':' .. (t.b - t.pow)
  local all, moved, gone = call('HGETALL', from), {}, {}
  for at = 1, #all, 2 do
    local field, value = all[at], all[at + 1]
    if not is_fresh(value) then
      gone[#gone + 1] = field
      t.n = t.n - 1
    elseif number(field, #field - 3, #field) % (2 * t.pow) >= t.pow then
      -- All hashes of a bucket end alike; those go whose next bit is set.
      gone[#gone + 1] = field
      moved[#moved + 1] = field
      moved[#moved + 1] = value
    end
  end
  if #moved > 0 then
    local to = t.key .. ':' .. t.b
    call('HSET', to, unpack(moved))
    call('EXPIRE', to, keep_seconds)
  end
  if #gone > 0 then call('HDEL', from, unpack(gone)) end
  grow(t)
end

-- Drops what has expired from the bucket that is next in turn.
local function sweep(t)
  t.h = t.h % t.b
  local key = t.key .. ':' .. t.h
  local all, gone = call('HGETALL', key), {}
  for i = 1, #all, 2 do
    if not is_fresh(all[i + 1]) then gone[#gone + 1] = all[i] end
  end
  if #gone > 0 then
    call('HDEL', key, unpack(gone))
    t.n = t.n - #gone
  end
  call('EXPIRE', key, keep_seconds)
  t.h = t.h + 1
end
