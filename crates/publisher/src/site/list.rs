//! Lists of stories with paging: a section's, a source's.

use super::SiteState;
use super::cards::{self, Card, LanguageChoice};
use super::failure::Failure;
use super::frame::{Frame, html};
use super::link::Link;
use super::query::{Asked, place};
use article::{Section, Timestamp};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use store::{CardFilter, ListedAfter, StoryCard};

pub(super) async fn section(
    State(state): State<SiteState>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let section = Section::from_name(&name).ok_or(Failure::NotFound)?;
    let asked = Asked::read(query.as_deref());
    let filter = CardFilter { section: Some(section), language: asked.language.clone(), source: None };
    let (stories, next) = fetch(&state, &filter, asked.after.as_ref()).await?;
    let languages = match asked.language.as_deref() {
        None => cards::languages(&stories, None),
        chosen => {
            let all = CardFilter { section: Some(section), ..CardFilter::default() };
            cards::languages(&state.store.cards(&all, None, state.settings.page_size).await?, chosen)
        }
    };
    let now = Timestamp::now();
    let frame =
        Frame { section: Some(section), language: asked.language.as_deref(), ..Frame::new(&state.settings, now) };
    Ok(html(&ListPage {
        heading: section.title().to_owned(),
        home: None,
        feed: Some(format!("/section/{name}/feed.xml")),
        path: format!("/section/{name}"),
        cards: Card::all(&stories, state.settings.pictures, now),
        older: asked.after.is_some(),
        next: next.as_ref().map(place),
        languages,
        frame,
    }))
}

/// One page of stories and where the next begins.
pub(super) async fn fetch(
    state: &SiteState,
    filter: &CardFilter,
    after: Option<&ListedAfter>,
) -> Result<(Vec<StoryCard>, Option<ListedAfter>), Failure> {
    let size = state.settings.page_size.clamp(1, 200);
    let mut stories = state.store.cards(filter, after, size + 1).await?;
    let next = cards::cut_page(&mut stories, usize::try_from(size).unwrap_or(usize::MAX));
    Ok((stories, next))
}

#[derive(Template)]
#[template(path = "list.html")]
pub(super) struct ListPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) heading: String,
    /// The source's own site.
    pub(super) home: Option<Link>,
    pub(super) feed: Option<String>,
    pub(super) path: String,
    pub(super) cards: Vec<Card>,
    /// Whether this is not the first page.
    pub(super) older: bool,
    /// Where the next page begins.
    pub(super) next: Option<String>,
    pub(super) languages: Vec<LanguageChoice>,
}

impl ListPage<'_> {
    fn next_href(&self, after: &str) -> String {
        let language = self.frame.language.map(|l| format!("&lang={l}")).unwrap_or_default();
        format!("{}?after={after}{language}", self.path)
    }
}
