-- Appends a batch to a log if whoever asks has read all of it; else tells what is the last entry, and the next ones from
-- the last that was read on, which is told again if it is still there.
--
-- KEYS  the log, a stream; the id of its last entry, a string, which stays when entries are trimmed.
-- ARGV  1 the id that the asker takes for the last, empty of none; 2 the id of the new entry; 3 the batch, empty to ask
--       only; 4 seconds to live; 5 how many entries to tell of at most.

local last = redis.call('GET', KEYS[2]) or ''
if last == ARGV[1] then
  if ARGV[3] ~= '' then
    redis.call('XADD', KEYS[1], ARGV[2], 'b', ARGV[3])
    redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
    redis.call('EXPIRE', KEYS[1], ARGV[4])
  end
  return false
end
return { last, redis.call('XRANGE', KEYS[1], ARGV[1] == '' and '-' or ARGV[1], '+', 'COUNT', ARGV[5]) }
