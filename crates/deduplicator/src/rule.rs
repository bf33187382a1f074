//! The rule: when an article's marks make it a copy, and what the index learns from it.
//!
//! Pure, over what was looked up.

use crate::Query;
use crate::held::{KnownStory, LevelCounts, Part, Posting, StoryNumber, count};
use crate::marks::{Mark, Marks};
use crate::overlap::Overlap;
use article::{ArticleId, Evidence, Place, Sketch, StoryId, Verdict, VerdictKind};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What makes two texts one story. Shares are of marks that count: what is common counts for nothing.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Fewest distinct shingles of a text for a verdict by content: below it, two agency one-liners or two
    /// captions would be copies by chance.
    pub min_shingles: u32,
    /// Fewest marks in common: below it, chance decides.
    pub min_shared: u32,
    /// Fewest marks that must be left of the article and of the story once what is common is taken away: below it, what
    /// is left is the part of a frame that was not seen often enough yet.
    pub min_left: u32,
    /// Share of the article that must be in the story, when it is a part of it.
    pub of_article: f32,
    /// Share of the story that must be in the article, when the article carries it whole among other things.
    pub of_story: f32,
    /// Share of each that must be in the other, when neither is a part of the other: an edited whole, a new lead.
    pub of_both: f32,
    /// Share that the other direction must reach: two quoted paragraphs of a long report don't.
    pub other_way: f32,
    /// Share of either's core (its middle, said once) that must be common: texts that share only their ends
    /// share a frame. This is what holds before the stream has taught what is common.
    pub of_core: f32,
    /// Share of either that must be in the other when both are of one site: its columns and reports are filled into
    /// the same frames, and it seldom carries its own story twice.
    pub same_site: f32,
    /// Share of the article's figures that must be in the story, as a part of the share of its other words that is:
    /// yesterday's weather, another day's prices and the last round's tables have the same words.
    pub of_figures: f32,
    /// How far the order of two texts' figures must agree, beyond what chance gives, to be the same; below half of it,
    /// it is another. Columns in one frame agree to 0.4 at most, edited copies to more than 0.5.
    pub same_figures: f32,
    /// What is left of the shares above (of article, story, both and core) where all figures of both are in the same
    /// order: then the words need not prove it alone, of which an editor's changes have left few in a row. As much is
    /// added to them where a text is full of figures and their order is another.
    pub with_same_figures: f32,
    /// In how many stories a shingle is common. Two: what a second story has too is not what the first is known
    /// by, and a story keeps enough of its own when a copy of it was once missed.
    pub common_after: u8,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            min_shingles: 30,
            min_shared: 3,
            min_left: 8,
            of_article: 0.42,
            of_story: 0.33,
            of_both: 0.28,
            other_way: 0.1,
            of_core: 0.15,
            same_site: 0.9,
            of_figures: 0.3,
            same_figures: 0.5,
            with_same_figures: 0.5,
            common_after: 2,
        }
    }
}

/// What was looked up for an article: a posting a mark, and the record of every story they name.
pub(crate) struct Found {
    pub(crate) postings: Vec<Option<Posting>>,
    pub(crate) stories: BTreeMap<StoryNumber, KnownStory>,
}

/// The story an article is a copy of, with the evidence; or how near the nearest came.
pub(crate) struct Judgement {
    /// Every story it is a copy of, the best first.
    pub(crate) copies: Vec<StoryNumber>,
    /// Those of the others that it is the whole of, being no younger: had it come first, they were copies of it.
    pub(crate) also: Vec<StoryNumber>,
    pub(crate) score: f32,
    pub(crate) evidence: Evidence,
}

/// Most stories that one article makes one: a text is cut in two or three, a round-up carries a dozen.
const MOST_ALSO: usize = 3;

/// Marks an article and one story share.
#[derive(Default)]
struct Shared {
    all: Vec<(Mark, Part)>,
}

impl Found {
    /// Marks that count, each with its place in the sketch.
    fn live<'a>(&'a self, marks: &'a Marks) -> impl Iterator<Item = (usize, Mark)> + 'a {
        let common = |i: &usize| self.postings.get(*i).is_some_and(|p| p.as_ref().is_some_and(Posting::is_common));
        marks.all.iter().copied().enumerate().filter(move |(i, _)| !common(i))
    }

