//! The sources, and what was read of each.

use super::SiteState;
use super::cards::Card;
use super::failure::Failure;
use super::frame::{Frame, html};
use super::link::{Link, path};
use super::list::{self, ListPage};
use super::query::{Asked, place};
use super::tongue;
use article::{SourceId, Timestamp};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use store::CardFilter;

pub(super) async fn page(
    State(state): State<SiteState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let id = SourceId::from_name(&name);
    let asked = Asked::read(query.as_deref());
    let source = state.store.source(&id).await?;
    let filter = CardFilter { source: Some(id.clone()), ..CardFilter::default() };
    let (stories, next) = list::fetch(&state, &filter, asked.after.as_ref()).await?;
    // A source that was removed keeps its page as long as stories of it are there.
    if source.is_none() && stories.is_empty() {
        return Err(Failure::NotFound);
    }
    let now = Timestamp::now();
    Ok(html(&ListPage {
        frame: Frame::new(&state.settings, now),
        heading: source.as_ref().map_or_else(|| id.to_string(), |s| s.name.clone()),
        home: source.as_ref().and_then(|s| s.home.as_deref()).and_then(Link::parse),
        feed: None,
        path: path("/source/", id.as_str()),
        cards: Card::all(&stories, state.settings.pictures, now),
        older: asked.after.is_some(),
        next: next.as_ref().map(place),
        languages: Vec::new(),
    }))
}

pub(super) async fn all(State(state): State<SiteState>) -> Result<Response, Failure> {
    let lines = state.store.sources().await?.into_iter().map(|s| SourceLine {
        path: path("/source/", s.id.as_str()),
        language: s.language.as_deref().and_then(|l| tongue::Tongue::of(Some(l)).primary()),
        name: s.name,
        home: s.home.as_deref().and_then(Link::parse),
    });
    Ok(html(&SourcesPage { frame: Frame::new(&state.settings, Timestamp::now()), lines: lines.collect() }))
}

struct SourceLine {
    name: String,
    path: String,
    home: Option<Link>,
    language: Option<String>,
}

impl SourceLine {
    fn language_name(&self) -> &str {
        self.language.as_deref().map(tongue::name).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage<'a> {
    frame: Frame<'a>,
    lines: Vec<SourceLine>,
}
