//! What an index amounts to: everything its log says, in memory, and the decisions over it.
//!
//! Nothing here waits. A decision changes nothing; what it comes to is a [`Record`], and only [`Memory::apply`] changes
//! what is remembered, by records decided here and by those that others wrote.

mod postings;
mod tables;
mod undo;

use crate::held::{Claim, Encoded, KnownStory, Posting, StoryNumber, Text, short_hash};
use crate::marks::{Mark, Marks};
use crate::record::{Learned, Record, Standing};
use crate::rule::{self, Found, Learner};
use crate::settings::day;
use crate::{IndexSettings, Query, index};
use article::{ArticleId, Sketch, StoryId, Timestamp, Verdict};
use postings::Postings;
use std::collections::BTreeMap;
use tables::{PARTS, Table};
use undo::Undo;

/// Everything that is remembered.
#[derive(Debug)]
pub(crate) struct Memory {
    settings: IndexSettings,
    /// Encoded: of a million claims a fifth of what they take else.
    claims: Table<16, Encoded>,
    texts: Table<16, Text>,
    /// What near copies are found of.
    stories: Table<5, KnownStory>,
    /// By a mark's hash and its language's ([`place`]): only texts of one language are compared.
    postings: Postings,
    /// The part of the tables that is swept next.
    next: usize,
    /// What was there before, since [`Memory::begin`].
    undo: Undo,
}

/// What an article is asked about, and comes to.
pub(crate) struct Decided {
    pub(crate) verdict: Verdict,
    /// Nothing of what is known already.
    pub(crate) record: Option<Record>,
    /// What was looked up for it; [`Memory::apply`] need not look again, if nothing came between.
    pub(crate) found: Option<Found>,
}

/// How much is remembered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    pub(crate) articles: usize,
    pub(crate) texts: usize,
    pub(crate) stories: usize,
    pub(crate) shingles: usize,
    /// About so many.
    pub(crate) bytes: usize,
}

impl Memory {
    /// Of nothing, by these settings.
    pub(crate) fn new(settings: IndexSettings) -> Self {
        Self {
            settings,
            claims: Table::default(),
            texts: Table::default(),
            stories: Table::default(),
            postings: Postings::default(),
            next: 0,
            undo: Undo::default(),
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.settings.clone());
    }

    /// Claim by article id, then by exact text, then by sketch: the cheapest answer first.
    pub(crate) fn decide(&self, query: &Query, now: Timestamp) -> Decided {
        let oldest = self.settings.oldest_on(day(now));
        if let Some(claim) = self.claim(&query.article).filter(|c| c.day >= oldest) {
            if claim.hash == short_hash(&query.hash) {
                return Decided { verdict: claim.verdict, record: None, found: None };
            }
            return self.revise(query, claim, now);
        }
        if let Some(text) = self.exact(query, oldest).filter(|text| text.article != query.article) {
            let verdict = rule::exact_copy(&text.article, &text.story);
            let record = record(query, Claim::new(query, &verdict, day(now)), Standing::First, now);
            return Decided { verdict, record: Some(Record { claims_text: false, ..record }), found: None };
        }
        let Some(marks) = self.marks(query) else {
            let verdict = Verdict::new_story(&query.article);
            let record = record(query, Claim::new(query, &verdict, day(now)), Standing::First, now);
            return Decided { verdict, record: Some(record), found: None };
        };
        let found = self.look_up(&query.language, &marks, oldest);
        let judgement = found.judge(&marks, query, &self.settings.thresholds);
        let verdict = rule::verdict(query, &judgement, &found.stories);
        let opens = self.opens(&found, &marks, query, &verdict.story, Standing::First, oldest);
        let learned = Some(Learned { opens, copies: judgement.copies, marks });
        let record = record(query, Claim::new(query, &verdict, day(now)), Standing::First, now);
        Decided { verdict, record: Some(Record { learned, ..record }), found: Some(found) }
    }

