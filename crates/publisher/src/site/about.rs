//! Who runs the site, how to have something removed, what our robot does.

use super::SiteState;
use super::failure::Failure;
use super::frame::{Frame, html};
use super::settings::{RobotFacts, in_words};
use article::Timestamp;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use store::Totals;

#[derive(Template)]
#[template(path = "about.html")]
pub(super) struct AboutPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) totals: Totals,
}

#[derive(Template)]
#[template(path = "removal.html")]
pub(super) struct RemovalPage<'a> {
    pub(super) frame: Frame<'a>,
}

#[derive(Template)]
#[template(path = "robot.html")]
pub(super) struct RobotPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) robot: &'a RobotFacts,
}

impl RobotPage<'_> {
    fn poll_min(&self) -> String {
        in_words(self.robot.poll_min)
    }
    fn poll_max(&self) -> String {
        in_words(self.robot.poll_max)
    }
    fn host_interval(&self) -> String {
        in_words(self.robot.host_interval)
    }
    fn crawl_delay_max(&self) -> String {
        in_words(self.robot.crawl_delay_max)
    }
}

pub(super) async fn about(State(state): State<SiteState>) -> Result<Response, Failure> {
    let totals = state.store.totals().await?;
    Ok(html(&AboutPage { frame: Frame::new(&state.settings, Timestamp::now()), totals }))
}

/// Needs no store: who wants something removed can read how even while it is away.
pub(super) async fn removal(State(state): State<SiteState>) -> Response {
    html(&RemovalPage { frame: Frame::new(&state.settings, Timestamp::now()) })
}

/// Needs no store either: the User-Agent names this page.
pub(super) async fn robot(State(state): State<SiteState>) -> Response {
    html(&RobotPage { frame: Frame::new(&state.settings, Timestamp::now()), robot: &state.robot })
}
