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
    min_shared = tonumber(argv[13]), of_article = tonumber(argv[14]), of_story = tonumber(argv[15]),
    of_both = tonumber(argv[16]), other_way = tonumber(argv[17]), of_core = tonumber(argv[18]),
    same_site = tonumber(argv[19]), common_after = tonumber(argv[20]),
  }
  return q
end

-- A mark is five bytes of its hash and one that holds the coarsest level it is kept at, twice, plus whether it
-- stands in the core.
local function unpack_marks(q)
  q.fields, q.keep, q.core = {}, {}, {}
  for i = 1, #q.marks / 6 do
    local last = byte(q.marks, 6 * i)
    q.fields[i] = sub(q.marks, 6 * i - 5, 6 * i - 1)
    q.keep[i] = floor(last / 2)
    q.core[i] = last % 2 == 1
  end
end

------------------------------------------------------------------------------------------------------------
-- Records.

local function decode_story(value)
  local s = { day = sub(value, 1, 2), site = sub(value, 3, 6), opener = sub(value, 7, 22), story = sub(value, 23, 38),
    level = byte(value, 39), all = {}, core = {} }
  local at = 40
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
  return s.day .. s.site .. s.opener .. s.story .. char(s.level) .. table.concat(counts)
    .. u16(s.all[MAX_LEVEL]) .. u16(s.core[MAX_LEVEL])
end

local function new_claim(q, v)
  local claim = date .. q.observed .. sub(q.hash, 1, 8) .. v.kind .. u16(v.postings) .. u16(v.shared)
    .. u16(v.containment) .. u16(v.jaccard) .. u16(v.score)
  if v.kind ~= 'n' then claim = claim .. v.story .. v.of end
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

-- A posting's stories and their parts, one after the other: name, part, name, part.
local NOBODY = {}

