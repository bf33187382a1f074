//! What stands around every page of the operator's.

use super::failure::OpsFailure;
use super::session::Operator;
use crate::site::assets::CSS_PATH;
use crate::site::moment::Moment;
use article::Timestamp;
use askama::Template;
use axum::response::{Html, IntoResponse, Response};

/// The frame of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) operator: &'a Operator,
    /// Path of the page, to mark it in the navigation.
    pub(super) here: &'a str,
}

/// The pages, by path and name.
const PAGES: [(&str, &str); 6] = [
    ("/ops", "Overview"),
    ("/ops/dead", "Dead letters"),
    ("/ops/sources", "Sources"),
    ("/ops/decisions", "Decisions"),
    ("/ops/takedowns", "Takedowns"),
    ("/ops/audit", "Audit"),
];

impl<'a> Frame<'a> {
    pub(super) fn new(operator: &'a Operator, here: &'a str) -> Self {
        Self { operator, here }
    }

    pub(super) fn css(&self) -> &'static str {
        CSS_PATH.as_str()
    }

    pub(super) fn pages(&self) -> [(&'static str, &'static str); 6] {
        PAGES
    }

    pub(super) fn form_key(&self) -> &str {
        self.operator.form_key.as_deref().unwrap_or_default()
    }

    pub(super) fn may_act(&self) -> bool {
        self.operator.may_act()
    }
}

pub(super) fn html(page: &impl Template) -> Result<Response, OpsFailure> {
    Ok(Html(page.render()?).into_response())
}

/// A time against now; a dash where there is none.
pub(super) fn when(at: Option<Timestamp>, now: Timestamp) -> String {
    match at {
        Some(at) if at > now => format!("in {}", span(at.secs().saturating_sub(now.secs()))),
        Some(at) => Moment::new(at, now).short,
        None => "–".to_owned(),
    }
}

/// A span of seconds in its largest unit.
pub(super) fn span(secs: i64) -> String {
    match secs {
        ..90 => format!("{} s", secs.max(0)),
        90..5_400 => format!("{} min", secs / 60),
        5_400..172_800 => format!("{} h", secs / 3600),
        _ => format!("{} d", secs / 86_400),
    }
}