    /// Another text of a known article: a revision in the article's own story, which then has both texts.
    fn revise(&self, query: &Query, mut claim: Claim, now: Timestamp) -> Decided {
        let oldest = self.settings.oldest_on(day(now));
        let verdict = index::revision(&query.article, &claim.verdict.story);
        let newer = query.observed_at > claim.newest;
        let standing = if newer { Standing::Newer } else { Standing::Older };
        if newer {
            claim.newest = query.observed_at;
            claim.day = day(now);
        }
        let (learned, found) = self.learned(query, &verdict.story, standing, oldest);
        let claims_text = query.sketch.is_some() && self.exact(query, oldest).is_none();
        let record = Record { claims_text, learned, ..record(query, claim, standing, now) };
        Decided { verdict, record: Some(record), found }
    }

    /// What puts back what the store knows; nothing of what is held.
    pub(crate) fn restore(&self, query: &Query, verdict: &Verdict, now: Timestamp) -> Decided {
        let oldest = self.settings.oldest_on(day(now));
        if self.claim(&query.article).is_some_and(|c| c.day >= oldest) {
            return Decided { verdict: verdict.clone(), record: None, found: None };
        }
        let claims_text = query.sketch.is_some() && self.exact(query, oldest).is_none();
        let (learned, found) = self.learned(query, &verdict.story, Standing::First, oldest);
        let record = record(query, Claim::new(query, verdict, day(now)), Standing::First, now);
        Decided { verdict: verdict.clone(), record: Some(Record { claims_text, learned, ..record }), found }
    }

    /// What is learned from a text whose story is known.
    fn learned(
        &self,
        query: &Query,
        story: &StoryId,
        standing: Standing,
        oldest: u16,
    ) -> (Option<Learned>, Option<Found>) {
        let Some(marks) = self.marks(query) else { return (None, None) };
        let found = self.look_up(&query.language, &marks, oldest);
        let opens = self.opens(&found, &marks, query, story, standing, oldest);
        (Some(Learned { opens, copies: Vec::new(), marks }), Some(found))
    }

    /// The marks of a text that is long enough to be compared.
    fn marks(&self, query: &Query) -> Option<Marks> {
        let is_long = |sketch: &&Sketch| sketch.shingles() >= self.settings.thresholds.min_shingles;
        query.sketch.as_ref().filter(is_long).map(Marks::of)
    }

    /// What is held about an article.
    pub(crate) fn claim(&self, article: &ArticleId) -> Option<Claim> {
        Claim::decode(self.claims.get(*article.bytes())?, article)
    }

    fn exact(&self, query: &Query, oldest: u16) -> Option<&Text> {
        query.sketch.as_ref()?;
        self.texts.get(*query.hash.bytes()).filter(|text| text.day >= oldest)
    }

    /// Whether a text becomes its story's body. Whoever brings the story's first text is that: in a rebuild it may be a
    /// copy whose original is gone.
    fn opens(
        &self,
        found: &Found,
        marks: &Marks,
        query: &Query,
        story: &StoryId,
        standing: Standing,
        oldest: u16,
    ) -> bool {
        let number = StoryNumber::of(story);
        let takes_over = || found.takes_over(marks, query, number, &self.settings.thresholds);
        self.story(number, oldest)
            .is_none_or(|held| held.opener == query.article || (standing == Standing::First && takes_over()))
    }

    fn story(&self, number: StoryNumber, oldest: u16) -> Option<&KnownStory> {
        self.stories.get(number.0).filter(|story| story.day >= oldest)
    }

    /// Postings within the window, and every story they name. A posting is as old as its stories; only that of a common
    /// shingle, which names none, is as old as its day.
    fn look_up(&self, language: &str, marks: &Marks, oldest: u16) -> Found {
        let mut stories = BTreeMap::new();
        let language = language_hash(language);
        let mut within = |number: &StoryNumber| {
            stories.contains_key(number)
                || self.story(*number, oldest).is_some_and(|story| {
                    stories.insert(*number, story.clone());
                    true
                })
        };
        let postings = marks.all.iter().map(|mark| {
            let mut posting = self.postings.get(place(language, *mark))?;
            let lives = if posting.is_common() { posting.day >= oldest } else { posting.keep(&mut within) };
            lives.then_some(posting)
        });
        Found { postings: postings.collect(), stories }
    }

