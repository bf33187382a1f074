-- The rule of src/rule.rs over the tables of tables.lua.

------------------------------------------------------------------------------------------------------------
-- What is asked.

local NAMES = '>c16c16c6c4c16c16B'
-- Levels that are none: of an article without a text, and of a text that is too short to be compared.
local NO_TEXT, SHORT = 255, 254

-- What is asked about one article (`Call::packed` in call.rs): its head (the days, its own integers and the thresholds,
-- four bytes each; names; counts of its marks), and its marks.
local function read(head, marks)
  local q, level, at = { marks = marks }, nil, nil
  set_day(read_packed('>I4I4I4', head))
  q.refresh, q.published, q.pairs, q.common_after, q.min_shared, q.min_left, q.of_article, q.of_story, q.of_both,
    q.other_way, q.of_core, q.same_site, q.of_figures, q.same_figures, q.with_same_figures, at
    = read_packed('>I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4', head, 13)
  q.article, q.hash, q.observed, q.site, q.own, q.figures, level, at = read_packed(NAMES, head, at)
  q.has_text, q.level, q.counts = level ~= NO_TEXT, level < SHORT and level or nil, sub(head, at)
  return q
end

------------------------------------------------------------------------------------------------------------
-- Records.

local STORY = '>c2c4I4c16c16B'

local function decode_story(value)
  local s, at = { all = {}, core = {} }, nil
  s.day, s.site, s.published, s.opener, s.story, s.level, at = read_packed(STORY, value)
  for level = s.level, MAX_LEVEL - 1 do
    s.all[level], s.core[level] = byte(value, at, at + 1)
    at = at + 2
  end
  s.all[MAX_LEVEL], s.core[MAX_LEVEL] = read_packed('>HH', value, at)
  return s
end

