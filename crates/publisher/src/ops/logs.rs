//! What was decided, and who did what.

use super::failure::OpsFailure;
use super::frame::{Frame, html, when};
use super::session::Operator;
use super::{Fields, OpsState};
use article::Timestamp;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use store::{AuditEntry, DecisionRow};

/// A decision of a stage.
pub(super) struct DecisionLine {
    pub(super) at: String,
    pub(super) when: String,
    pub(super) stage: String,
    pub(super) outcome: String,
    pub(super) reason: String,
    pub(super) about: String,
    pub(super) attempt: u32,
    pub(super) detail: String,
}

impl DecisionLine {
    pub(super) fn new(row: DecisionRow, now: Timestamp) -> Self {
        Self {
            at: row.at.rfc3339(),
            when: when(Some(row.at), now),
            about: row.url.or(row.source).unwrap_or(row.message_id),
            stage: row.stage,
            outcome: row.outcome,
            reason: row.reason,
            attempt: row.attempt,
            detail: crate::site::shorten_to(&row.detail, 400),
        }
    }
}

#[derive(Template)]
#[template(path = "ops/decisions.html")]
struct DecisionsPage<'a> {
    frame: Frame<'a>,
    words: String,
    lines: Vec<DecisionLine>,
}

pub(super) async fn decisions(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Query(fields): Query<Fields>,
) -> Result<Response, OpsFailure> {
    let words = fields.get("q").map(|q| q.trim().to_owned()).unwrap_or_default();
    let rows = match words.as_str() {
        "" => state.store.recent_decisions(state.settings.rows).await?,
        key => state.store.decisions(key).await?,
    };
    let now = Timestamp::now();
    let lines = rows.into_iter().map(|row| DecisionLine::new(row, now)).collect();
    html(&DecisionsPage { frame: Frame::new(&operator, "/ops/decisions"), words, lines })
}

struct AuditLine {
    at: String,
    when: String,
    entry: AuditEntry,
}

#[derive(Template)]
#[template(path = "ops/audit.html")]
struct AuditPage<'a> {
    frame: Frame<'a>,
    lines: Vec<AuditLine>,
}

pub(super) async fn audit(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
) -> Result<Response, OpsFailure> {
    let now = Timestamp::now();
    let entries = state.store.audit_log(state.settings.rows).await?;
    let line = |entry: AuditEntry| AuditLine { at: entry.at.rfc3339(), when: when(Some(entry.at), now), entry };
    html(&AuditPage { frame: Frame::new(&operator, "/ops/audit"), lines: entries.into_iter().map(line).collect() })
}
