//! The front page: the story of the hour, the latest, and a few of each section.

use super::SiteState;
use super::cards::{self, Card, LanguageChoice};
use super::failure::Failure;
use super::frame::{Frame, html};
use super::query::Asked;
use super::settings::SiteSettings;
use article::{Section, Timestamp};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use futures_util::future::try_join_all;
use std::collections::HashSet;
use store::{CardFilter, StoryCard, Totals};

/// Newest stories among which the lead is chosen and languages are found.
const SAMPLE: u32 = 60;

/// What the front page is made of.
pub(super) struct Material {
    pub(super) newest: Vec<StoryCard>,
    /// The newest of all languages, where one is chosen: what the language bar offers.
    pub(super) sample: Vec<StoryCard>,
    pub(super) sections: Vec<(Section, Vec<StoryCard>)>,
    pub(super) totals: Totals,
}

pub(super) async fn page(State(state): State<SiteState>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let asked = Asked::read(query.as_deref());
    let material = gather(&state, asked.language.as_deref()).await?;
    let page = FrontPage::new(&state.settings, material, asked.language.as_deref(), Timestamp::now());
    Ok(html(&page))
}

async fn gather(state: &SiteState, language: Option<&str>) -> Result<Material, Failure> {
    let filter = |section| CardFilter { section, language: language.map(str::to_owned), source: None };
    // Enough that what stands above can be left out.
    let depth = state.settings.front_section_stories.saturating_add(state.settings.front_latest).saturating_add(1);
    let newest = state.store.cards(&filter(None), None, SAMPLE).await?;
    let sample = match language {
        Some(_) => state.store.cards(&CardFilter::default(), None, SAMPLE).await?,
        None => Vec::new(),
    };
    let sections = try_join_all(Section::ALL.map(|section| {
        let filter = filter(Some(section));
        async move { state.store.cards(&filter, None, depth).await.map(|cards| (section, cards)) }
    }))
    .await?;
    Ok(Material { newest, sample, sections, totals: state.store.totals().await? })
}

/// A section's part of the front page.
struct Part {
    section: Section,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "front.html")]
pub(super) struct FrontPage<'a> {
    frame: Frame<'a>,
    lead: Option<Card>,
    latest: Vec<Card>,
    parts: Vec<Part>,
    languages: Vec<LanguageChoice>,
    totals: Totals,
}

impl<'a> FrontPage<'a> {
    pub(super) fn new(
        settings: &'a SiteSettings,
        material: Material,
        language: Option<&'a str>,
        now: Timestamp,
    ) -> Self {
        let Material { newest, sample, sections, totals } = material;
        let card = |c: &StoryCard| Card::new(c, settings.pictures, now);
        let lead = cards::lead(&newest, now).map(card);
        let mut above: HashSet<_> = lead.iter().map(|c| c.id.clone()).collect();
        let rest = cards::without(newest.clone(), &above);
        let latest: Vec<Card> = rest.iter().take(size(settings.front_latest)).map(card).collect();
        above.extend(latest.iter().map(|c| c.id.clone()));
        let parts = sections
            .into_iter()
            .map(|(section, found)| Part {
                section,
                cards: cards::without(found, &above)
                    .iter()
                    .take(size(settings.front_section_stories))
                    .map(card)
                    .collect(),
            })
            .filter(|part| !part.cards.is_empty())
            .collect();
        let languages = cards::languages(if language.is_some() { &sample } else { &newest }, language);
        let frame = Frame { language, ..Frame::new(settings, now) };
        Self { frame, lead, latest, parts, languages, totals }
    }

    /// Nothing is read yet: the page says how to begin.
    fn is_new(&self) -> bool {
        self.totals.sources == 0 && self.lead.is_none()
    }
}

fn size(setting: u32) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}