local function encode_story(s)
  local out = { pack(STORY, s.day, s.site, s.published, s.opener, s.story, s.level) }
  for level = s.level, MAX_LEVEL - 1 do
    out[#out + 1] = char(min(255, s.all[level]), min(255, s.core[level]))
  end
  out[#out + 1] = pack('>HH', s.all[MAX_LEVEL], s.core[MAX_LEVEL])
  return table.concat(out)
end

local function new_claim(q, v)
  local claim = date .. q.observed .. sub(q.hash, 1, 8) .. v.kind
    .. pack('>HHHHH', v.postings, v.shared, v.containment, v.jaccard, v.score)
  if v.kind ~= 'n' then claim = claim .. v.story .. v.of .. (v.also or '') end
  return claim
end

local function story_of_claim(q, claim)
  if #claim >= 43 then return sub(claim, 28, 43) end
  return q.own
end

------------------------------------------------------------------------------------------------------------
-- The near decision (src/rule.rs).

local function share(part, whole)
  if whole == 0 then return 0 end
  return floor(min(part, whole) * 10000 / whole)
end

-- What a shingle is to its story: in the middle of its body, elsewhere in it, only in a copy of it.
local CORE, EDGE, EXTRA = 0, 1, 2

-- A story's name in postings is the first five bytes of its id, but for the two low bits of the first one: in a posting
-- they say which part of the story it is about.
local function name_of(id)
  local first = byte(id, 1)
  return char(first - first % 4) .. sub(id, 2, 5)
end

local function holder(name, part)
  return char(byte(name, 1) + part) .. sub(name, 2)
end

-- A posting's stories and their parts, one after the other: name, part, name, part.
local NOBODY = {}

local function encode_holders(holders)
  local out = {}
  for h = 1, #holders, 2 do out[#out + 1] = holder(holders[h], holders[h + 1]) end
  return table.concat(out)
end

-- What stands in place of a story for a shingle that is common.
local function common_since(day) return char(COMMON) .. day .. '\0\0' end

local function story(f, name)
  local s = f.stories[name]
  if s == nil then
    local value = get(f.S, name)
    s = value and decode_story(value) or false
    f.stories[name] = s
  end
  return s
end

-- Of a posting that begins at `at`: the stories that are within the window, or nil and since when it is common.
local function holders_of(f, bucket, tag, at)
  local holders = NOBODY
  while at do
    local first = byte(bucket, at + TAG)
    if first % 4 == COMMON then
      local day = number(bucket, at + TAG + 1, at + TAG + 2)
      if day >= oldest then return nil, day end
    else
      local name = name_of(sub(bucket, at + TAG, at + RECORD - 1))
      if story(f, name) then
        if holders == NOBODY then holders = {} end
        holders[#holders + 1] = name
        holders[#holders + 1] = first % 4
      end
    end
    at = seek(bucket, tag, at + RECORD)
  end
  return holders
end

-- Counts of the article's marks by level, from its own on: all of them, those in the core, those with a figure.
local function decode_counts(f, q)
  f.all, f.core, f.figures = {}, {}, {}
  local at = 1
  for level = q.level, MAX_LEVEL do
    f.all[level], f.core[level], f.figures[level], at = read_packed('>HHH', q.counts, at)
  end
end

-- A mark of `kind` is counted once more or (`by` -1) once less.
local function recount(counts, first, kind, by)
  for level = first, floor(kind / 4) do counts[level] = counts[level] + by end
end

local function leave_out(f, q, kind)
  recount(f.all, q.level, kind, -1)
  if kind % 2 == 1 then recount(f.core, q.level, kind, -1) end
  if kind % 4 >= 2 then recount(f.figures, q.level, kind, -1) end
end

-- A mark is four bytes of its hash and its kind: the coarsest level it is kept at, whether it has a figure and whether
-- it stands in the core.
local MARK = 5

-- `hits`: which marks have a posting; of those `holders` or since when they are `common`.
local function look_up(root, q)
  local marks, P, fields, tags, kinds = q.marks, open_postings(root), {}, {}, {}
  local full, small = P.b, P.pow / 256
  local large = 2 * small
  for i = 1, #marks / MARK do
    local at = MARK * i
    local b, c, d, kind = byte(marks, at - 3, at)
    local high = (b * 256 + c) % large
    if high * 256 + d >= full then high = high % small end
    local low = high % 256
    fields[i], tags[i], kinds[i] = char((high - low) / 256, low, d), sub(marks, at - 4, at - 2), kind
  end
  local buckets = #fields > 0 and call('HMGET', P.key, unpack(fields)) or {}
  local f = { root = root, P = P, S = open(root, 's'), fields = fields, tags = tags, kinds = kinds,
    buckets = buckets, hits = {}, holders = {}, common = {}, stories = {}, changed = {}, live = #fields }
  decode_counts(f, q)
  for i = 1, #fields do
    local bucket, tag = buckets[i], tags[i]
    local at = bucket and find(bucket, tag, 1, true)
    if at and at % RECORD ~= 1 then at = seek(bucket, tag, at + 1) end
    if at then
      f.hits[#f.hits + 1] = i
      f.holders[i], f.common[i] = holders_of(f, bucket, tag, at)
      if f.common[i] then
        f.live = f.live - 1
        leave_out(f, q, kinds[i])
      end
    end
  end
  return f
end

-- The marks shared with each story but the article's own.
local function share_out(f, q)
  f.shared = {}
  local own = name_of(q.own)
  for _, i in ipairs(f.hits) do
    local holders, kind = f.holders[i] or NOBODY, f.kinds[i]
    for h = 1, #holders, 2 do
      local name = holders[h]
      -- What only copies brought along is no part of the story.
      if holders[h + 1] ~= EXTRA and name ~= own then
        local list = f.shared[name]
        if not list then
          list = {}
          f.shared[name] = list
        end
        list[#list + 1] = kind
        list[#list + 1] = holders[h + 1]
      end
    end
  end
end

-- The order of figures (src/rule.rs). With a story's other values it would outgrow a listpack, and few candidates are
-- asked for theirs: it has a table of its own.
local FIGURES, FEWEST_PAIRS, MOST_PAIRS = 128, 6, 96
-- Bits of half a byte.
local BITS = { [0] = 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4 }

local function bits(value) return BITS[value % 16] + BITS[floor(value / 16)] end

local function count_pairs(figures)
  local pairs = 0
  for i = 1, #figures do pairs = pairs + bits(byte(figures, i)) end
  return pairs
end

local function tells(pairs) return pairs >= FEWEST_PAIRS and pairs <= MOST_PAIRS end

-- How far it agrees, of the text that has fewer and of the one that has more; nil where it tells nothing.
local function order(f, q, name)
  local ours = q.pairs
  if not tells(ours) then return nil end
  local figures = sub(get(open(f.root, 'f'), name) or date, 3)
  local theirs = count_pairs(figures)
  if not tells(theirs) then return nil end
  local shared, by_chance = 0, ours * theirs
  for i = 1, #figures do shared = shared + bits(bit.band(byte(figures, i), byte(q.figures, i))) end
  local beyond = max(0, FIGURES * shared - by_chance)
  return share(beyond, FIGURES * min(ours, theirs) - by_chance), share(beyond, FIGURES * max(ours, theirs) - by_chance)
end

-- A text is full of figures when one in so many of its marks has one.
local FULL_OF_FIGURES = 4

-- What the article and a story have in common, at the coarser of their levels.
local function compare(f, q, name, s)
  local level = max(q.level, s.level)
  local list = f.shared[name] or NOBODY
  local shared, article_core, story_core, shared_figures = 0, 0, 0, 0
  for h = 1, #list, 2 do
    local kind = list[h]
    if kind >= 4 * level then
      shared = shared + 1
      if kind % 2 == 1 then article_core = article_core + 1 end
      if list[h + 1] == CORE then story_core = story_core + 1 end
      if kind % 4 >= 2 then shared_figures = shared_figures + 1 end
    end
  end
  local article, body, figures = f.all[level], s.all[level], f.figures[level]
  local full = FULL_OF_FIGURES * figures >= article
  local few = share(shared_figures, figures) * 10000 < q.of_figures * share(shared - shared_figures, article - figures)
  local other_figures, asked = full and few, 1
  if shared >= q.min_shared then
    local of_fewer, of_more = order(f, q, name)
    if of_fewer then
      other_figures = other_figures and of_fewer < q.same_figures
      if of_more >= q.same_figures then
        asked = q.with_same_figures / 10000
      elseif of_fewer * 2 < q.same_figures and full then
        asked = 2 - q.with_same_figures / 10000
      end
    end
  end
  local in_story, in_article = share(shared, article), share(shared, body)
  local in_core = max(share(article_core, f.core[level]), share(story_core, s.core[level]))
  local same = s.site == q.site
  local function least(share) return floor(share * asked + 0.5) end
  local least_article = same and q.same_site or least(q.of_article)
  local least_story = same and q.same_site or least(q.of_story)
  local least_both = same and q.same_site or least(q.of_both)
  local left = min(f.live, s.all[s.level])
  local copy = not other_figures and shared >= q.min_shared and left >= q.min_left and in_core >= least(q.of_core)
    and ((in_story >= least_article and in_article >= q.other_way)
      or (in_article >= least_story and in_story >= q.other_way)
      or min(in_story, in_article) >= least_both)
  return { name = name, number = number(name, 1, 5), copy = copy, score = max(in_story, in_article),
    article = article, body = body, shared = shared, containment = in_story, jaccard = share(shared, article + max(0, body - shared)) }
end

-- A copy before what is none; then by the larger share; then by the smaller number.
local function before(a, b)
  if a.copy ~= b.copy then return a.copy end
  if a.score ~= b.score then return a.score > b.score end
  return a.number < b.number
end

-- The best first.
local function judge(f, q)
  share_out(f, q)
  local ranked = {}
  for name in pairs(f.shared) do
    local s = story(f, name)
    if s then ranked[#ranked + 1] = compare(f, q, name, s) end
  end
  table.sort(ranked, before)
  return ranked
end

