//! What stands around every page.

use super::assets::CSS_PATH;
use super::settings::SiteSettings;
use article::{Section, Timestamp};
use askama::Template;
use axum::response::{Html, IntoResponse, Response};

/// The frame of a page: masthead, navigation, footer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) settings: &'a SiteSettings,
    /// The section the page belongs to.
    pub(crate) section: Option<Section>,
    /// The language that is chosen, kept in the links of the navigation.
    pub(crate) language: Option<&'a str>,
    pub(crate) now: Timestamp,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(settings: &'a SiteSettings, now: Timestamp) -> Self {
        Self { settings, section: None, language: None, now }
    }

    pub(crate) fn css(&self) -> &'static str {
        CSS_PATH.as_str()
    }

    pub(crate) fn sections(&self) -> [Section; 10] {
        Section::ALL
    }

    pub(crate) fn is_in(&self, section: &Section) -> bool {
        self.section == Some(*section)
    }

    /// `?lang=de`, or nothing.
    pub(crate) fn language_query(&self) -> String {
        self.language.map(|l| format!("?lang={l}")).unwrap_or_default()
    }

    /// `Tuesday, 24 November 2026`.
    pub(crate) fn today(&self) -> String {
        self.now.utc().format("%A, %-d %B %Y").to_string()
    }
}

/// Prints a page. A template can only fail by a bug of ours; the reader is told no more than that.
pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => super::failure::Failure::Template(error.to_string()).into_response(),
    }
}
