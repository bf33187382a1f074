//! What stands in an article's place: consent pages, bot walls, players, galleries, fronts.
//!
//! Asked only where little text was found, but for walls: a page that holds an article's text is an article
//! whatever else it is.

use super::error::{ExtractError, OtherPage};
use super::facts::Facts;
use super::jsonld::Thing;
use article::CanonicalUrl;

/// Weight of running text from which a page is an article without further proof.
const ENOUGH: usize = 350;

/// Weight of running text below which a page is no article whatever it declares: less than the one sentence of a
/// flash.
const TOO_LITTLE: usize = 40;

/// Challenge pages' titles and texts, as the common bot walls word them.
const WALLS: &[&str] = &[
    "just a moment",
    "attention required",
    "checking your browser",
    "verify you are human",
    "are you a robot",
    "please enable js and disable any ad blocker",
    "access denied",
    "access to this page has been denied",
    "pardon our interruption",
    "request unsuccessful",
    "ddos protection by",
    "enable javascript and cookies to continue",
    "unusual traffic",
    "security check",
    "human verification",
    "bot verification",
    "please verify you are a human",
    "sicherheitsüberprüfung",
];

/// Consent pages' titles and addresses.
const CONSENT: &[&str] = &[
    "before you continue",
    "bevor sie fortfahren",
    "we value your privacy",
    "your privacy choices",
    "privacy settings",
    "consent management",
    "cookie consent",
    "datenschutzeinstellungen",
    "wir benötigen ihre zustimmung",
    "we use cookies",
    "mit werbung weiterlesen",
    "avant de continuer",
    "antes de continuar",
    "prima di continuare",
];

/// What is known of the page when its kind is asked for.
pub(crate) struct Seen<'a> {
    /// Weight of the running text found.
    pub(crate) chars: usize,
    /// Share of that text that is link.
    pub(crate) link_share: f32,
    /// The running text, or its beginning.
    pub(crate) text: &'a str,
    /// The headline.
    pub(crate) title: Option<&'a str>,
    /// Address after redirects.
    pub(crate) url: &'a CanonicalUrl,
}

/// Refuses what is no article.
pub(crate) fn check(facts: &Facts<'_>, ld: Option<Thing<'_>>, seen: &Seen<'_>) -> Result<(), ExtractError> {
    let is_article = ld.is_some() || facts.meta_text(&["og:type"]).is_some_and(|t| t.eq_ignore_ascii_case("article"));
    // No wall describes itself as an article; a short article may well speak of security checks.
    if !is_article && seen.chars < ENOUGH {
        wall(facts, seen)?;
    }
    if seen.chars >= if is_article { TOO_LITTLE } else { ENOUGH } {
        return Ok(());
    }
    let other = |kind, why: String| Err(ExtractError::NoArticle { kind, why });
    let og_type = facts.meta_text(&["og:type"]).unwrap_or_default().to_ascii_lowercase();
    if facts.ld.has_own(&["LiveBlogPosting"]) {
        return other(OtherPage::LiveBlog, format!("LiveBlogPosting with {} characters of text", seen.chars));
    }
    if facts.ld.has_own(&["VideoObject", "Clip", "BroadcastEvent"]) || og_type.starts_with("video") {
        return other(OtherPage::Video, format!("a video with {} characters of text", seen.chars));
    }
    if facts.ld.has_own(&["ImageGallery", "MediaGallery", "ImageObject"]) && !is_article {
        return other(OtherPage::Gallery, format!("a gallery with {} characters of text", seen.chars));
    }
    if facts.ld.has_own(&["AudioObject", "PodcastEpisode"]) || og_type.starts_with("music") {
        return other(OtherPage::Audio, format!("audio with {} characters of text", seen.chars));
    }
    if facts.ld.has_own(&["SearchResultsPage"])
        || seen
            .url
            .path()
            .split('/')
            .any(|s| matches!(s, "search" | "suche" | "buscar" | "recherche" | "tag" | "tags" | "topic"))
    {
        return other(OtherPage::Search, "a search or tag page".to_owned());
    }
    let front = facts.ld.has_own(&["CollectionPage", "ItemList"])
        || og_type == "website"
        || seen.url.path() == "/"
        || seen.link_share > 0.5;
    if front && !is_article {
        return other(OtherPage::Front, format!("a list of articles: {} characters of running text", seen.chars));
    }
    if seen.chars < TOO_LITTLE {
        return other(OtherPage::Thin, format!("{} characters of text", seen.chars));
    }
    Ok(())
}

fn wall(facts: &Facts<'_>, seen: &Seen<'_>) -> Result<(), ExtractError> {
    let title = facts.title.clone().unwrap_or_default();
    let said = format!("{}\n{}\n{}", title, seen.title.unwrap_or_default(), seen.text).to_lowercase();
    let title = title.to_lowercase();
    if let Some(phrase) = WALLS.iter().find(|p| title.contains(**p) || said.contains(**p)) {
        return Err(ExtractError::Blocked(format!("“{phrase}”")));
    }
    let address = seen.url.as_str();
    let by_address =
        ["//consent.", "/consent", "/cookiewall", "/privacywall", "/gdpr"].iter().find(|p| address.contains(**p));
    if let Some(phrase) = CONSENT.iter().find(|p| title.contains(**p) || said.contains(**p)).or(by_address) {
        return Err(ExtractError::Consent(format!("“{phrase}”")));
    }
    Ok(())
}

/// Whether an error's body is a challenge: a bot wall that answers 403 or 503.
pub fn bot_wall(body: &[u8], content_type: Option<&str>) -> Option<ExtractError> {
    let head = &body[..body.len().min(64 * 1024)];
    let text = super::charset::decode(head, content_type, None).text.to_lowercase();
    WALLS.iter().find(|p| text.contains(**p)).map(|p| ExtractError::Blocked(format!("“{p}”")))
}
