-- Reserves a host's slot for a message. One atomic round trip; all times in microseconds since the epoch.
-- KEYS: host, reservation, domain (one hash tag, so one cluster slot)
-- ARGV: now, earliest, interval, horizon, window, room
-- Gives {1, slot} or, with nothing booked, {0, when the next would be}.
local now, earliest, interval = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local horizon, window, room = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local GRACE = 1000000

-- The client's numbers are beyond what Lua prints exactly by itself.
local function text(number) return string.format('%.0f', number) end
local function ms(span) return text(math.max(1, math.ceil(span / 1000))) end

local host = redis.call('HMGET', KEYS[1], 'free', 'slow')
local free, slow = tonumber(host[1] or '0'), tonumber(host[2] or '0')

-- Its own, unless missed by more than an interval or overtaken by a request to slow down.
local held = tonumber(redis.call('GET', KEYS[2]) or '-1')
if held >= slow and held + interval >= now then return {1, held} end

local slot = math.max(now, earliest, free, slow)
local index = math.floor(slot / window)
while slot - now <= horizon and tonumber(redis.call('HGET', KEYS[3], text(index)) or '0') >= room do
  index = index + 1
  slot = index * window
end
if slot - now > horizon then return {0, slot} end

local until_free = slot + interval
redis.call('HSET', KEYS[1], 'free', text(until_free))
redis.call('PEXPIRE', KEYS[1], ms(math.max(until_free, slow) - now + GRACE))
redis.call('SET', KEYS[2], text(slot), 'PX', ms(slot + interval - now + GRACE))
redis.call('HINCRBY', KEYS[3], text(index), 1)
redis.call('PEXPIRE', KEYS[3], ms(horizon + window + GRACE))

-- Windows that are over are swept now and then, so that a busy domain's hash keeps to its horizon.
if redis.call('HLEN', KEYS[3]) > 2 * horizon / window + 16 then
  local over = math.floor(now / window)
  for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
    if tonumber(field) < over then redis.call('HDEL', KEYS[3], field) end
  end
end
return {1, slot}
