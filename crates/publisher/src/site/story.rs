//! One story: its text as far as it may be shown, where it comes from, who else carries it.

use super::SiteState;
use super::copies::{self, Copy};
use super::failure::Failure;
use super::frame::{Frame, html};
use super::link::{Link, Picture, path};
use super::moment::Moment;
use super::settings::SiteSettings;
use super::shown::{self, BlockView};
use super::tongue::Tongue;
use article::{Article, Carry, CarryReason, Section, StoryId, Timestamp};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::{ArticleState, Member, StoryLookup, StoryView};

pub(super) async fn page(State(state): State<SiteState>, Path(id): Path<String>) -> Result<Response, Failure> {
    let id: StoryId = id.parse().map_err(|_| Failure::NotFound)?;
    match state.store.story(&id).await? {
        StoryLookup::Found(view) => {
            let licensed = licensed(&state, &view).await?;
            let page = StoryPage::new(&state.settings, &view, licensed, Timestamp::now()).ok_or(Failure::Gone)?;
            Ok(html(&page))
        }
        StoryLookup::Moved(to) => {
            // A merge can be undone: without a bound a browser would keep the redirect for good.
            let keep = format!("public, max-age={}", state.settings.cache_secs);
            let headers = [(header::LOCATION, format!("/story/{to}")), (header::CACHE_CONTROL, keep)];
            Ok((StatusCode::MOVED_PERMANENTLY, headers).into_response())
        }
        StoryLookup::Gone => Err(Failure::Gone),
        StoryLookup::Unknown => Err(Failure::NotFound),
    }
}

/// Whether the face's source may show a text whose primary source isn't free. Asked only where it matters.
async fn licensed(state: &SiteState, view: &StoryView) -> Result<bool, Failure> {
    let Some((face, primary)) = leads(view) else { return Ok(false) };
    let own = &face.article.article;
    if shown::rights(own, &primary.article.article, false) == own.rights {
        return Ok(false);
    }
    Ok(state.store.source(&own.source).await?.is_some_and(|s| s.licensed))
}

/// The members a story is shown by and credited to.
fn leads(view: &StoryView) -> Option<(&Member, &Member)> {
    let member = |id: &article::ArticleId| view.members.iter().find(|m| m.article.article.id == *id);
    let face = member(view.face.as_ref()?)?;
    Some((face, member(&view.primary).unwrap_or(face)))
}

/// Who a story is credited to.
#[derive(Clone, Debug)]
struct Credit {
    name: String,
    /// None where the owner had it taken down.
    link: Option<Link>,
    /// Whether the story is shown by another's copy.
    elsewhere: bool,
    /// What became of it, if it can't be read any more.
    note: Option<&'static str>,
}

impl Credit {
    fn of(primary: &Member, elsewhere: bool) -> Self {
        let link = Link::parse(primary.article.article.url.as_str());
        let (link, note) = match primary.article.state {
            ArticleState::Shown => (link, None),
            ArticleState::Withdrawn => (link, Some("since withdrawn by its publisher")),
            ArticleState::TakenDown => (None, Some("removed here at its owner’s request")),
        };
        Self { name: primary.article.article.source_name.clone(), link, elsewhere, note }
    }
}

/// A licence as the page named it.
#[derive(Clone, Debug)]
struct Licence {
    text: String,
    link: Option<Link>,
}

#[derive(Template)]
#[template(path = "story.html")]
pub(super) struct StoryPage<'a> {
    frame: Frame<'a>,
    section: Section,
    title: String,
    tongue: Tongue,
    subtitle: Option<String>,
    authors: String,
    source_name: String,
    source_path: String,
    source_link: Option<Link>,
    primary: Credit,
    published: Moment,
    modified: Option<Moment>,
    revisions: u32,
    picture: Option<Picture>,
    blocks: Vec<BlockView>,
    carry: Carry,
    /// Why not all of it is shown.
    why: Option<&'static str>,
    copies: Vec<Copy>,
    licence: Option<Licence>,
    /// Whether the owner asked that nothing of it be kept elsewhere: then search engines aren't invited either.
    reserved: bool,
}