local function look_up(root, q)
  unpack_marks(q)
  local f = { P = open(root, 'p'), S = open(root, 's'), holders = {}, common = {}, stories = {}, changed = {} }
  for i = 1, #q.fields do
    local value = get(f.P, q.fields[i])
    if not value then
      f.holders[i] = NOBODY
    elseif #value == 2 then
      f.common[i] = day_of(value)
    else
      local holders = {}
      for at = 3, #value, 6 do
        holders[#holders + 1] = sub(value, at, at + 4)
        holders[#holders + 1] = sub(value, at + 5, at + 5)
      end
      f.holders[i] = holders
    end
  end
  return f
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

local function judge(f, q)
  local by_story, all, core = {}, {}, {}
  for level = 0, MAX_LEVEL do all[level], core[level] = 0, 0 end
  local live = 0
  for i = 1, #q.fields do
    if not f.common[i] then
      live = live + 1
      for level = 0, q.keep[i] do
        all[level] = all[level] + 1
        if q.core[i] then core[level] = core[level] + 1 end
      end
      local holders = f.holders[i]
      for h = 1, #holders, 2 do
        -- What only copies brought along is no part of the story.
        if holders[h + 1] ~= 'x' then
          local list = by_story[holders[h]]
          if not list then
            list = {}
            by_story[holders[h]] = list
          end
          list[#list + 1] = i
          list[#list + 1] = holders[h + 1]
        end
      end
    end
  end
  local best = { score = 0, postings = live, shared = 0, containment = 0, jaccard = 0 }
  local best_number
  local own = sub(q.own, 1, 5)
  for name, list in pairs(by_story) do
    local s = name ~= own and story(f, name)
    if s then
      local level = max(q.level, s.level)
      local shared, article_core, story_core = 0, 0, 0
      for h = 1, #list, 2 do
        local i, part = list[h], list[h + 1]
        if q.keep[i] >= level then
          shared = shared + 1
          if q.core[i] then article_core = article_core + 1 end
          if part == 'c' then story_core = story_core + 1 end
        end
      end
      local in_story, in_article = share(shared, all[level]), share(shared, s.all[level])
      local in_core = max(share(article_core, core[level]), share(story_core, s.core[level]))
      local same = s.site == q.site
      local least_article = same and q.same_site or q.of_article
      local least_story = same and q.same_site or q.of_story
      local least_both = same and q.same_site or q.of_both
      local copy = shared >= q.min_shared and in_core >= q.of_core
        and ((in_story >= least_article and in_article >= q.other_way)
          or (in_article >= least_story and in_story >= q.other_way)
          or min(in_story, in_article) >= least_both)
      local score, this = max(in_story, in_article), number(name, 1, 5)
      local was_copy = best.copy_of ~= nil
      local better = (copy and not was_copy) or (copy == was_copy and score > best.score)
      -- Of equals the smaller number, whatever order the table is walked in.
      if copy == was_copy and score == best.score and best_number and this < best_number then better = true end
      if better then
        best_number = this
        best = { copy_of = copy and name or nil, score = score, postings = all[level], shared = shared,
          containment = in_story, jaccard = share(shared, all[level] + max(0, s.all[level] - shared)) }
      end
    end
  end
  return best
end

local function uncount(f, q, i, name, part)
  local s = part ~= 'x' and story(f, name)
  if not s then return end
  for level = s.level, q.keep[i] do
    s.all[level] = max(0, s.all[level] - 1)
    if part == 'c' then s.core[level] = max(0, s.core[level] - 1) end
  end
  f.changed[name] = true
end

-- Remembers the article's marks under a story. `standing`: 'first' text of the article, a 'newer' or an 'older' one.
local function learn(f, q, story_id, standing)
  local name = sub(story_id, 1, 5)
  local record = story(f, name)
  if record and record.story ~= story_id then return end
  local opens = not record or record.opener == q.article
  local stories = f.stories
  for i = 1, #q.fields do
    local holders = f.holders[i]
    local part = not opens and 'x' or q.core[i] and 'c' or 'e'
    if not holders then
      if f.common[i] < q.refresh then put(f.P, q.fields[i], date) end
    elseif holders == NOBODY then
      f.holders[i] = { name, part }
      put(f.P, q.fields[i], date .. name .. part)
    else
      local held, common = false, #holders / 2 + 1 >= q.common_after
      for h = 1, #holders, 2 do
        held = held or holders[h] == name
        local s = story(f, holders[h])
        common = common or (s and s.site == q.site)
      end
      if not held and standing == 'first' then
        local value = date
        if common then
          for h = 1, #holders, 2 do uncount(f, q, i, holders[h], holders[h + 1]) end
          f.holders[i], f.common[i] = nil, today
        else
          holders[#holders + 1] = name
          holders[#holders + 1] = part
          value = date .. table.concat(holders)
        end
        put(f.P, q.fields[i], value)
      end
    end
  end
  if opens and standing ~= 'older' then
    local s = { day = date, site = q.site, opener = q.article, story = story_id, level = q.level, all = {}, core = {} }
    for level = q.level, MAX_LEVEL do s.all[level], s.core[level] = 0, 0 end
    for i = 1, #q.fields do
      local holders = f.holders[i] or NOBODY
      for h = 1, #holders, 2 do
        if holders[h] == name and holders[h + 1] ~= 'x' then
          for level = q.level, q.keep[i] do
            s.all[level] = s.all[level] + 1
            if holders[h + 1] == 'c' then s.core[level] = s.core[level] + 1 end
          end
        end
      end
    end
    stories[name], f.changed[name] = s, true
  end
  for changed in pairs(f.changed) do put(f.S, changed, encode_story(stories[changed])) end
  close(f.P)
  close(f.S)
end

local function near(root, q)
  local v = { kind = 'n', story = q.own, of = '', score = 10000, postings = 0, shared = 0, containment = 0, jaccard = 0 }
  if not q.level then return v end
  local f = look_up(root, q)
  local best = judge(f, q)
  v.postings, v.shared, v.containment, v.jaccard = best.postings, best.shared, best.containment, best.jaccard
  if best.copy_of then
    local s = f.stories[best.copy_of]
    v.kind, v.story, v.of, v.score = 'c', s.story, s.opener, best.score
  end
  learn(f, q, v.story, 'first')
  return v
end
