-- The rule of src/rule.rs over the tables of tables.lua.

------------------------------------------------------------------------------------------------------------
-- What is asked.

local function read(argv)
  today, oldest, keep_seconds = tonumber(argv[2]), tonumber(argv[3]), tonumber(argv[4])
  date = u16(today)
  local q = {
    article = argv[5], hash = argv[6], observed = argv[7], site = argv[8], own = argv[9],
    -- 'none' without a text, 'short' where it is too short to be compared, else the sketch's level.
    level = tonumber(argv[10]), has_text = argv[10] ~= 'none', marks = argv[11], refresh = tonumber(argv[12]),
    min_shared = tonumber(argv[13]), min_left = tonumber(argv[14]), of_article = tonumber(argv[15]),
    of_story = tonumber(argv[16]), of_both = tonumber(argv[17]), other_way = tonumber(argv[18]),
    of_core = tonumber(argv[19]), same_site = tonumber(argv[20]), of_figures = tonumber(argv[21]),
    same_figures = tonumber(argv[22]), with_same_figures = tonumber(argv[23]), common_after = tonumber(argv[24]),
    published = tonumber(argv[25]), figures = argv[26],
  }
  return q
end

-- A mark is four bytes of its hash and one that holds the coarsest level it is kept at, whether it has a figure and
-- whether it stands in the core.
local function unpack_marks(q)
  local marks, keep, figure, core = q.marks, {}, {}, {}
  for i = 1, #marks / 5 do
    local last = byte(marks, 5 * i)
    local kind = last % 4
    keep[i], figure[i], core[i] = (last - kind) / 4, kind >= 2, kind % 2 == 1
  end
  q.keep, q.figure, q.core = keep, figure, core
end

------------------------------------------------------------------------------------------------------------
-- Records.

local function decode_story(value)
  local s = { day = sub(value, 1, 2), site = sub(value, 3, 6), published = number(value, 7, 10),
    opener = sub(value, 11, 26), story = sub(value, 27, 42), level = byte(value, 43), all = {}, core = {} }
  local at = 44
  for level = s.level, MAX_LEVEL - 1 do
    s.all[level], s.core[level] = byte(value, at, at + 1)
    at = at + 2
  end
  s.all[MAX_LEVEL], s.core[MAX_LEVEL] = number(value, at, at + 1), number(value, at + 2, at + 3)
  return s
end

local function encode_story(s)
  local counts = {}
  for level = s.level, MAX_LEVEL - 1 do
    counts[#counts + 1] = char(min(255, s.all[level]), min(255, s.core[level]))
  end
  return s.day .. s.site .. u16(floor(s.published / 65536)) .. u16(s.published % 65536) .. s.opener .. s.story
    .. char(s.level) .. table.concat(counts) .. u16(s.all[MAX_LEVEL]) .. u16(s.core[MAX_LEVEL])
end

local function new_claim(q, v)
  local claim = date .. q.observed .. sub(q.hash, 1, 8) .. v.kind .. u16(v.postings) .. u16(v.shared)
    .. u16(v.containment) .. u16(v.jaccard) .. u16(v.score)
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

local function story(f, name)
  local s = f.stories[name]
  if s == nil then
    local value = get(f.S, name)
    s = value and decode_story(value) or false
    f.stories[name] = s
  end
  return s
end

-- Those of a posting's stories that are within the window.
local function holders_of(f, posting)
  local holders = {}
  for at = 1, #posting, 5 do
    local name = name_of(sub(posting, at, at + 4))
    if story(f, name) then
      holders[#holders + 1] = name
      holders[#holders + 1] = byte(posting, at) % 4
    end
  end
  if #holders == 0 then return NOBODY end
  return holders
end

-- So many marks are looked up first. If nobody has any of them the article opens a story most likely, and the others
-- are claimed for it as they are looked up: one command a mark, where two would be needed.
local FIRST_LOOK = 8

-- `name`: the story that the article would open, nil if it is known already.
local function look_up(root, q, name)
  unpack_marks(q)
  local marks, P = q.marks, open(root, 'p')
  local buckets, fields, claimed, holders, common = {}, {}, {}, {}, {}
  local f = { P = P, S = open(root, 's'), F = open(root, 'f'), buckets = buckets, fields = fields, claimed = claimed,
    holders = holders, common = common, stories = {}, changed = {} }
  local core, edge, unknown = nil, nil, 0
  if name then core, edge = holder(name, CORE), holder(name, EDGE) end
  for i = 1, #q.keep do
    local bucket = bucket_of(P, byte(marks, 5 * i - 4, 5 * i - 1))
    local field = sub(marks, 5 * i - 4, 5 * i - 2)
    buckets[i], fields[i] = bucket, field
    if name and unknown == i - 1 and i > FIRST_LOOK and put_new(P, bucket, field, q.core[i] and core or edge) then
      holders[i], claimed[i], unknown = NOBODY, true, i
    else
      local posting = call('HGET', bucket, field)
      if not posting then
        holders[i], unknown = NOBODY, unknown + 1
      elseif not is_common(posting) then
        holders[i] = holders_of(f, posting)
      elseif day_of(posting) >= oldest then
        common[i] = day_of(posting)
      else
        holders[i] = NOBODY
      end
    end
  end
  return f
end

-- Counts of marks by the coarsest level they are kept at, and by each level they are kept at.
local function no_marks() return { [0] = 0, 0, 0, 0, 0, 0, 0, 0, 0 } end

local function add_coarser(counts)
  for level = MAX_LEVEL - 1, 0, -1 do counts[level] = counts[level] + counts[level + 1] end
end

-- Marks that count, by level, and those shared with each story but the article's own.
local function share_out(f, q)
  local all, core, figures = no_marks(), no_marks(), no_marks()
  f.all, f.core, f.figures, f.live, f.shared = all, core, figures, 0, {}
  local own, keeps, is_core, is_figure, of = name_of(q.own), q.keep, q.core, q.figure, f.holders
  for i = 1, #keeps do
    local holders = of[i]
    if holders then
      f.live = f.live + 1
      local keep = keeps[i]
      all[keep] = all[keep] + 1
      if is_core[i] then core[keep] = core[keep] + 1 end
      if is_figure[i] then figures[keep] = figures[keep] + 1 end
      for h = 1, #holders, 2 do
        local name = holders[h]
        -- What only copies brought along is no part of the story.
        if holders[h + 1] ~= EXTRA and name ~= own then
          local list = f.shared[name]
          if not list then
            list = {}
            f.shared[name] = list
          end
          list[#list + 1] = i
          list[#list + 1] = holders[h + 1]
        end
      end
    end
  end
  add_coarser(all)
  add_coarser(core)
  add_coarser(figures)
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
  local ours = count_pairs(q.figures)
  if not tells(ours) then return nil end
  local figures = sub(get(f.F, name) or date, 3)
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
    local i = list[h]
    if q.keep[i] >= level then
      shared = shared + 1
      if q.core[i] then article_core = article_core + 1 end
      if list[h + 1] == CORE then story_core = story_core + 1 end
      if q.figure[i] then shared_figures = shared_figures + 1 end
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

