//! When it was published and changed, with the zone as written.

mod parse;

pub use parse::Dated;
pub(crate) use parse::parse_date;

use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use crate::extract::order::{Because, Field, Origin, first};
use crate::extract::words::class_words;
use article::{CanonicalUrl, Timestamp};

/// Names of metas for the time of publication, the surest first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "rnews:datepublished",
    "datepublished",
    "pubdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "published_at",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "article_date_original",
    "originalpublicationdate",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "datecreated",
    "displaydate",
    "pdate",
    "ptime",
    "publishtime",
    "last-published",
    "date",
    "dcsext.articlefirstpublished",
    "article.published",
    "buildtime",
];

/// Names of metas for the time of the last change.
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "article:modified",
    "og:article:modified_time",
    "datemodified",
    "last-modified",
    "lastmod",
    "dcterms.modified",
    "dc.date.modified",
    "article.updated",
    "modified",
    "moddate",
    "revision_date",
    "parsely-updated-date",
    "utime",
];

/// The time of publication. `entry` is the feed's, `now` the response's: nothing is published after it was seen.
pub(crate) fn published(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    url: &CanonicalUrl,
    entry: Option<Timestamp>,
    now: Option<Timestamp>,
    because: &mut Vec<Because>,
) -> Option<Dated> {
    let sane = |d: &Dated| is_sane(d, now);
    first(Field::Published, because, |origin| match origin {
        Origin::JsonLd => ld.and_then(|a| {
            ["datePublished", "dateCreated", "uploadDate"].iter().find_map(|key| {
                a.texts(key).iter().find_map(|t| parse_date(t)).filter(sane).map(|d| (d, (*key).to_owned()))
            })
        }),
        Origin::OpenGraph => metas(facts, &PUBLISHED[..5], sane),
        Origin::Microdata => ["datePublished", "dateCreated"].iter().find_map(|name| {
            facts
                .prop(name)
                .find_map(|id| parse_date(&facts.prop_value(id)).filter(sane))
                .map(|d| (d, format!("itemprop={name}")))
        }),
        Origin::Meta => metas(facts, &PUBLISHED[5..], sane).or_else(|| {
            facts
                .ld
                .own(&["WebPage", "NewsArticle", "VideoObject"])
                .and_then(|p| p.text("datePublished"))
                .and_then(|t| parse_date(&t))
                .filter(sane)
                .map(|d| (d, "WebPage.datePublished".to_owned()))
        }),
        Origin::Page => on_page(facts, sane),
        Origin::Address => in_path(url).filter(sane).map(|d| (d, "the address's path".to_owned())),
        Origin::Entry => entry.map(|t| (Dated::utc(t), "the feed's entry".to_owned())),
        _ => None,
    })
}

/// The time of the last change.
pub(crate) fn modified(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    now: Option<Timestamp>,
    because: &mut Vec<Because>,
) -> Option<Dated> {
    let sane = |d: &Dated| is_sane(d, now);
    first(Field::Modified, because, |origin| match origin {
        Origin::JsonLd => ld
            .and_then(|a| a.text("dateModified"))
            .and_then(|t| parse_date(&t))
            .filter(sane)
            .map(|d| (d, "dateModified".to_owned())),
        Origin::OpenGraph => metas(facts, &MODIFIED[..4], sane),
        Origin::Microdata => facts
            .prop("dateModified")
            .find_map(|id| parse_date(&facts.prop_value(id)).filter(sane))
            .map(|d| (d, "itemprop=dateModified".to_owned())),
        Origin::Meta => metas(facts, &MODIFIED[4..], sane),
        _ => None,
    })
}

fn metas(facts: &Facts<'_>, names: &[&str], sane: impl Fn(&Dated) -> bool) -> Option<(Dated, String)> {
    names.iter().find_map(|name| {
        facts.raw_metas(name).find_map(|c| parse_date(c).filter(&sane)).map(|d| (d, (*name).to_owned()))
    })
}

