-- Claims, and the steps that a call can name.

------------------------------------------------------------------------------------------------------------
-- Claims.

-- A text's claim without a story is one whose article's verdict is still under way (on a Cluster, between two steps).
local function claim_text(root, q, story_id, overwrite)
  if not q.has_text then return end
  local E = open(root, 'e')
  local held = not overwrite and get(E, q.hash)
  if not held or sub(held, 3, 18) == q.article then put(E, q.hash, date .. q.article .. story_id) end
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
  put(open(root, 'c'), q.article, sub(claim, 1, 59))
  if #claim > 59 then put(open(root, 'a'), q.article, date .. sub(claim, 60)) end
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

local function claim_article(root, q, claim)
  put_claim(root, q, claim)
  return 'v' .. claim
end

-- The first verdict stays: of two deliveries at once both get the same.
local function settle(root, q, claim)
  local held = get_claim(root, q)
  if held then return 'v' .. held end
  return claim_article(root, q, claim)
end

------------------------------------------------------------------------------------------------------------
-- The near decision as a whole.

-- Most stories that one article makes one.
local MOST_ALSO = 3

local function near(root, q)
  local v = { kind = 'n', story = q.own, of = '', score = 10000, postings = 0, shared = 0, containment = 0, jaccard = 0 }
  if not q.level then return v end
  local f = look_up(root, q)
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
-- Steps. One Redis does all in `decide`, for some articles one after the other; on a Cluster the client goes from slot to
-- slot with one.

local steps = {}

local function decide(roots, q)
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
  return claim_article(roots[1], q, new_claim(q, v))
end

local function decide_all()
  local answers = {}
  for i = 1, #KEYS / 3 do
    answers[i] = decide({ KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i] }, read(ARGV[2 * i], ARGV[2 * i + 1]))
  end
  return answers
end

-- ARGV 4 and 5: the claim and the story that the store knows.
function steps.restore(roots, q, argv)
  if get(open(roots[1], 'c'), q.article) then return 'held' end
  claim_text(roots[2], q, argv[5], false)
  if q.level then learn(look_up(roots[3], q), q, argv[5], 'first', NOBODY) end
  return claim_article(roots[1], q, argv[4])
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

-- ARGV 5: the story.
function steps.text(roots, q, argv) claim_text(roots[1], q, argv[5], false) end

function steps.learn(roots, q, argv) learn(look_up(roots[1], q), q, argv[5], 'first', NOBODY) end

-- ARGV 4: 'n' for a newer text, 'o' for an older one.
function steps.revise(roots, q, argv) revise(roots[1], q, argv[4], argv[5]) end

function steps.settle(roots, q, argv) return settle(roots[1], q, argv[4]) end

-- Whether a record of a posting has left the window: the story that it names has, or a common shingle's day.
local function is_over(key, holder)
  if byte(holder, 1) % 4 == COMMON then return number(holder, 2, 3) < oldest end
  return not get(open(key, 's'), name_of(holder))
end

-- KEYS: roots of one slot. Once a minute: half a window has so many minutes, and in that time each bucket is
-- seen once however little is written.
local function tidy(keys, minutes)
  for _, key in ipairs(keys) do
    for name in pairs(root_of(key).held) do
      local t = name == 'p' and open_postings(key) or name ~= 'd' and open(key, name)
      if t and t.n > 0 then
        for _ = 1, max(t.base / 32, math.ceil(t.b / minutes)) do
          if t.writes then
            sweep_postings(t, function(holder) return is_over(key, holder) end)
          else
            sweep(t)
          end
        end
        t.dirty = true
      end
    end
  end
end

if ARGV[1] == 'tidy' then
  set_day(read_packed('>I4I4I4', ARGV[2]))
  tidy(KEYS, read_packed('>I4', ARGV[2], 13))
  finish(true)
  return nil
end

local step = ARGV[1]
local answer = step == 'decide' and decide_all() or steps[step](KEYS, read(ARGV[2], ARGV[3]), ARGV)
finish(false)
return answer
