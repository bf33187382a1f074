//! Language, section, keywords, site's name: what an article is and is about.

use crate::extract::dom::{NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use crate::extract::order::{Because, Field, Origin, first};
use crate::extract::words::class_words;
use crate::extract::{Hints, PageBytes};
use article::{CanonicalUrl, Section};

/// Keywords kept.
const MAX_KEYWORDS: usize = 30;

/// Characters up to which a keyword is one.
const MAX_KEYWORD: usize = 60;

/// Characters of text needed before detection is believed.
const DETECT_FROM: usize = 120;

/// The language, declared or detected, as a BCP 47 tag.
///
/// A declaration that the text itself contradicts beyond doubt is a template's left-over and is overruled:
/// the deduplicator's index is parted by language.
pub(crate) fn language(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    page: &PageBytes<'_>,
    hints: &Hints,
    text: &str,
    because: &mut Vec<Because>,
) -> Option<String> {
    let declared = first(Field::Language, because, |origin| match origin {
        Origin::Page => facts.lang.and_then(tag_of).map(|l| (l, "lang".to_owned())),
        Origin::JsonLd => {
            ld.and_then(|a| a.text("inLanguage")).and_then(|l| tag_of(&l)).map(|l| (l, "inLanguage".to_owned()))
        }
        Origin::OpenGraph => {
            facts.meta_text(&["og:locale"]).and_then(|l| tag_of(&l)).map(|l| (l, "og:locale".to_owned()))
        }
        Origin::Meta => facts
            .meta_text(&["content-language", "language", "dc.language"])
            .and_then(|l| tag_of(&l))
            .map(|l| (l, "meta language".to_owned())),
        Origin::Header => page.header("content-language").and_then(tag_of).map(|l| (l, "Content-Language".to_owned())),
        Origin::Entry => hints.language.as_deref().and_then(tag_of).map(|l| (l, "the feed's language".to_owned())),
        Origin::Detection => detect(text).map(|l| (l.to_owned(), "the text".to_owned())),
        _ => None,
    })?;
    let detected = script_language(text);
    match detected {
        Some(found) if !same_script(&declared, found) => {
            because.retain(|b| b.field != Field::Language);
            because.push(Because {
                field: Field::Language,
                origin: Origin::Detection,
                detail: format!("the text, against the declared {declared}"),
            });
            Some(found.to_owned())
        }
        _ => Some(declared),
    }
}

/// A language tag as people write it (`de_DE`, `EN-us`, `german`), in BCP 47's usual case; only primary
/// language, script and region are kept.
pub(crate) fn tag_of(text: &str) -> Option<String> {
    let first = text.split([',', ';', ' ']).find(|p| !p.is_empty())?;
    let mut parts = first.split(['-', '_']);
    let primary = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&primary.len())
        || !primary.bytes().all(|b| b.is_ascii_lowercase())
        || matches!(primary.as_str(), "und" | "mul" | "zxx" | "utf")
    {
        return None;
    }
    let mut tag = primary;
    for part in parts.take(2) {
        match (part.len(), part.bytes().all(|b| b.is_ascii_alphabetic())) {
            (2, true) => {
                tag.push('-');
                tag.push_str(&part.to_ascii_uppercase());
            }
            (4, true) => {
                tag.push('-');
                tag.push_str(&part[..1].to_ascii_uppercase());
                tag.push_str(&part[1..].to_ascii_lowercase());
            }
            _ => break,
        }
    }
    Some(tag)
}

fn detect(text: &str) -> Option<&'static str> {
    if text.chars().count() < DETECT_FROM / 2 {
        return None;
    }
    let info = whatlang::detect(head(text))?;
    (info.is_reliable() || text.len() > 400).then(|| two_letters(info.lang()))
}

/// A detected language, if the text is long enough and its script alone shows that a declaration is wrong.
fn script_language(text: &str) -> Option<&'static str> {
    if text.chars().count() < DETECT_FROM {
        return None;
    }
    let text = head(text);
    let script = whatlang::detect_script(text)?;
    if script == whatlang::Script::Latin {
        return None;
    }
    whatlang::detect(text).filter(|i| i.is_reliable()).map(|i| two_letters(i.lang()))
}

