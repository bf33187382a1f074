//! How much an article and a story have in common, and whether it is enough.

use crate::Thresholds;
use crate::held::{KnownStory, Part, share};
use crate::marks::{Mark, Marks};
use article::{Evidence, Figures, Place, Sketch};

/// How much an article and a story have in common, at the coarser of their levels.
pub(crate) struct Overlap {
    /// The article's marks that count.
    pub(crate) article: u32,
    /// The story's.
    pub(crate) story: u32,
    /// What is left of either, whichever has less, at its own level.
    left: u32,
    /// Those both have.
    pub(crate) shared: u32,
    article_core: u32,
    story_core: u32,
    shared_article_core: u32,
    shared_story_core: u32,
    /// The article's marks with a figure.
    pub(crate) figures: u32,
    pub(crate) shared_figures: u32,
    pub(crate) order: Option<Order>,
}

/// How far the order of two texts' figures agrees, beyond what chance gives.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    /// Of the one that has fewer: a part has some of the whole's.
    pub(crate) of_fewer: f32,
    /// Of the one that has more.
    pub(crate) of_more: f32,
}

impl Order {
    /// Fewest pairs of figures whose order tells anything, and most that leave room for a difference.
    const TELLING: std::ops::RangeInclusive<u32> = 6..=96;

    fn of(one: Figures, other: Figures) -> Option<Self> {
        let (ours, theirs) = (one.count(), other.count());
        let by_chance = ours * theirs;
        let beyond = |bits: u32| (Figures::BITS * bits).saturating_sub(by_chance);
        let agreement = |whole: u32| share(beyond(one.shared(other)), beyond(whole));
        let telling = Self::TELLING.contains(&ours) && Self::TELLING.contains(&theirs);
        telling.then(|| Self { of_fewer: agreement(ours.min(theirs)), of_more: agreement(ours.max(theirs)) })
    }
}

/// A text is full of figures, and about them, when one in so many of its marks has one. Of a report of some event the
/// figures are what is revised.
const FULL_OF_FIGURES: u32 = 4;

impl Overlap {
    pub(crate) fn of(live: &[Mark], shared: &[(Mark, Part)], story: &KnownStory, marks: &Marks) -> Self {
        let level = marks.level.max(story.level);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let of = |keep: &dyn Fn(&(Mark, Part)) -> bool| {
            count(shared.iter().filter(|s| s.0.is_kept_at(level) && keep(s)).count())
        };
        let kept = |keep: &dyn Fn(&Mark) -> bool| count(live.iter().filter(|m| m.is_kept_at(level) && keep(m)).count());
        let counts = story.counts[usize::from(level.min(Sketch::MAX_LEVEL))];
        let own = story.counts[usize::from(story.level.min(Sketch::MAX_LEVEL))];
        Self {
            article: kept(&|_| true),
            story: counts.all.into(),
            left: count(live.len()).min(own.all.into()),
            shared: of(&|_| true),
            article_core: kept(&|m| m.place == Place::Core),
            story_core: counts.core.into(),
            shared_article_core: of(&|s| s.0.place == Place::Core),
            shared_story_core: of(&|s| s.1 == Part::Core),
            figures: kept(&|m| m.figure),
            shared_figures: of(&|s| s.0.figure),
            order: Order::of(marks.figures, story.figures),
        }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        Evidence {
            postings: self.article,
            shared: self.shared,
            containment: share(self.shared, self.article),
            jaccard: share(self.shared, self.article + self.story.saturating_sub(self.shared)),
            notes: Vec::new(),
        }
    }

    pub(crate) fn score(&self) -> f32 {
        share(self.shared, self.article).max(share(self.shared, self.story))
    }

    fn is_full_of_figures(&self) -> bool {
        self.figures * FULL_OF_FIGURES >= self.article
    }

    /// Whether it is the same words with other figures: fewer of those marks that have one are shared than of the others.
    fn has_other_figures(&self, by: &Thresholds) -> bool {
        let words = share(self.shared - self.shared_figures, self.article - self.figures);
        let cleared = self.order.is_some_and(|order| order.of_fewer >= by.same_figures);
        let few = share(self.shared_figures, self.figures) < by.of_figures * words;
        self.is_full_of_figures() && few && !cleared
    }

    /// How much of the usual shares is asked for.
    fn asked(&self, by: &Thresholds) -> f32 {
        match self.order {
            Some(order) if order.of_more >= by.same_figures => by.with_same_figures,
            Some(order) if order.of_fewer < by.same_figures / 2.0 && self.is_full_of_figures() => {
                2.0 - by.with_same_figures
            }
            _ => 1.0,
        }
    }

    /// Share of either's core that is common.
    pub(crate) fn core(&self) -> f32 {
        share(self.shared_article_core, self.article_core).max(share(self.shared_story_core, self.story_core))
    }

    pub(crate) fn is_copy(&self, same_site: bool, by: &Thresholds) -> bool {
        let (of_article, of_story) = (share(self.shared, self.article), share(self.shared, self.story));
        let asked = self.asked(by);
        // In whole ten-thousandths, as shares are.
        let least = |share: f32| (share * asked * 10_000.0).round() / 10_000.0;
        let (least_article, least_story, least_both) = match same_site {
            true => (by.same_site, by.same_site, by.same_site),
            false => (least(by.of_article), least(by.of_story), least(by.of_both)),
        };
        let enough = (of_article >= least_article && of_story >= by.other_way)
            || (of_story >= least_story && of_article >= by.other_way)
            || of_article.min(of_story) >= least_both;
        self.shared >= by.min_shared
            && self.left >= by.min_left
            && self.core() >= least(by.of_core)
            && enough
            && !self.has_other_figures(by)
    }
}
