//! Feeds in four formats.

mod json;
mod xml;

pub(crate) use xml::http_date;

use crate::newsroom::Newsroom;
use crate::page::escape;
use crate::plan::Record;
use crate::publisher::{FeedStyle, Habit, Publisher};
use crate::truth;
use crate::web::Web;
use article::{Block, Timestamp};

/// What a feed says of an article.
pub(crate) struct Entry {
    pub(crate) title: String,
    pub(crate) link: String,
    /// What identifies it, and whether that is its address.
    pub(crate) guid: String,
    pub(crate) guid_is_link: bool,
    pub(crate) summary: String,
    pub(crate) section: &'static str,
    pub(crate) authors: Vec<String>,
    pub(crate) published: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) image: String,
    /// The whole text as HTML, where the publisher gives it.
    pub(crate) content: Option<String>,
}

/// A feed about to be written.
pub(crate) struct Outline<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) base: String,
    pub(crate) url: String,
    pub(crate) updated: Timestamp,
    pub(crate) entries: Vec<Entry>,
}

/// A feed as served.
pub(crate) struct Written {
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    /// When anything in it changed last.
    pub(crate) updated: Timestamp,
}

/// The feed of a publisher, newest entries first.
pub(crate) fn write(room: &Newsroom, web: &Web, publisher: usize) -> Written {
    let outline = outline(room, web, publisher);
    let updated = outline.updated;
    let (content_type, body) = match outline.publisher.feed {
        FeedStyle::Rss2 => ("application/rss+xml; charset=utf-8", xml::rss2(&outline)),
        FeedStyle::Atom => ("application/atom+xml; charset=utf-8", xml::atom(&outline)),
        FeedStyle::Rdf => ("application/rdf+xml", xml::rdf(&outline)),
        FeedStyle::Json => ("application/feed+json", json::write(&outline)),
    };
    Written { content_type, body, updated }
}

fn outline<'a>(room: &'a Newsroom, web: &Web, publisher: usize) -> Outline<'a> {
    let house = &room.roster.publishers[publisher];
    let limit = match room.settings.feed_entries {
        0 => usize::MAX,
        n => n as usize,
    };
    let records: Vec<&Record> = room.by_publisher[publisher]
        .iter()
        .rev()
        .filter_map(|n| room.articles.get(*n as usize))
        .filter(|r| r.withdrawn.is_none())
        .take(limit)
        .collect();
    let changed = records.iter().map(|r| r.modified.unwrap_or(r.plan.published)).max();
    Outline {
        publisher: house,
        base: web.base(&house.label),
        url: house.feed_url(web),
        updated: changed.unwrap_or(room.epoch),
        entries: records.into_iter().map(|r| entry(room, web, house, r)).collect(),
    }
}

fn entry(room: &Newsroom, web: &Web, house: &Publisher, record: &Record) -> Entry {
    let base = web.base(&house.label);
    let page = format!("{base}{}", record.path);
    let opaque = house.does(Habit::OpaqueGuid);
    let number = record.plan.number;
    // Only full feeds need the text written again for every poll.
    let full = house.does(Habit::FullFeed) && house.house_signal().is_none() && !record.plan.paid;
    let text = if full { room.compose(number) } else { None };
    Entry {
        title: record.title.to_string(),
        link: truth::feed_link(house, web, record),
        guid: if opaque { format!("tag:{},2020:{number}", house.label) } else { page },
        guid_is_link: !opaque,
        summary: record.summary.to_string(),
        section: house.section_label(record.plan.section).0,
        authors: text.as_ref().map(|t| t.authors.clone()).unwrap_or_default(),
        published: record.plan.published,
        updated: record.modified.unwrap_or(record.plan.published),
        image: format!("{base}/img/{}.svg", 100_000 + number),
        content: text.map(|t| t.blocks.iter().map(block).collect()),
    }
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading { text, .. } => format!("<h2>{}</h2>", escape(text)),
        Block::Quote { text } => format!("<blockquote>{}</blockquote>", escape(text)),
        Block::Paragraph { text } => format!("<p>{}</p>", escape(text)),
        Block::List { items, .. } => {
            format!("<ul>{}</ul>", items.iter().map(|i| format!("<li>{}</li>", escape(i))).collect::<String>())
        }
        Block::Figure { .. } => String::new(),
    }
}

/// A news sitemap (sitemaps.org, with Google's `news:` extension) of the newest entries.
pub(crate) fn sitemap(room: &Newsroom, web: &Web, publisher: usize) -> String {
    xml::sitemap(&outline(room, web, publisher))
}
