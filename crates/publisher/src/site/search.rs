//! Search.

use super::SiteState;
use super::cards::Card;
use super::failure::Failure;
use super::frame::{Frame, html};
use super::query::Asked;
use article::Timestamp;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

pub(super) async fn page(State(state): State<SiteState>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let asked = Asked::read(query.as_deref());
    let found = match asked.words.as_str() {
        "" => Vec::new(),
        words => state.store.search(words, state.settings.search_results.clamp(1, 500)).await?,
    };
    let now = Timestamp::now();
    let cards = Card::all(&found, state.settings.pictures, now);
    Ok(html(&SearchPage { frame: Frame::new(&state.settings, now), words: asked.words, cards }))
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    frame: Frame<'a>,
    words: String,
    cards: Vec<Card>,
}
