//! The sources and their feeds, worst first.

use super::actions::PreviewItem;
use super::failure::OpsFailure;
use super::frame::{Frame, html, span, when};
use super::session::Operator;
use super::{Fields, OpsState};
use article::{FeedId, SourceId, Timestamp};
use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::FeedHealth;

/// A feed's row.
struct Line {
    source: String,
    name: String,
    url: String,
    feed: String,
    paused: bool,
    /// `ok`, `failing`, `silent`, `paused`, `retired`, `new`.
    state: &'static str,
    why: String,
    status: String,
    last_success: String,
    last_entry: String,
    last_article: String,
    week: u64,
    copies: u64,
    /// What an article's rhythm is by the last weeks.
    usual: String,
    /// What became of a day's pages: `12 pages; 25 % paywall, 8 % robots`.
    day: String,
    every: String,
    next: String,
}

fn seconds(secs: u64) -> String {
    span(i64::try_from(secs).unwrap_or(i64::MAX))
}

impl Line {
    fn new(health: &FeedHealth, now: Timestamp) -> Self {
        let feed = &health.state;
        let state = match feed {
            f if f.retired => "retired",
            _ if health.paused => "paused",
            f if f.failures > 0 => "failing",
            _ if health.silent => "silent",
            f if f.last_polled.is_none() => "new",
            _ => "ok",
        };
        Self {
            source: feed.source.to_string(),
            name: health.source_name.clone(),
            url: feed.url.trim_start_matches("https://").to_owned(),
            feed: feed.feed.to_string(),
            paused: health.paused,
            state,
            why: feed.last_error.clone().unwrap_or_default(),
            status: feed.last_status.map(|s| s.to_string()).unwrap_or_default(),
            last_success: when(feed.last_success, now),
            last_entry: when(feed.last_new_entry, now),
            last_article: when(health.last_article, now),
            week: health.articles_week,
            copies: health.copies_week,
            usual: health.usual_gap_secs.map_or_else(|| "–".to_owned(), seconds),
            day: health.day.to_string(),
            every: seconds(feed.interval_secs),
            next: if health.paused || feed.retired { "–".to_owned() } else { when(Some(feed.next_due), now) },
        }
    }

    fn holds(&self, words: &str) -> bool {
        [&self.source, &self.name, &self.url, &self.why].iter().any(|f| f.to_lowercase().contains(words))
            || self.state == words
    }
}

#[derive(Template)]
#[template(path = "ops/sources.html")]
struct SourcesPage<'a> {
    frame: Frame<'a>,
    words: String,
    lines: Vec<Line>,
    /// How many match; the list may show fewer.
    matching: usize,
    previewed: Option<(String, Vec<PreviewItem>)>,
}

pub(super) async fn list(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Query(fields): Query<Fields>,
) -> Result<Response, OpsFailure> {
    let words = fields.get("q").map(|q| article::squeeze(q)).unwrap_or_default();
    show(&state, &operator, words, None).await
}

async fn show(
    state: &OpsState,
    operator: &Operator,
    words: String,
    previewed: Option<(String, Vec<PreviewItem>)>,
) -> Result<Response, OpsFailure> {
    let now = Timestamp::now();
    let health = state.store.feed_health(now).await?;
    let wanted = words.to_lowercase();
    let mut lines: Vec<Line> = health.iter().map(|h| Line::new(h, now)).filter(|l| l.holds(&wanted)).collect();
    let matching = lines.len();
    lines.truncate(usize::try_from(state.settings.rows).unwrap_or(usize::MAX).max(1));
    html(&SourcesPage { frame: Frame::new(operator, "/ops/sources"), words, lines, matching, previewed })
}

pub(super) async fn pause(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Form(form): Form<Fields>,
) -> Result<Response, OpsFailure> {
    state.permit(&operator, &form)?;
    let source = SourceId::from_name(form.get("source").map(String::as_str).unwrap_or_default());
    let paused = form.get("paused").is_some_and(|p| p == "yes");
    let action = if paused { "source.pause" } else { "source.resume" };
    let result = state.store.pause_source(&source, paused).await;
    state.acted(&operator, action, source.as_str(), &result);
    if !result? {
        return Err(OpsFailure::NotFound);
    }
    state.audit(&operator, action, source.as_str()).await?;
    Ok(Redirect::to("/ops/sources").into_response())
}

pub(super) async fn poll(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Form(form): Form<Fields>,
) -> Result<Response, OpsFailure> {
    state.permit(&operator, &form)?;
    let given = form.get("feed").map(String::as_str).unwrap_or_default();
    let feed: FeedId = given.parse().map_err(|_| OpsFailure::NotFound)?;
    let result = state.store.poll_now(&feed).await;
    state.acted(&operator, "feed.poll", given, &result);
    if !result? {
        return Err(OpsFailure::NotFound);
    }
    state.audit(&operator, "feed.poll", given).await?;
    Ok(Redirect::to("/ops/sources").into_response())
}

/// Changes nothing here, but goes out to the web: only who may act may send us there.
pub(super) async fn preview(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Form(form): Form<Fields>,
) -> Result<Response, OpsFailure> {
    state.permit(&operator, &form)?;
    let address = form.get("address").map(|a| a.trim().to_owned()).unwrap_or_default();
    let result = state.actions.preview(address.clone()).await;
    state.acted(&operator, "source.preview", &address, &result);
    let items = result.map_err(OpsFailure::Action)?;
    show(&state, &operator, String::new(), Some((address, items))).await
}
