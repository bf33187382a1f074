//! One decision over the tables. The transaction around it is the caller's.

use super::tables::Tables;
use crate::memory::{Claim, ExactRecord, StoryNumber, StoryRecord, short_hash};
use crate::rule::{self, Found, Learner};
use crate::settings::day;
use crate::{IndexSettings, Known, Query, index};
use article::{ArticleId, Sketch, StoryId, Timestamp, Verdict};
use sqlx::Error;
use std::collections::BTreeMap;

/// Claim by article id, then by exact text, then by sketch: the cheapest answer first.
pub(super) async fn decide(
    tables: &mut Tables,
    settings: &IndexSettings,
    query: &Query,
    now: Timestamp,
) -> Result<Verdict, Error> {
    let oldest = settings.oldest_day(now);
    if let Some(claim) = tables.claim(&query.article).await?.filter(|c| c.day >= oldest) {
        if claim.hash == short_hash(&query.hash) {
            return Ok(claim.verdict);
        }
        return revise(tables, settings, query, claim, now).await;
    }
    let exact = match query.sketch {
        Some(_) => tables.exact(&query.hash).await?.filter(|e| e.day >= oldest && e.article != query.article),
        None => None,
    };
    let verdict = match exact {
        Some(record) => rule::exact_copy(&record.article, &record.story),
        None => {
            let verdict = compare(tables, settings, query, now).await?;
            claim_text(tables, query, &verdict.story, now).await?;
            verdict
        }
    };
    tables.put_claim(&query.article, &Claim::new(query, &verdict, day(now))).await?;
    Ok(verdict)
}

/// The near decision, and what is learned from the article.
async fn compare(
    tables: &mut Tables,
    settings: &IndexSettings,
    query: &Query,
    now: Timestamp,
) -> Result<Verdict, Error> {
    let by = &settings.thresholds;
    let Some(sketch) = query.sketch.as_ref().filter(|s| s.shingles() >= by.min_shingles) else {
        return Ok(Verdict::new_story(&query.article));
    };
    let mut found = look_up(tables, settings, query, sketch, now).await?;
    let judgement = found.judge(sketch, query, by);
    let verdict = rule::verdict(query, &judgement, &found.stories);
    let home = Home { story: &verdict.story, copies: &judgement.copies, standing: Standing::First };
    remember(tables, settings, query, sketch, &mut found, &home, now).await?;
    Ok(verdict)
}

/// Another text of a known article: a revision in the article's own story, which then has both texts.
async fn revise(
    tables: &mut Tables,
    settings: &IndexSettings,
    query: &Query,
    mut claim: Claim,
    now: Timestamp,
) -> Result<Verdict, Error> {
    let story = claim.verdict.story.clone();
    let newer = query.observed_at > claim.newest;
    if query.sketch.is_some() {
        let held = tables.exact(&query.hash).await?.filter(|e| e.day >= settings.oldest_day(now));
        if held.is_none() {
            claim_text(tables, query, &story, now).await?;
        }
    }
    let sketch = query.sketch.as_ref().filter(|s| s.shingles() >= settings.thresholds.min_shingles);
    if let Some(sketch) = sketch {
        let mut found = look_up(tables, settings, query, sketch, now).await?;
        let standing = if newer { Standing::Newer } else { Standing::Older };
        let home = Home { story: &story, copies: &[], standing };
        remember(tables, settings, query, sketch, &mut found, &home, now).await?;
    }
    if newer {
        claim.newest = query.observed_at;
        claim.day = day(now);
        tables.put_claim(&query.article, &claim).await?;
    }
    Ok(index::revision(&query.article, &story))
}

/// Puts back what the store knows of an article.
pub(super) async fn restore(
    tables: &mut Tables,
    settings: &IndexSettings,
    query: &Query,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), Error> {
    let oldest = settings.oldest_day(now);
    if tables.claim(&query.article).await?.is_some_and(|c| c.day >= oldest) {
        return Ok(());
    }
    if query.sketch.is_some() && tables.exact(&query.hash).await?.is_none_or(|e| e.day < oldest) {
        claim_text(tables, query, &verdict.story, now).await?;
    }
    if let Some(sketch) = query.sketch.as_ref().filter(|s| s.shingles() >= settings.thresholds.min_shingles) {
        let mut found = look_up(tables, settings, query, sketch, now).await?;
        let home = Home { story: &verdict.story, copies: &[], standing: Standing::First };
        remember(tables, settings, query, sketch, &mut found, &home, now).await?;
    }
    tables.put_claim(&query.article, &Claim::new(query, verdict, day(now))).await
}

