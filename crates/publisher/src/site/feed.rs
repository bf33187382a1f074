//! Outgoing feeds: RSS 2.0 (rssboard.org/rss-specification). Headline, excerpt and the way to the primary
//! source; never more of the text than a list on the site shows.

use super::SiteState;
use super::cards::Card;
use super::failure::Failure;
use article::{Section, Timestamp};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use store::{CardFilter, StoryCard};

pub(super) async fn all(State(state): State<SiteState>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let language = super::query::Asked::read(query.as_deref()).language;
    answer(&state, &CardFilter { language, ..CardFilter::default() }).await
}

pub(super) async fn section(
    State(state): State<SiteState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let section = Section::from_name(&name).ok_or(Failure::NotFound)?;
    let language = super::query::Asked::read(query.as_deref()).language;
    answer(&state, &CardFilter { section: Some(section), language, source: None }).await
}

async fn answer(state: &SiteState, filter: &CardFilter) -> Result<Response, Failure> {
    let cards = state.store.cards(filter, None, state.settings.feed_items.clamp(1, 500)).await?;
    let text = Feed::new(state, filter, &cards).render().map_err(|e| Failure::Template(e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], text).into_response())
}

struct Item {
    title: String,
    /// The primary source: who follows a headline arrives where it was written.
    link: String,
    /// The story's page here, which lists everybody who carries it.
    page: String,
    description: String,
    authors: Vec<String>,
    section: &'static str,
    language: Option<String>,
    source_name: String,
    source_url: String,
    date: String,
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    title: String,
    description: String,
    home: String,
    this: String,
    minutes: u32,
    built: Option<String>,
    items: Vec<Item>,
}

impl Feed {
    fn new(state: &SiteState, filter: &CardFilter, cards: &[StoryCard]) -> Self {
        let settings = &state.settings;
        let (title, path) = match filter.section {
            Some(section) => {
                (format!("{}: {}", settings.name, section.title()), format!("/section/{}", section.as_str()))
            }
            None => (settings.name.clone(), String::new()),
        };
        let query = filter.language.as_ref().map(|l| format!("?lang={l}")).unwrap_or_default();
        Self {
            title: xml(&title),
            description: xml(&settings.tagline),
            home: settings.absolute(&format!("{}{query}", if path.is_empty() { "/" } else { &path })),
            this: settings.absolute(&format!("{path}/feed.xml{query}")),
            minutes: 15,
            // The newest change, not the clock: an unchanged feed has an unchanged ETag.
            built: cards.iter().map(|c| c.changed_at).max().map(date),
            items: cards.iter().map(|c| item(settings, c)).collect(),
        }
    }
}

fn item(settings: &super::SiteSettings, card: &StoryCard) -> Item {
    let page = settings.absolute(&format!("/story/{}", card.id));
    let primary = Card::primary_link(card).map(|l| l.to_string());
    Item {
        title: xml(&card.title),
        link: primary.clone().unwrap_or_else(|| page.clone()),
        // Readers take a description for HTML, so the text is escaped as HTML, and then once more as XML.
        description: xml(&card.excerpt).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        authors: card.authors.iter().map(|a| xml(a)).collect(),
        section: card.section.title(),
        language: super::tongue::Tongue::of(card.language.as_deref()).primary(),
        source_name: xml(&card.primary_name),
        source_url: primary.unwrap_or_else(|| page.clone()),
        date: date(card.time),
        page,
    }
}

/// RFC 822 as RSS wants it, with four digits of year.
fn date(at: Timestamp) -> String {
    at.utc().to_rfc2822()
}

/// Only what XML 1.0 can hold (section 2.2, *Char*); escaping is the template's.
fn xml(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..))
        .collect()
}
