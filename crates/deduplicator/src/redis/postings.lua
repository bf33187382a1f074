
-- Postings: which stories have a shingle, or since when it is common.

------------------------------------------------------------------------------------------------------------
-- They are most of an index, so they have a table of their own kind (`p`): linear hashing too, but its buckets are
-- strings, fields of one large hash. A decision reads all it needs, some forty buckets, with one HMGET, and writes
-- them back with one HSET.
--
-- A bucket is a row of records, eight bytes each. Three are the mark's hash, of which the bucket's number says the
-- fourth: the table begins with 256 buckets, one for each last byte. Five are one story that holds the mark, as named in
-- rule.lua; a posting with more stories is as many records. A common shingle's are a first byte that no story's name has
-- and the day when it was last seen. Only that one has a day: the others are as old as their stories, and end with them.

local RECORD, TAG, BASE = 8, 3, 256
-- Records in a bucket on average: fewer, and each costs more of Redis' own bytes; more, and more is written for each.
local FULL = 16
-- Three bytes of a bucket's number are its field.
local MOST_BUCKETS = 16777216
-- Buckets split in one call, ten times what its articles need on average; a burst of long ones is made up for by later
-- calls. Lua passes 8,000 values at once, and nobody else is answered meanwhile.
local MOST_SPLITS = 512
-- The two low bits of a first byte that is no story's (rule.lua, `holder`).
local COMMON = 3

local function open_postings(root)
  local t = open(root, 'p', BASE)
  -- What is to be written, a field and its bucket in turn, and how many these are.
  t.writes = t.writes or {}
  t.written = t.written or 0
  return t
end

-- The field of the bucket with this number.
local function field_of(number)
  local low = number % 65536
  return char((number - low) / 65536, floor(low / 256), low % 256)
end

-- Where in a bucket the next record with this tag begins, from `from` on.
local function seek(bucket, tag, from)
  local at = find(bucket, tag, from, true)
  while at and at % RECORD ~= 1 do at = find(bucket, tag, at + 1, true) end
  return at
end

-- `holder` is the one story of a posting that there was none of. `bucket` is as it was read; postings of one bucket come
-- one after the other.
local function add_posting(t, field, bucket, tag, holder)
  local at, writes = t.written, t.writes
  if writes[at - 1] == field then bucket, at = writes[at], at - 2 end
  writes[at + 1], writes[at + 2] = field, (bucket or '') .. tag .. holder
  t.n, t.written, t.dirty = t.n + 1, at + 2, true
end

-- `holders`, five bytes each, are what the posting says from here on; otherwise as `add_posting`.
local function put_posting(t, field, bucket, tag, holders)
  local at = t.written
  if t.writes[at - 1] == field then bucket, at = t.writes[at], at - 2 end
  local held = seek(bucket, tag, 1)
  while held do
    bucket = sub(bucket, 1, held - 1) .. sub(bucket, held + RECORD)
    held = seek(bucket, tag, held)
  end
  for i = 1, #holders, RECORD - TAG do bucket = bucket .. tag .. sub(holders, i, i + RECORD - TAG - 1) end
  t.writes[at + 1], t.writes[at + 2] = field, bucket
  t.written, t.dirty = at + 2, true
end

-- Writes what has changed. What is not said of a bucket says that it is gone.
local function write_postings(t)
  if t.written > 0 then call('HSET', t.key, unpack(t.writes, 1, t.written)) end
  t.written = 0
end

-- Moves to new buckets what belongs there.
local function split_postings(t)
  local fields, first, most = {}, t.b, min(MOST_BUCKETS, t.b + MOST_SPLITS, math.ceil(t.n / FULL))
  local number, pow = {}, {}
  while t.b < most do
    local from = t.b - t.pow
    number[#number + 1], pow[#pow + 1], fields[#fields + 1] = t.b, t.pow, field_of(from)
    grow(t)
  end
  if #fields == 0 then return end
  for i, bucket in ipairs(call('HMGET', t.key, unpack(fields))) do
    bucket = bucket or ''
    local stay, go = {}, {}
    -- The byte of a tag that has the bit which decides, and the bit in it.
    local at, bit = 2, pow[i] / 256
    if bit >= 256 then at, bit = 1, bit / 256 end
    for record = 1, #bucket, RECORD do
      local side = byte(bucket, record + at) % (2 * bit) >= bit and go or stay
      side[#side + 1] = sub(bucket, record, record + RECORD - 1)
    end
    if #go > 0 then
      local at = t.written
      t.writes[at + 1], t.writes[at + 2] = fields[i], table.concat(stay)
      t.writes[at + 3], t.writes[at + 4] = field_of(number[i]), table.concat(go)
      t.written = at + 4
    end
  end
  write_postings(t)
end

-- Drops from the bucket that is next in turn the records that `is_over` of.
local function sweep_postings(t, is_over)
  t.h = t.h % t.b
  local field = field_of(t.h)
  local bucket, stay, gone, staying = call('HGET', t.key, field) or '', {}, {}, {}
  for record = 1, #bucket, RECORD do
    local tag, holder = sub(bucket, record, record + TAG - 1), sub(bucket, record + TAG, record + RECORD - 1)
    if is_over(holder) then
      gone[tag] = true
    else
      stay[#stay + 1], staying[tag] = tag .. holder, true
    end
  end
  if next(gone) then
    for tag in pairs(gone) do
      if not staying[tag] then t.n = t.n - 1 end
    end
    if #stay > 0 then
      call('HSET', t.key, field, table.concat(stay))
    else
      call('HDEL', t.key, field)
    end
  end
  t.h = t.h + 1
end

------------------------------------------------------------------------------------------------------------
-- The end of a call.

-- Splits what is too full and writes what has changed of the roots. `lives_on`: whether their time to live begins anew
-- whatever the day.
local function finish(lives_on)
  for key, root in pairs(roots) do
    local writes = {}
    local renewed = lives_on or root.held.d ~= date
    for name, t in pairs(root.tables) do
      if t.dirty then
        if t.writes then
          split_postings(t)
          if renewed then call('EXPIRE', t.key, keep_seconds) end
        else
          while t.n > LOAD * t.b do split(t) end
        end
        writes[#writes + 1] = name
        writes[#writes + 1] = pack(SHAPE, t.n, t.b, t.h)
      end
    end
    if #writes > 0 then
      if renewed then
        writes[#writes + 1] = 'd'
        writes[#writes + 1] = date
      end
      call('HSET', key, unpack(writes))
      if renewed then call('EXPIRE', key, keep_seconds) end
    end
  end
end