/// What is held about an article.
pub(super) async fn known(tables: &mut Tables, article: &ArticleId) -> Result<Option<Known>, Error> {
    Ok(tables.claim(article).await?.map(|c| Known { verdict: c.verdict, newest: c.newest }))
}

/// How an article's text stands to what is held of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The first text of it that is seen.
    First,
    /// A newer text.
    Newer,
    /// An older one, come late.
    Older,
}

/// Where an article is remembered.
struct Home<'a> {
    story: &'a StoryId,
    /// Every story it is a copy of.
    copies: &'a [StoryNumber],
    standing: Standing,
}

async fn claim_text(tables: &mut Tables, query: &Query, story: &StoryId, now: Timestamp) -> Result<(), Error> {
    if query.sketch.is_none() {
        return Ok(());
    }
    let record = ExactRecord { day: day(now), article: query.article.clone(), story: story.clone() };
    tables.put_exact(&query.hash, &record).await
}

/// Postings within the window, and every story they name. A posting is as old as its stories; only that of a common
/// shingle, which names none, is as old as its day.
async fn look_up(
    tables: &mut Tables,
    settings: &IndexSettings,
    query: &Query,
    sketch: &Sketch,
    now: Timestamp,
) -> Result<Found, Error> {
    let oldest = settings.oldest_day(now);
    let mut postings = tables.postings(&query.language, sketch.marks()).await?;
    for posting in &mut postings {
        posting.take_if(|p| p.is_common() && p.day < oldest);
    }
    let mut stories = BTreeMap::new();
    for (number, _) in postings.iter().flatten().flat_map(|p| &p.holders) {
        if !stories.contains_key(number)
            && let Some(story) = tables.story(&query.language, *number).await?.filter(|s| s.day >= oldest)
        {
            stories.insert(*number, story);
        }
    }
    for posting in &mut postings {
        posting.take_if(|p| !p.is_common() && !p.keep(|number| stories.contains_key(number)));
    }
    Ok(Found { postings, stories })
}

/// Learns from the article and writes what changed.
async fn remember(
    tables: &mut Tables,
    settings: &IndexSettings,
    query: &Query,
    sketch: &Sketch,
    found: &mut Found,
    home: &Home<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let Home { story, copies, standing } = *home;
    let (today, number) = (day(now), StoryNumber::of(story));
    let record = tables.story(&query.language, number).await?.filter(|s| s.day >= settings.oldest_day(now));
    if record.as_ref().is_some_and(|r| r.story != *story) {
        // Two stories with one number: the later goes without near copies.
        return Ok(());
    }
    // Whoever brings the story's first text is its body: in a rebuild that may be a copy whose original is gone.
    let opens = record.as_ref().is_none_or(|r| r.opener == query.article)
        || (standing == Standing::First && found.takes_over(sketch, query, number, &settings.thresholds));
    let before = found.stories.clone();
    let known = standing != Standing::First;
    let learner = Learner { sketch, site: query.site, story: number, copies, opens, known };
    let mut changed = found.learn(&learner, today, &settings.thresholds);
    changed.extend(found.refresh_common(today.saturating_sub(settings.window_days / 4), today));
    let postings: Vec<_> = changed
        .iter()
        .filter_map(|i| Some((sketch.marks().get(*i)?.hash, found.postings.get(*i)?.as_ref()?)))
        .collect();
    if !postings.is_empty() {
        tables.put_postings(&query.language, &postings).await?;
    }
    if opens && standing != Standing::Older {
        let opened = StoryRecord {
            day: today,
            site: query.site,
            published: query.published_secs(),
            opener: query.article.clone(),
            story: story.clone(),
            level: sketch.level(),
            counts: found.counts(sketch, number),
            figures: sketch.figures(),
        };
        found.stories.insert(number, opened);
    }
    for (number, story) in found.stories.iter().filter(|(n, s)| before.get(n) != Some(s)) {
        tables.put_story(&query.language, *number, story).await?;
    }
    Ok(())
}