    /// Remembers what a record says, and notes in it what is common now. `found` is what was looked up for it, if that was
    /// just done.
    pub(crate) fn apply(&mut self, record: &mut Record, found: Option<Found>) {
        self.put_claim(*record.article.bytes(), record.claim.encode().into_boxed_slice());
        if record.claims_text {
            let (article, story) = (record.article.clone(), record.claim.verdict.story.clone());
            self.put_text(*record.hash.bytes(), Text { day: record.day, article, story });
        }
        if let Some(mut learned) = record.learned.take() {
            self.learn(record, &mut learned, found);
            record.learned = Some(learned);
        }
    }

    fn learn(&mut self, record: &Record, learned: &mut Learned, found: Option<Found>) {
        let Learned { opens, copies, marks } = learned;
        let (story, oldest) = (&record.claim.verdict.story, self.settings.oldest_on(record.day));
        let number = StoryNumber::of(story);
        if self.story(number, oldest).is_some_and(|held| held.story != *story) {
            // Two stories with one number: the later goes without near copies.
            return;
        }
        let mut found = found.unwrap_or_else(|| self.look_up(&record.language, marks, oldest));
        if let Some(held) = self.story(number, oldest) {
            found.stories.insert(number, held.clone());
        }
        let before = found.stories.clone();
        let language = language_hash(&record.language);
        let known = record.standing != Standing::First;
        let learner = Learner { marks, site: record.site, story: number, copies, opens: *opens, known };
        for i in found.learn(&learner, record.day, &self.settings.thresholds) {
            if let (Some(mark), Some(Some(posting))) = (marks.all.get(i), found.postings.get(i)) {
                self.put_posting(place(language, *mark), posting);
            }
        }
        for (mark, posting) in marks.all.iter_mut().zip(&found.postings) {
            mark.common = posting.as_ref().is_some_and(Posting::is_common);
        }
        if *opens && record.standing != Standing::Older {
            let opened = KnownStory {
                day: record.day,
                site: record.site,
                published: record.published,
                opener: record.article.clone(),
                story: story.clone(),
                level: marks.level,
                counts: found.counts(marks, number),
                figures: marks.figures,
            };
            found.stories.insert(number, opened);
        }
        for (number, story) in found.stories {
            if before.get(&number) != Some(&story) {
                self.put_story(number, story);
            }
        }
    }

    /// Goes through a part of what is held and lets go of what has left the window. The parts come round; what is not swept
    /// yet is not looked at either.
    pub(crate) fn sweep(&mut self, oldest: u16) {
        let part = self.next;
        self.next = (part + 1) % PARTS;
        self.claims.sweep(part, |_, claim| day_of(claim) >= oldest);
        self.texts.sweep(part, |_, text| text.day >= oldest);
        let Self { stories, postings, .. } = self;
        stories.sweep(part, |_, story| story.day >= oldest);
        postings.sweep(part, oldest, |number| stories.get(number.0).is_some_and(|story| story.day >= oldest));
    }

    /// Sweeps that go through everything.
    #[cfg(test)]
    pub(crate) const SWEEPS: usize = PARTS;

    pub(crate) fn size(&self) -> Size {
        // What most claims take on the heap.
        let claims = self.claims.bytes() + 48 * self.claims.len();
        Size {
            articles: self.claims.len(),
            texts: self.texts.len(),
            stories: self.stories.len(),
            shingles: self.postings.len(),
            bytes: claims + self.texts.bytes() + self.stories.bytes() + self.postings.bytes(),
        }
    }
}

/// Where a mark's posting is. Languages share a table, since anybody may write a page in a language of his own, and a
/// table begins with room for some.
fn place(language: u32, mark: Mark) -> u32 {
    language ^ mark.hash
}

fn language_hash(tag: &str) -> u32 {
    let [a, b, c, d, ..] = *blake3::hash(tag.as_bytes()).as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// A claim begins with its day.
fn day_of(claim: &[u8]) -> u16 {
    claim.first_chunk().map_or(0, |day| u16::from_be_bytes(*day))
}

/// Of an article whose text nobody has, and of which nothing is learned.
fn record(query: &Query, claim: Claim, standing: Standing, now: Timestamp) -> Record {
    Record {
        language: query.language.clone(),
        article: query.article.clone(),
        hash: query.hash.clone(),
        day: day(now),
        site: query.site,
        published: query.published_secs(),
        standing,
        claims_text: query.sketch.is_some(),
        claim,
        learned: None,
    }
}
