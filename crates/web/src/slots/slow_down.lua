-- Leaves a host alone until a time; an earlier, longer request stands.
-- KEYS: host   ARGV: now, until (microseconds since the epoch)
local now, till = tonumber(ARGV[1]), tonumber(ARGV[2])
local host = redis.call('HMGET', KEYS[1], 'free', 'slow')
local free, slow = tonumber(host[1] or '0'), tonumber(host[2] or '0')
if till <= slow then return 0 end
redis.call('HSET', KEYS[1], 'slow', string.format('%.0f', till))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(1, math.ceil((math.max(free, till) - now) / 1000) + 1000)))
return 1