/// Whether a declared language can be what detection found, as far as the script tells: Cyrillic and Arabic
/// serve many languages that detection does not know.
fn same_script(declared: &str, found: &str) -> bool {
    let primary = declared.split('-').next().unwrap_or(declared);
    let family = |l: &str| match l {
        "ru" | "uk" | "be" | "bg" | "sr" | "mk" | "kk" | "ky" | "tg" | "mn" | "tt" | "ba" | "uz" | "az" | "bs"
        | "cnr" | "sh" => 1,
        "ar" | "fa" | "ur" | "ps" | "ckb" | "ku" | "sd" | "ug" | "az-arab" | "pnb" => 2,
        "zh" | "ja" | "yue" => 3,
        "hi" | "mr" | "ne" | "sa" | "bho" | "mai" => 4,
        "he" | "yi" => 5,
        _ => 0,
    };
    primary == found || (family(primary) != 0 && family(primary) == family(found))
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(2_000);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn two_letters(lang: whatlang::Lang) -> &'static str {
    use whatlang::Lang;
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

/// The section.
pub(crate) fn section(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    url: &CanonicalUrl,
    keywords: &[String],
    hints: &Hints,
    because: &mut Vec<Because>,
) -> Section {
    let label = |labels: Vec<String>, what: &str| {
        labels
            .iter()
            .filter(|l| l.chars().count() <= 40)
            .find_map(|l| Section::from_label(l).map(|s| (s, format!("{what} “{l}”"))))
    };
    first(Field::Section, because, |origin| match origin {
        Origin::Address => Section::from_path(url).map(|s| (s, "the address's path".to_owned())),
        Origin::JsonLd => ld.and_then(|a| label(a.texts("articleSection"), "articleSection")),
        Origin::Microdata => {
            label(facts.prop("articleSection").map(|id| facts.prop_value(id)).collect(), "itemprop=articleSection")
        }
        Origin::OpenGraph => label(facts.meta_texts(&["article:section", "og:section"]), "article:section"),
        Origin::Meta => {
            label(facts.meta_texts(&["section", "parsely-section", "category", "cxenseparse:category"]), "meta section")
        }
        Origin::Entry => hints
            .section
            .map(|s| (s, "the feed's section".to_owned()))
            .or_else(|| label(hints.categories.clone(), "the entry's category"))
            .or_else(|| label(keywords.to_vec(), "the keyword")),
        Origin::Page => label(crumbs(facts), "the breadcrumb").or_else(|| label(kickers(facts), "above the headline")),
        _ => None,
    })
    .unwrap_or_default()
}

/// What the page's breadcrumb says, the narrowest first.
fn crumbs(facts: &Facts<'_>) -> Vec<String> {
    let dom = facts.dom;
    let is_trail = |id: &NodeId| {
        ["class", "id", "aria-label"]
            .iter()
            .filter_map(|a| dom.attr(*id, a))
            .any(|v| class_words(v).any(|w| w.starts_with("breadcrumb")))
    };
    let Some(trail) = (0..dom.len()).find(is_trail) else { return Vec::new() };
    let mut texts: Vec<String> = dom.descendants(trail).filter_map(|id| dom.text(id)).map(crumb).collect();
    texts.retain(|t| !t.is_empty());
    texts.reverse();
    texts.truncate(MAX_CRUMBS);
    texts
}

/// Crumbs of a trail that are looked at.
const MAX_CRUMBS: usize = 8;

/// A crumb without what parts it from the next.
fn crumb(text: &str) -> String {
    article::squeeze(text.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Short texts right above the headline, in the element around it or the next, the nearest first. Menus stand there
/// too, and say nothing of the article.
fn kickers(facts: &Facts<'_>) -> Vec<String> {
    const MAX: usize = 3;
    const LONGEST: usize = 25;
    let dom = facts.dom;
    let Some(h1) = facts.h1.first().copied() else { return Vec::new() };
    let around = dom.ancestors(h1).filter(|id| dom.tag(*id) != Tag::Body && *id > 0).take(2).last().unwrap_or(h1);
    let in_menu = |id: NodeId| {
        dom.ancestors(id)
            .take_while(|a| *a > around)
            .any(|a| matches!(dom.tag(a), Tag::Nav | Tag::Ul | Tag::Ol | Tag::Li))
    };
    let texts = (around..h1).rev().filter(|id| dom.text(*id).is_some_and(|t| !t.trim().is_empty()));
    let nearest = texts.take(MAX).filter(|id| !in_menu(*id)).filter_map(|id| dom.text(id)).map(crumb);
    nearest.filter(|t| t.chars().count() <= LONGEST).collect()
}

/// Keywords as the publisher gave them.
pub(crate) fn keywords(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    hints: &Hints,
    because: &mut Vec<Because>,
) -> Vec<String> {
    first(Field::Keywords, because, |origin| {
        let (found, what) = match origin {
            Origin::JsonLd => (ld.map(|a| a.texts("keywords")).unwrap_or_default(), "keywords"),
            Origin::Meta => {
                (facts.meta_texts(&["news_keywords", "keywords", "parsely-tags", "sailthru.tags"]), "meta keywords")
            }
            Origin::OpenGraph => (facts.meta_texts(&["article:tag", "og:article:tag"]), "article:tag"),
            Origin::Entry => (hints.categories.clone(), "the entry's categories"),
            _ => return None,
        };
        let list = split_keywords(&found);
        (!list.is_empty()).then(|| (list, what.to_owned()))
    })
    .unwrap_or_default()
}

fn split_keywords(found: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in found.iter().flat_map(|f| f.split([',', ';', '，', '、'])) {
        let word = article::squeeze(part.trim_matches(['"', '[', ']', '#', ' ']));
        let known = out.iter().any(|o| article::normalise(o) == article::normalise(&word));
        if !word.is_empty() && word.chars().count() <= MAX_KEYWORD && !known && out.len() < MAX_KEYWORDS {
            out.push(word);
        }
    }
    out
}

/// The publisher's name as the page gives it.
pub(crate) fn site_name(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    hints: &Hints,
    because: &mut Vec<Because>,
) -> Option<String> {
    first(Field::SiteName, because, |origin| {
        match origin {
            Origin::OpenGraph => facts.meta_text(&["og:site_name"]).map(|n| (n, "og:site_name".to_owned())),
            Origin::JsonLd => ld
                .and_then(|a| a.thing("publisher"))
                .or_else(|| facts.ld.own(&["WebSite", "NewsMediaOrganization", "Organization"]))
                .and_then(|p| p.text("name"))
                .map(|n| (n, "publisher".to_owned())),
            Origin::Meta => facts
                .meta_text(&[
                    "application-name",
                    "apple-mobile-web-app-title",
                    "cre",
                    "publisher",
                    "dc.publisher",
                    "copyright",
                ])
                .map(|n| (n, "meta".to_owned())),
            Origin::Entry => hints.source_name.clone().map(|n| (n, "the source's name".to_owned())),
            _ => None,
        }
        .filter(|(n, _)| n.chars().count() <= 80)
    })
}
