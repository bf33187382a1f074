-- What the index remembers of an article, once its story is known.

-- Whether the article becomes the story's body: an older text of it that is no shorter.
local function takes_over(f, q, name, s)
  if q.published >= s.published then return false end
  if not f.shared then share_out(f, q) end
  local c = compare(f, q, name, s)
  return c.copy and c.article >= c.body
end

local function uncount(f, q, i, name, part)
  local s = part ~= EXTRA and story(f, name)
  if not s then return end
  for level = s.level, q.keep[i] do
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
  if record and record.story ~= story_id then
    for i in pairs(f.claimed) do call('HDEL', f.buckets[i], f.fields[i]) end
    return
  end
  local opens = not record or record.opener == q.article
    or (standing == 'first' and takes_over(f, q, name, record))
  local stories, buckets, fields, own = f.stories, f.buckets, f.fields, name_of(q.own)
  for i = 1, #q.keep do
    local holders = f.holders[i]
    local part = not opens and EXTRA or q.core[i] and CORE or EDGE
    if not holders then
      if f.common[i] < q.refresh then put_into(f.P, buckets[i], fields[i], date) end
    elseif holders == NOBODY then
      f.holders[i] = { name, part }
      if not (f.claimed[i] and opens and name == own) then put_into(f.P, buckets[i], fields[i], holder(name, part)) end
    else
      local at, theirs, extra, common = nil, false, true, #holders / 2 + 1 >= q.common_after
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
          put_into(f.P, buckets[i], fields[i], encode_holders(holders))
        end
      elseif not theirs and standing == 'first' then
        local value
        if opens and extra then
          -- The rest of a text of which a part came first: its own from here on. A frame becomes common a text later.
          f.holders[i] = { name, part }
          value = holder(name, part)
        elseif common then
          for h = 1, #holders, 2 do uncount(f, q, i, holders[h], holders[h + 1]) end
          f.holders[i], f.common[i] = nil, today
          value = date
        else
          holders[#holders + 1] = name
          holders[#holders + 1] = part
          value = encode_holders(holders)
        end
        put_into(f.P, buckets[i], fields[i], value)
      end
    end
  end
  if opens and standing ~= 'older' then
    local s = { day = date, site = q.site, published = q.published, opener = q.article, story = story_id,
      level = q.level }
    s.all, s.core = no_marks(), no_marks()
    for i = 1, #q.keep do
      local holders, keep = f.holders[i] or NOBODY, q.keep[i]
      for h = 1, #holders, 2 do
        if holders[h] == name and holders[h + 1] ~= EXTRA then
          s.all[keep] = s.all[keep] + 1
          if holders[h + 1] == CORE then s.core[keep] = s.core[keep] + 1 end
        end
      end
    end
    add_coarser(s.all)
    add_coarser(s.core)
    stories[name], f.changed[name] = s, true
    if record or tells(count_pairs(q.figures)) then
      put(f.F, name, date .. q.figures)
      close(f.F)
    end
  end
  for changed in pairs(f.changed) do put(f.S, changed, encode_story(stories[changed])) end
  close(f.P)
  close(f.S)
end