impl<'a> StoryPage<'a> {
    /// `None` if nothing of it may be shown.
    pub(super) fn new(settings: &'a SiteSettings, view: &StoryView, licensed: bool, now: Timestamp) -> Option<Self> {
        let (face, primary) = leads(view)?;
        let article = &face.article.article;
        let rights = shown::rights(article, &primary.article.article, licensed);
        let excerpt_chars = usize::try_from(settings.excerpt_chars).unwrap_or(usize::MAX);
        let whole = rights.carry == Carry::Full && article.has_text();
        let mut frame = Frame::new(settings, now);
        frame.section = Some(view.section);
        Some(Self {
            frame,
            section: view.section,
            title: headline(article),
            tongue: Tongue::of(article.language.as_deref()),
            subtitle: article.subtitle.clone().filter(|s| rights.carry > Carry::Headline && !s.trim().is_empty()),
            authors: byline(&article.authors),
            source_name: article.source_name.clone(),
            source_path: path("/source/", article.source.as_str()),
            source_link: Link::parse(article.url.as_str()),
            primary: Credit::of(primary, primary.article.article.id != article.id),
            published: Moment::new(article.time(), now),
            modified: article.modified.filter(|m| *m > article.time() && *m <= now).map(|m| Moment::new(m, now)),
            revisions: face.article.revisions,
            picture: article
                .image
                .as_ref()
                .filter(|_| settings.pictures && rights.carry > Carry::Headline)
                .and_then(Picture::new),
            blocks: shown::blocks(article, rights.carry, excerpt_chars, settings.pictures),
            carry: rights.carry,
            why: (!whole).then(|| rights.reason.sentence()),
            copies: copies::copies(view, &article.id, now),
            licence: rights.licence.as_deref().map(licence),
            reserved: rights.reason != CarryReason::Source,
        })
    }

    /// Where search engines are sent: to who wrote it.
    fn canonical(&self) -> Option<&Link> {
        self.primary.link.as_ref().or(self.source_link.as_ref())
    }

    /// What is in a picture nobody told us; where there is a caption it says more, and once is enough.
    fn alt(&self) -> String {
        match self.picture.as_ref().and_then(|p| p.caption.as_ref()) {
            Some(_) => "Picture".to_owned(),
            None => format!("Picture with “{}”", self.title),
        }
    }

    /// A long headline is set smaller: the way to the primary source stays on a phone's first screen.
    fn size(&self) -> &'static str {
        match self.title.chars().count() {
            ..=110 => "",
            111..=200 => "long",
            _ => "longest",
        }
    }

    fn only_headline(&self) -> bool {
        self.carry == Carry::Headline || self.blocks.is_empty()
    }
}

/// The first few authors: a list of thirty would push everything else off the screen.
fn byline(authors: &[String]) -> String {
    const NAMED: usize = 4;
    let named = authors.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match authors.len().saturating_sub(NAMED) {
        0 => named,
        1 => format!("{named} and another"),
        more => format!("{named} and {more} others"),
    }
}

fn headline(article: &Article) -> String {
    let title = article.title.trim();
    if title.is_empty() { article.source_name.clone() } else { title.to_owned() }
}

fn licence(text: &str) -> Licence {
    let link = Link::parse(text);
    let text = match &link {
        Some(link) => known_licence(&link.to_string()).unwrap_or_else(|| link.host().to_owned()),
        None => shown::shorten_to(text, 120),
    };
    Licence { text, link }
}

/// `CC BY-SA 4.0` for `https://creativecommons.org/licenses/by-sa/4.0/`.
fn known_licence(url: &str) -> Option<String> {
    let rest = url.split_once("creativecommons.org/")?.1;
    let mut parts = rest.split('/').filter(|p| !p.is_empty());
    match (parts.next()?, parts.next()?, parts.next()) {
        ("licenses", kind, Some(version)) if kind.len() <= 12 && version.len() <= 5 => {
            Some(format!("CC {} {version}", kind.to_ascii_uppercase()))
        }
        ("publicdomain", "zero", _) => Some("CC0".to_owned()),
        _ => None,
    }
}
