//! Stories in lists.

use super::link::{Link, Picture};
use super::moment::Moment;
use super::tongue::{self, Tongue};
use article::{Section, StoryId, Timestamp};
use std::collections::{BTreeSet, HashSet};
use store::{ListedAfter, StoryCard};

/// A story in a list, ready to print.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: StoryId,
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) excerpt: String,
    pub(crate) tongue: Tongue,
    pub(crate) section: Section,
    pub(crate) source_name: String,
    /// The primary source's name, where the story is shown by another.
    pub(crate) primary_name: Option<String>,
    pub(crate) picture: Option<Picture>,
    pub(crate) time: Moment,
    pub(crate) also: u32,
}

impl Card {
    pub(crate) fn new(card: &StoryCard, pictures: bool, now: Timestamp) -> Self {
        let title = card.title.trim();
        Self {
            id: card.id.clone(),
            path: format!("/story/{}", card.id),
            // A headline is the link to its story: without one the story could not be opened.
            title: if title.is_empty() { card.source_name.clone() } else { title.to_owned() },
            excerpt: card.excerpt.trim().to_owned(),
            tongue: Tongue::of(card.language.as_deref()),
            section: card.section,
            source_name: card.source_name.clone(),
            primary_name: (card.primary_name != card.source_name).then(|| card.primary_name.clone()),
            picture: card.image.as_ref().filter(|_| pictures).and_then(Picture::new),
            time: Moment::new(card.time, now),
            also: card.also_carried,
        }
    }

    pub(crate) fn all(cards: &[StoryCard], pictures: bool, now: Timestamp) -> Vec<Self> {
        cards.iter().map(|c| Self::new(c, pictures, now)).collect()
    }

    /// The primary source's address, if it can be a link.
    pub(crate) fn primary_link(card: &StoryCard) -> Option<Link> {
        Link::parse(&card.primary_url).or_else(|| Link::parse(&card.url))
    }
}

/// The story that opens the front page: what many carry, is fresh and has something to read. Of equals the newest.
pub(crate) fn lead(cards: &[StoryCard], now: Timestamp) -> Option<&StoryCard> {
    let weight = |card: &StoryCard| {
        let hours = now.secs().saturating_sub(card.time.secs()).max(0) / 3600;
        i64::from(card.also_carried.min(20)) * 3
            + if card.excerpt.is_empty() { 0 } else { 6 }
            + if card.image.is_some() { 3 } else { 0 }
            - hours
    };
    // `max_by_key` keeps the last of equals, and the list is newest first.
    cards.iter().rev().max_by_key(|c| weight(c))
}

/// Cuts a list to a page; where there is more, gives the place from which the next page goes on.
pub(crate) fn cut_page(cards: &mut Vec<StoryCard>, size: usize) -> Option<ListedAfter> {
    let more = cards.len() > size;
    cards.truncate(size);
    let last = cards.last().filter(|_| more)?;
    Some(ListedAfter { time: last.time, story: last.id.clone() })
}

/// A language to filter by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LanguageChoice {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) dir: &'static str,
    pub(crate) chosen: bool,
}

/// The languages of a sample of stories, and the chosen one even if the sample has none of it.
pub(crate) fn languages(sample: &[StoryCard], chosen: Option<&str>) -> Vec<LanguageChoice> {
    let mut codes: BTreeSet<String> =
        sample.iter().filter_map(|c| Tongue::of(c.language.as_deref()).primary()).collect();
    codes.extend(chosen.map(str::to_owned));
    let choice = |code: String| LanguageChoice {
        name: tongue::name(&code).to_owned(),
        dir: Tongue::of(Some(&code)).dir,
        chosen: chosen == Some(code.as_str()),
        code,
    };
    codes.into_iter().map(choice).collect()
}

/// Leaves out stories that stand elsewhere on the page already.
pub(crate) fn without(cards: Vec<StoryCard>, shown: &HashSet<StoryId>) -> Vec<StoryCard> {
    cards.into_iter().filter(|c| !shown.contains(&c.id)).collect()
}
