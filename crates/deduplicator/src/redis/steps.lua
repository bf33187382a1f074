-- Claims, and the steps that a call can name.

------------------------------------------------------------------------------------------------------------
-- Claims.

-- A text's claim without a story is one whose article's verdict is still under way (on a Cluster, between two steps).
local function claim_text(root, q, story_id, overwrite)
  if not q.has_text then return end
  local E = open(root, 'e')
  local held = get(E, q.hash)
  if overwrite or not held or sub(held, 3, 18) == q.article then
    put(E, q.hash, date .. q.article .. story_id)
    close(E)
  end
end

local function exact(root, q)
  if not q.has_text then return nil end
  local held = get(open(root, 'e'), q.hash)
  if not held or #held < 34 or sub(held, 3, 18) == q.article then return nil end
  return { kind = 'e', story = sub(held, 19, 34), of = sub(held, 3, 18), score = 10000, postings = 0, shared = 0,
    containment = 10000, jaccard = 10000 }
end

-- A claim as it is told and asked for. What a whole joins beside is a value of its own, or a bucket would outgrow
-- its listpack for the sake of one claim.
local function get_claim(root, q)
  local claim = get(open(root, 'c'), q.article)
  if not claim or sub(claim, 17, 17) ~= 'm' then return claim end
  return claim .. sub(get(open(root, 'a'), q.article) or date, 3)
end

local function put_claim(root, q, claim)
  local C = open(root, 'c')
  put(C, q.article, sub(claim, 1, 59))
  close(C)
  if #claim > 59 then
    local A = open(root, 'a')
    put(A, q.article, date .. sub(claim, 60))
    close(A)
  end
end

-- What is held of the article: 'v' and its claim for the same text, 'r' with whether this one is newer and the
-- story for another, nil for an article that is not known.
local function known(root, q)
  local claim = get_claim(root, q)
  if not claim then return nil end
  if sub(claim, 9, 16) == sub(q.hash, 1, 8) then return 'v' .. claim end
  local newer = number(q.observed, 1, 6) > number(claim, 3, 8)
  if newer then put_claim(root, q, date .. q.observed .. sub(claim, 9)) end
  return 'r' .. (newer and 'n' or 'o') .. story_of_claim(q, claim)
end

local function revise(root, q, newer, story_id)
  if q.level then learn(look_up(root, q), q, story_id, newer == 'n' and 'newer' or 'older', NOBODY) end
end

-- The first verdict stays: of two deliveries at once both get the same.
local function settle(root, q, claim)
  local held = get_claim(root, q)
  if held then return 'v' .. held end
  put_claim(root, q, claim)
  return 'v' .. claim
end

------------------------------------------------------------------------------------------------------------
-- The near decision as a whole.

-- Most stories that one article makes one.
local MOST_ALSO = 3

local function near(root, q)
  local v = { kind = 'n', story = q.own, of = '', score = 10000, postings = 0, shared = 0, containment = 0, jaccard = 0 }
  if not q.level then return v end
  local f = look_up(root, q, name_of(q.own))
  local ranked, copies, also = judge(f, q), {}, {}
  local best = ranked[1]
  if best and best.score > 0 then
    v.postings, v.shared, v.containment, v.jaccard = best.article, best.shared, best.containment, best.jaccard
  else
    v.postings = f.live
  end
  for i, c in ipairs(ranked) do
    local s = f.stories[c.name]
    if c.copy then
      copies[c.name] = true
      if i == 1 then
        v.kind, v.story, v.of, v.score = 'c', s.story, s.opener, c.score
      elseif q.published <= s.published and #also < MOST_ALSO then
        v.kind = 'm'
        also[#also + 1] = s.story
      end
    end
  end
  v.also = table.concat(also)
  learn(f, q, v.story, 'first', copies)
  return v
end

------------------------------------------------------------------------------------------------------------
-- Steps. One Redis does all in `decide`; on a Cluster the client goes from slot to slot.

local steps = {}

function steps.decide(roots, q)
  local answer = known(roots[1], q)
  if answer and sub(answer, 1, 1) == 'r' then
    local story_id = sub(answer, 3)
    claim_text(roots[2], q, story_id, false)
    revise(roots[3], q, sub(answer, 2, 2), story_id)
  end
  if answer then return answer end
  local v = exact(roots[2], q)
  if not v then
    v = near(roots[3], q)
    claim_text(roots[2], q, v.story, true)
  end
  return settle(roots[1], q, new_claim(q, v))
end

-- ARGV 27 and 28: the claim and the story that the store knows.
function steps.restore(roots, q, argv)
  if get(open(roots[1], 'c'), q.article) then return 'held' end
  claim_text(roots[2], q, argv[28], false)
  if q.level then learn(look_up(roots[3], q), q, argv[28], 'first', NOBODY) end
  return settle(roots[1], q, argv[27])
end

function steps.known(roots, q) return known(roots[1], q) end

function steps.peek(roots, q) return get_claim(roots[1], q) end

function steps.exact(roots, q)
  local v = exact(roots[1], q)
  if v then return new_claim(q, v) end
  claim_text(roots[1], q, '', false)
  return nil
end

function steps.near(roots, q) return new_claim(q, near(roots[1], q)) end

-- ARGV 28: the story.
function steps.text(roots, q, argv) claim_text(roots[1], q, argv[28], false) end

function steps.learn(roots, q, argv) learn(look_up(roots[1], q), q, argv[28], 'first', NOBODY) end

-- ARGV 27: 'n' for a newer text, 'o' for an older one.
function steps.revise(roots, q, argv) revise(roots[1], q, argv[27], argv[28]) end

function steps.settle(roots, q, argv) return settle(roots[1], q, argv[27]) end

-- Whether a value has left the window; a posting has when all its stories have.
local function is_over(t, value)
  if t.base == 1 or is_common(value) then return not is_fresh(t, value) end
  local stories = open(t.root, 's')
  for at = 1, #value, 5 do
    if get(stories, name_of(sub(value, at, at + 4))) then return false end
  end
  return true
end

-- KEYS: tables of one slot. Once a minute: half a window has so many minutes (ARGV 5), and in that time each bucket is
-- seen once however little is written.
local function tidy(keys, minutes)
  for _, key in ipairs(keys) do
    local root, name = key:match('^(.*):(%a)$')
    local t = open(root, name)
    if t.n > 0 then
      for _ = 1, max(t.base / 32, math.ceil(t.b / minutes)) do sweep(t, is_over) end
      t.dirty = true
      close(t)
    end
  end
end

if ARGV[1] == 'tidy' then
  today, oldest, keep_seconds = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
  date = u16(today)
  return tidy(KEYS, tonumber(ARGV[5]))
end

return steps[ARGV[1]](KEYS, read(ARGV), ARGV)
