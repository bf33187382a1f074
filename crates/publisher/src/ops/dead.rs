//! Dead letters: by kind, one by one, and back onto their belts.

use super::failure::OpsFailure;
use super::frame::{Frame, html, when};
use super::session::Operator;
use super::{Fields, OpsState};
use article::Timestamp;
use askama::Template;
use axum::extract::{Extension, Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::str::FromStr;
use store::{DeadFilter, DeadGroup, LedgerRow, LedgerState};

/// The states a list can be narrowed to, by name.
const STATES: [(&str, LedgerState); 5] = [
    ("dead", LedgerState::Dead),
    ("replaying", LedgerState::Replaying),
    ("passed", LedgerState::Passed),
    ("dead_again", LedgerState::DeadAgain),
    ("dropped", LedgerState::Dropped),
];

/// A filter as it stands in a query or a form. Empty fields don't count.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub(super) struct Narrowed {
    pub(super) stage: String,
    pub(super) reason: String,
    pub(super) host: String,
    pub(super) source: String,
    pub(super) state: String,
    pub(super) after: Option<i64>,
    pub(super) id: Option<i64>,
}

impl Narrowed {
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).map(|v| v.trim().chars().take(253).collect()).unwrap_or_default();
        let number = |name: &str| fields.get(name).and_then(|v| v.trim().parse().ok());
        Self {
            stage: text("stage"),
            reason: text("reason"),
            host: text("host"),
            source: text("source"),
            state: text("state"),
            after: number("after"),
            id: number("id"),
        }
    }

    /// As [`Narrowed::read`], for an act: where a list may leave out what it doesn't understand, an act would
    /// reach further than was meant.
    fn read_strictly(fields: &Fields) -> Result<Self, OpsFailure> {
        let narrowed = Self { after: number(fields, "after")?, id: number(fields, "id")?, ..Self::read(fields) };
        match narrowed.state.as_str() {
            state if state.is_empty() || STATES.iter().any(|(name, _)| *name == state) => Ok(narrowed),
            state => Err(OpsFailure::Unreadable { field: "state", value: state.to_owned() }),
        }
    }

    pub(super) fn filter(&self, limit: Option<u32>) -> DeadFilter {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        DeadFilter {
            stage: given(&self.stage),
            reason: given(&self.reason),
            host: given(&self.host),
            source: given(&self.source),
            state: STATES.iter().find(|(name, _)| *name == self.state).map(|(_, state)| *state),
            ids: self.id.into_iter().collect(),
            after: self.after,
            limit,
            ..DeadFilter::default()
        }
    }

    /// As a query, without where the page begins.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// The fields that are given, for hidden inputs.
    pub(super) fn fields(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("stage", self.stage.as_str()),
            ("reason", &self.reason),
            ("host", &self.host),
            ("source", &self.source),
            ("state", &self.state),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// A number that an act is given; none where the field is absent or empty.
fn number<T: FromStr>(fields: &Fields, field: &'static str) -> Result<Option<T>, OpsFailure> {
    match fields.get(field).map(|v| v.trim()) {
        None | Some("") => Ok(None),
        Some(value) => match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(OpsFailure::Unreadable { field, value: crate::site::shorten_to(value, 80) }),
        },
    }
}

/// A row of the list.
struct Line {
    id: i64,
    stage: String,
    reason: String,
    about: String,
    detail: String,
    attempts: u32,
    died: String,
    state: &'static str,
}

impl Line {
    fn new(row: LedgerRow, now: Timestamp) -> Self {
        let letter = row.letter;
        Self {
            id: row.id,
            about: letter.host.or(letter.source).unwrap_or_default(),
            detail: crate::site::shorten_to(&letter.detail, 160),
            attempts: letter.attempts,
            died: when(Some(letter.died_at), now),
            state: state_name(row.state),
            stage: letter.stage,
            reason: letter.reason,
        }
    }
}

fn state_name(state: LedgerState) -> &'static str {
    STATES.iter().find(|(_, s)| *s == state).map_or("dead", |(name, _)| name)
}

