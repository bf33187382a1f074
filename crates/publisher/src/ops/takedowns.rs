//! Owners' requests.

use super::actions::TakedownRequest;
use super::failure::OpsFailure;
use super::frame::{Frame, html, when};
use super::session::Operator;
use super::{Fields, OpsState};
use article::Timestamp;
use askama::Template;
use axum::extract::{Extension, Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::{Takedown, TakedownState};

struct Line {
    url: String,
    requested_by: String,
    reason: String,
    requested: String,
    /// When it was carried out, or when it has to be.
    state: String,
    open: bool,
    style: &'static str,
}

impl Line {
    fn new(takedown: Takedown, now: Timestamp) -> Self {
        let open = takedown.state == TakedownState::Requested;
        let nothing = !open && takedown.articles.is_empty();
        let state = match takedown.executed_at {
            _ if nothing => "nothing was here under this address; it will not come".to_owned(),
            Some(at) if !open => format!("carried out {}", when(Some(at), now)),
            _ if takedown.due_at < now => "overdue".to_owned(),
            _ => format!("due {}", when(Some(takedown.due_at), now)),
        };
        Self {
            requested: when(Some(takedown.requested_at), now),
            url: takedown.url,
            requested_by: takedown.requested_by,
            reason: takedown.reason,
            state,
            open,
            style: match (open, nothing) {
                (true, _) => "failing",
                (false, true) => "",
                (false, false) => "ok",
            },
        }
    }
}

#[derive(Template)]
#[template(path = "ops/takedowns.html")]
struct TakedownsPage<'a> {
    frame: Frame<'a>,
    lines: Vec<Line>,
    said: Option<Said>,
}

/// What the last act did.
struct Said {
    url: String,
    /// Whether an article was here.
    taken: bool,
    /// Copies by which its story is still shown.
    others: Vec<String>,
}

/// By the takedown's number only: a link can't put words into our mouth.
async fn said(state: &OpsState, takedowns: &[Takedown], fields: &Fields) -> Result<Option<Said>, OpsFailure> {
    let number = fields.get("done").and_then(|v| v.parse::<i64>().ok());
    let done = takedowns.iter().find(|t| Some(t.id) == number && t.state == TakedownState::Executed);
    let Some(done) = done else { return Ok(None) };
    let others = state.store.still_shown(done).await?;
    Ok(Some(Said { url: done.url.clone(), taken: !done.articles.is_empty(), others }))
}

pub(super) async fn list(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Query(fields): Query<Fields>,
) -> Result<Response, OpsFailure> {
    let now = Timestamp::now();
    let rows = usize::try_from(state.settings.rows).unwrap_or(usize::MAX).max(1);
    let takedowns = state.store.takedowns().await?;
    let said = said(&state, &takedowns, &fields).await?;
    let lines = takedowns.into_iter().take(rows).map(|t| Line::new(t, now)).collect();
    html(&TakedownsPage { frame: Frame::new(&operator, "/ops/takedowns"), lines, said })
}

pub(super) async fn take_down(
    State(state): State<OpsState>,
    Extension(operator): Extension<Operator>,
    Form(form): Form<Fields>,
) -> Result<Response, OpsFailure> {
    state.permit(&operator, &form)?;
    let field = |name: &str| form.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let request = TakedownRequest { url: field("url"), requested_by: field("requested_by"), reason: field("reason") };
    let result = state.actions.take_down(request, operator.actor.clone()).await;
    state.acted(&operator, "takedown.execute", &field("url"), &result);
    let number = result.map_err(OpsFailure::Action)?;
    Ok(Redirect::to(&format!("/ops/takedowns?done={number}")).into_response())
}