    /// Marks shared with each story, but for `own`: the story the article would open can't be what it copies.
    fn shared(&self, marks: &Marks, own: StoryNumber) -> BTreeMap<StoryNumber, Shared> {
        let mut shared: BTreeMap<StoryNumber, Shared> = BTreeMap::new();
        for (i, mark) in self.live(marks) {
            // What only copies brought along is no part of the story.
            let parts = self.postings[i].iter().flat_map(|p| &p.holders).filter(|h| h.1 != Part::Extra);
            for (story, part) in parts.filter(|h| h.0 != own) {
                shared.entry(*story).or_default().all.push((mark, *part));
            }
        }
        shared
    }

    /// Compares an article with every story that shares a mark, and takes the one it shares most with.
    pub(crate) fn judge(&self, marks: &Marks, query: &Query, by: &Thresholds) -> Judgement {
        let live: Vec<Mark> = self.live(marks).map(|(_, m)| m).collect();
        let mut candidates: Vec<Candidate> = Vec::new();
        for (number, shared) in self.shared(marks, StoryNumber::of(&query.own_story())) {
            let Some(story) = self.stories.get(&number) else { continue };
            let overlap = Overlap::of(&live, &shared.all, story, marks);
            candidates.push(Candidate {
                number,
                is_copy: overlap.is_copy(story.site == query.site, by),
                no_younger: query.published_secs() <= story.published,
                overlap,
            });
        }
        candidates.sort_by(Candidate::rank);
        let copies: Vec<StoryNumber> = candidates.iter().filter(|c| c.is_copy).map(|c| c.number).collect();
        let also = candidates.iter().skip(1).filter(|c| c.is_copy && c.no_younger).map(|c| c.number).take(MOST_ALSO);
        let count = u32::try_from(live.len()).unwrap_or(u32::MAX);
        let (score, evidence) = match candidates.first().filter(|c| c.overlap.score() > 0.0) {
            Some(best) => (best.overlap.score(), best.overlap.evidence()),
            None => (0.0, Evidence { postings: count, ..Evidence::default() }),
        };
        Judgement { also: also.collect(), copies, score, evidence }
    }

    /// Whether the article becomes the body of `story`: an older text of it that is no shorter, such as the whole of
    /// which a part came first. Then it is as if it had opened the story.
    pub(crate) fn takes_over(&self, marks: &Marks, query: &Query, number: StoryNumber, by: &Thresholds) -> bool {
        let Some(story) = self.stories.get(&number).filter(|s| query.published_secs() < s.published) else {
            return false;
        };
        let shared = self.shared(marks, StoryNumber::of(&query.own_story()));
        let live: Vec<Mark> = self.live(marks).map(|(_, m)| m).collect();
        shared.get(&number).is_some_and(|shared| {
            let found = Overlap::of(&live, &shared.all, story, marks);
            found.article >= found.story && found.is_copy(story.site == query.site, by)
        })
    }

    /// Remembers the article's marks under `story`: as its body if it opens it, else as what a copy or a revision
    /// brought along. Returns which postings changed; changed story records are in [`Found::stories`].
    ///
    /// A story is added to a posting only by an article that opened it or by what a copy has beyond its story,
    /// so a story carried by ten outlets counts once, and a whole takes nothing from the stories of its parts.
    pub(crate) fn learn(&mut self, learner: &Learner<'_>, day: u16, by: &Thresholds) -> Vec<usize> {
        let mut changed = Vec::new();
        for (i, mark) in learner.marks.all.iter().enumerate() {
            let mut posting = self.postings[i].take();
            // What whoever wrote a record knew to be common is, also to a reader that has not seen all of its stories.
            let is_common = mark.common || posting.as_ref().is_some_and(Posting::is_common);
            let is_changed = if is_common {
                self.make_common(posting.get_or_insert_default(), *mark, day)
            } else {
                self.learn_mark(&mut posting, *mark, learner, day, by)
            };
            self.postings[i] = posting;
            if is_changed {
                changed.push(i);
            }
        }
        changed
    }