#[derive(Template)]
#[template(path = "ops/dead.html")]
struct DeadPage<'a> {
    frame: Frame<'a>,
    narrowed: Narrowed,
    states: [(&'static str, LedgerState); 5],
    groups: Vec<DeadGroup>,
    total: u64,
    lines: Vec<Line>,
    next: Option<String>,
    /// Whether the letters listed can be replayed: those that are dead.
    replayable: bool,
    said: Option<String>,
}

pub(super) async fn list(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Query(fields): Query<Fields>,
) -> Result<Response, OpsFailure> {
    let narrowed = Narrowed::read(&fields);
    let rows = state.settings.rows.clamp(1, 1_000);
    let everything = Narrowed { after: None, ..narrowed.clone() }.filter(None);
    let now = Timestamp::now();
    let found = state.store.dead_letters(&narrowed.filter(Some(rows))).await?;
    let full = found.len() >= usize::try_from(rows).unwrap_or(usize::MAX);
    let next = found.last().filter(|_| full).map(|row| format!("/ops/dead?{}&after={}", narrowed.query(), row.id));
    let mut groups = state.store.dead_groups(&everything).await?;
    groups.truncate(usize::try_from(rows).unwrap_or(usize::MAX));
    html(&DeadPage {
        frame: Frame::new(&operator, "/ops/dead"),
        states: STATES,
        groups,
        total: state.store.dead_count(&everything).await?,
        lines: found.into_iter().map(|row| Line::new(row, now)).collect(),
        next,
        replayable: matches!(narrowed.state.as_str(), "" | "dead"),
        said: said(&fields),
        narrowed,
    })
}

/// What the last act did. Numbers only: a link can't put words into our mouth.
fn said(fields: &Fields) -> Option<String> {
    let number = |name: &str| fields.get(name).and_then(|v| v.parse::<u64>().ok());
    let (replayed, held) = (number("replayed")?, number("held").unwrap_or(0));
    Some(match held {
        0 => format!("{replayed} replayed. What became of them is told here as it becomes known."),
        held => format!("{replayed} replayed, {held} held back: too old, taken down, or returned too often."),
    })
}

#[derive(Template)]
#[template(path = "ops/letter.html")]
struct LetterPage<'a> {
    frame: Frame<'a>,
    row: LedgerRow,
    state: &'static str,
    headers: String,
    body: String,
    first_seen: String,
    died: String,
}

pub(super) async fn detail(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Path(id): Path<i64>,
) -> Result<Response, OpsFailure> {
    let row = find(&state, id).await?.ok_or(OpsFailure::NotFound)?;
    html(&LetterPage {
        frame: Frame::new(&operator, "/ops/dead"),
        state: state_name(row.state),
        headers: readable(&row.letter.headers),
        body: readable(&row.letter.body),
        first_seen: row.letter.first_seen.rfc3339(),
        died: row.letter.died_at.rfc3339(),
        row,
    })
}

/// A row by its number, in whatever state: a filter names one state at a time.
async fn find(state: &OpsState, id: i64) -> Result<Option<LedgerRow>, OpsFailure> {
    for (_, ledger_state) in STATES {
        let filter = DeadFilter { ids: vec![id], state: Some(ledger_state), ..DeadFilter::default() };
        if let Some(row) = state.store.dead_letters(&filter).await?.pop() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Bytes for people: JSON with line breaks, other text as it is, what is no text with replacement characters.
fn readable(bytes: &[u8]) -> String {
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

pub(super) async fn replay(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Form(form): Form<Fields>,
) -> Result<Response, OpsFailure> {
    state.permit(&operator, &form)?;
    let narrowed = Narrowed::read_strictly(&form)?;
    let limit = number(&form, "limit")?;
    let result = state.actions.replay(narrowed.filter(limit), operator.actor.clone()).await;
    state.acted(&operator, "dead.replay", &narrowed.query(), &result);
    let count = result.map_err(OpsFailure::Action)?;
    let to = format!("/ops/dead?{}&replayed={}&held={}", narrowed.query(), count.replayed, count.held);
    Ok(Redirect::to(&to).into_response())
}