/// Not before the web, and not later than two days after it was seen: zones are often wrong by hours.
fn is_sane(date: &Dated, now: Option<Timestamp>) -> bool {
    const TWO_DAYS_MS: i64 = 2 * 24 * 3600 * 1000;
    let year_1990 = Timestamp::from_secs(631_152_000);
    date.at > year_1990 && now.is_none_or(|n| date.at.millis() <= n.millis() + TWO_DAYS_MS)
}

/// A date that readers see: a `<time>`, else an element whose class says that it is one, else a line near
/// the headline.
fn on_page(facts: &Facts<'_>, sane: impl Fn(&Dated) -> bool) -> Option<(Dated, String)> {
    let dom = facts.dom;
    let of_time = |id: NodeId| {
        let value = dom
            .attr(id, "datetime")
            .map(str::to_owned)
            .filter(|v| !v.trim().is_empty())
            .unwrap_or_else(|| dom.text_of(id));
        parse_date(&value).filter(&sane)
    };
    let marked =
        facts.times.iter().copied().find(|id| {
            dom.attr(*id, "pubdate").is_some() || says(dom, *id, &["published", "publish", "pubdate", "entry"])
        });
    let h1 = facts.h1.first().copied().unwrap_or(0);
    // The article's own time stands by its headline; teasers' times come before and after.
    let after = facts.times.iter().copied().find(|id| *id > h1 && of_time(*id).is_some());
    if let Some(found) = marked
        .and_then(of_time)
        .or_else(|| after.and_then(of_time))
        .or_else(|| facts.times.iter().copied().find_map(of_time))
    {
        return Some((found, "time".to_owned()));
    }
    let by_class = |from: NodeId| {
        (from..dom.len())
            .filter(|id| !matches!(dom.tag(*id), Tag::None | Tag::Text | Tag::Meta | Tag::Script))
            .find_map(|id| {
                let is_date = says(
                    dom,
                    id,
                    &[
                        "date",
                        "datum",
                        "fecha",
                        "published",
                        "publish",
                        "timestamp",
                        "datetime",
                        "pubdate",
                        "dateline",
                        "posted",
                        "time",
                    ],
                );
                if !is_date || dom.end(id) - id > 40 {
                    return None;
                }
                let text = dom.text_of(id);
                (text.chars().count() <= 120).then(|| parse_date(&text)).flatten().filter(&sane)
            })
    };
    if let Some(found) = by_class(h1).or_else(|| by_class(0)) {
        return Some((found, "an element marked as date".to_owned()));
    }
    // A short line near the headline, before or after.
    let near = (h1..dom.len())
        .filter_map(|id| dom.text(id).map(str::trim))
        .filter(|t| !t.is_empty())
        .take(30)
        .filter(|t| t.chars().count() <= 80);
    near.into_iter().find_map(|t| parse_date(t).filter(&sane)).map(|d| (d, "a line by the headline".to_owned()))
}

fn says(dom: &Dom, id: NodeId, wanted: &[&str]) -> bool {
    ["class", "id", "itemprop"]
        .iter()
        .filter_map(|a| dom.attr(id, a))
        .any(|v| class_words(v).any(|w| wanted.contains(&w.as_str())))
}

/// A date in the address: `/2024/05/03/…`, `/20240503/…`, or a number that begins with one and its time
/// (`A2024050315470001`).
fn in_path(url: &CanonicalUrl) -> Option<Dated> {
    let path = url.path();
    let numbers: Vec<&str> = path.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let parts = numbers.windows(3).find(|w| w[0].len() == 4 && w[1].len() <= 2 && w[2].len() <= 2);
    parts.and_then(|w| parse::day(w[0], w[1], w[2])).or_else(|| {
        let stamped = |n: &&&str| n.len() == 8 || (n.len() >= 12 && n[8..10] < *"24" && n[10..12] < *"60");
        numbers.iter().filter(stamped).find_map(|n| parse::day(&n[..4], &n[4..6], &n[6..8]))
    })
}