    /// Whether the posting of a mark that is not common changed.
    fn learn_mark(
        &mut self,
        posting: &mut Option<Posting>,
        mark: Mark,
        learner: &Learner<'_>,
        day: u16,
        by: &Thresholds,
    ) -> bool {
        let part = match (learner.opens, mark.place) {
            (false, _) => Part::Extra,
            (true, Place::Core) => Part::Core,
            (true, Place::Edge) => Part::Edge,
        };
        let holders = &mut posting.get_or_insert_default().holders;
        if let Some(held) = holders.iter_mut().find(|(s, _)| *s == learner.story) {
            // A copy had brought it before the text it is from.
            let is_the_bodys = held.1 == Part::Extra && learner.opens;
            if is_the_bodys {
                held.1 = part;
            }
            return is_the_bodys;
        }
        if holders.iter().any(|(s, _)| learner.copies.contains(s)) || (learner.known && !holders.is_empty()) {
            return false;
        }
        if learner.opens && holders.iter().all(|(_, part)| *part == Part::Extra) {
            // The rest of a text of which a part came first: its own from here on. A frame becomes common a text later.
            holders.clear();
        }
        holders.push((learner.story, part));
        let of_site =
            |s: &StoryNumber| *s != learner.story && self.stories.get(s).is_some_and(|r| r.site == learner.site);
        if holders.len() >= usize::from(by.common_after) || holders.iter().any(|(s, _)| of_site(s)) {
            self.make_common(posting.get_or_insert_default(), mark, day);
        }
        true
    }

    /// A mark is common, and was seen on this day; it counts no more for those who had it. Whether that is news.
    fn make_common(&mut self, posting: &mut Posting, mark: Mark, day: u16) -> bool {
        let is_news = posting.day != day || !posting.is_common();
        for (story, part) in std::mem::take(&mut posting.holders) {
            self.uncount(story, part, mark);
        }
        posting.day = day;
        is_news
    }

    fn uncount(&mut self, story: StoryNumber, part: Part, mark: Mark) {
        let Some(record) = self.stories.get_mut(&story).filter(|_| part != Part::Extra) else { return };
        for level in record.level..=Sketch::MAX_LEVEL {
            if mark.is_kept_at(level) {
                let counts = &mut record.counts[usize::from(level)];
                counts.all = counts.all.saturating_sub(1);
                counts.core = counts.core.saturating_sub(u16::from(part == Part::Core));
            }
        }
    }

    /// How many of these marks their postings hold as the story's own, by level.
    pub(crate) fn counts(&self, marks: &Marks, story: StoryNumber) -> LevelCounts {
        let mut counts = LevelCounts::default();
        for (i, mark) in self.live(marks) {
            let held = self.postings[i].iter().flat_map(|p| &p.holders).find(|(s, _)| *s == story);
            let Some((_, part)) = held.filter(|(_, part)| *part != Part::Extra) else { continue };
            count(&mut counts, marks.level, mark, *part == Part::Core);
        }
        counts
    }
}

/// Whose marks are learned.
pub(crate) struct Learner<'a> {
    pub(crate) marks: &'a Marks,
    pub(crate) site: u32,
    pub(crate) story: StoryNumber,
    /// Every story that it is a copy of.
    pub(crate) copies: &'a [StoryNumber],
    /// Whether the article is the story's body.
    pub(crate) opens: bool,
    /// Whether it is a revision: then only what nobody has is added.
    pub(crate) known: bool,
}

/// A story that shares marks with an article.
struct Candidate {
    number: StoryNumber,
    overlap: Overlap,
    /// Whether the article is a copy of it.
    is_copy: bool,
    /// Whether the article is no younger than its body.
    no_younger: bool,
}

impl Candidate {
    /// A copy before what is none; then by the larger share; then by the smaller number, so that any order of
    /// looking gives the same.
    fn rank(&self, other: &Self) -> Ordering {
        let by_score = other.overlap.score().total_cmp(&self.overlap.score());
        other.is_copy.cmp(&self.is_copy).then(by_score).then(self.number.cmp(&other.number))
    }
}

/// The verdict that a judgement amounts to.
pub(crate) fn verdict(query: &Query, judgement: &Judgement, stories: &BTreeMap<StoryNumber, KnownStory>) -> Verdict {
    let evidence = judgement.evidence.clone();
    match judgement.copies.first().and_then(|n| stories.get(n)) {
        Some(story) => Verdict {
            kind: VerdictKind::NearCopy,
            story: story.story.clone(),
            of: Some(story.opener.clone()),
            score: judgement.score,
            evidence,
            also: judgement.also.iter().filter_map(|n| stories.get(n)).map(|s| s.story.clone()).collect(),
        },
        None => Verdict { evidence, ..Verdict::new_story(&query.article) },
    }
}

/// The verdict about a text that another article has word for word.
pub(crate) fn exact_copy(of: &ArticleId, story: &StoryId) -> Verdict {
    let evidence = Evidence { containment: 1.0, jaccard: 1.0, ..Evidence::default() };
    let (story, of) = (story.clone(), Some(of.clone()));
    Verdict { kind: VerdictKind::ExactCopy, story, of, score: 1.0, evidence, also: Vec::new() }
}
