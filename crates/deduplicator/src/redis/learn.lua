-- What the index remembers of an article, once its story is known.

-- Whether the article becomes the story's body: an older text of it that is no shorter.
local function takes_over(f, q, name, s)
  if q.published >= s.published then return false end
  if not f.shared then share_out(f, q) end
  local c = compare(f, q, name, s)
  return c.copy and c.article >= c.body
end

local function uncount(f, kind, name, part)
  local s = part ~= EXTRA and story(f, name)
  if not s then return end
  for level = s.level, floor(kind / 4) do
    s.all[level] = max(0, s.all[level] - 1)
    if part == CORE then s.core[level] = max(0, s.core[level] - 1) end
  end
  f.changed[name] = true
end

-- Remembers the article's marks under a story. `standing`: 'first' text of the article, a 'newer' or an 'older' one;
-- `copies`: every story that it is a copy of.
local function learn(f, q, story_id, standing, copies)
  local name = name_of(story_id)
  local record = story(f, name)
  if record and record.story ~= story_id then return end
  local opens = not record or record.opener == q.article
    or (standing == 'first' and takes_over(f, q, name, record))
  local P, fields, tags, kinds, buckets, own = f.P, f.fields, f.tags, f.kinds, f.buckets, {}
  for part = CORE, EXTRA do own[part] = holder(name, part) end
  for i = 1, #fields do
    local kind, holders, common_day = kinds[i], f.holders[i], f.common[i]
    local part = not opens and EXTRA or kind % 2 == 1 and CORE or EDGE
    if not holders and not common_day then
      add_posting(P, fields[i], buckets[i], tags[i], own[part])
    elseif common_day then
      if common_day < q.refresh then put_posting(P, fields[i], buckets[i], tags[i], common_since(date)) end
    elseif holders == NOBODY then
      put_posting(P, fields[i], buckets[i], tags[i], own[part])
    else
      local tag, at, theirs, extra, common = tags[i], nil, false, true, #holders / 2 + 1 >= q.common_after
      for h = 1, #holders, 2 do
        if holders[h] == name then at = h end
        theirs = theirs or copies[holders[h]]
        extra = extra and holders[h + 1] == EXTRA
        local s = story(f, holders[h])
        common = common or (s and s.site == q.site)
      end
      if at then
        -- A copy had brought it before the text it is from.
        if opens and holders[at + 1] == EXTRA then
          holders[at + 1] = part
          put_posting(P, fields[i], buckets[i], tag, encode_holders(holders))
        elseif holders[at + 1] ~= part then
          recount(f.core, q.level, kind, part == CORE and -1 or 1)
        end
      elseif theirs or standing ~= 'first' then
        leave_out(f, q, kind)
      elseif opens and extra then
        -- The rest of a text of which a part came first: its own from here on. A frame becomes common a text later.
        put_posting(P, fields[i], buckets[i], tag, own[part])
      elseif common then
        for h = 1, #holders, 2 do uncount(f, kind, holders[h], holders[h + 1]) end
        leave_out(f, q, kind)
        put_posting(P, fields[i], buckets[i], tag, common_since(date))
      else
        put_posting(P, fields[i], buckets[i], tag, encode_holders(holders) .. own[part])
      end
    end
  end
  if opens and standing ~= 'older' then
    f.stories[name] = { day = date, site = q.site, published = q.published, opener = q.article, story = story_id,
      level = q.level, all = f.all, core = f.core }
    f.changed[name] = true
    if record or tells(q.pairs) then put(open(f.root, 'f'), name, date .. q.figures) end
  end
  write_postings(P)
  for changed in pairs(f.changed) do put(f.S, changed, encode_story(f.stories[changed])) end
end

