//! Whether the text is free to read and to carry, as the response and the page say it.
//!
//! A signal only ever narrows. Each is kept with its words, so that `explain` and the article's page can say
//! which one decided.

use crate::extract::PageBytes;
use crate::extract::dom::Tag;
use crate::extract::facts::Facts;
use crate::extract::fields::dates::parse_date;
use crate::extract::jsonld::Thing;
use crate::extract::words::class_words;
use article::{Carry, CarryReason, Rights, Timestamp};

/// A signal and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Signal {
    /// Which.
    pub reason: CarryReason,
    /// The header, tag or property that gave it, as written.
    pub evidence: String,
}

/// All that a response and its page say about carrying.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Signals {
    /// Signals against carrying the text, in the order they were found.
    pub against: Vec<Signal>,
    /// When the text must be gone (`unavailable_after`), if that is still to come.
    pub unavailable_after: Option<Timestamp>,
    /// A licence, as an address or in words.
    pub licence: Option<String>,
}

impl Signals {
    /// What may be carried of a page whose source allows `carry`: the strictest wins.
    pub fn rights(&self, carry: Carry) -> Rights {
        let mut rights = Rights::from_source(carry);
        for signal in &self.against {
            rights.narrow(Carry::Headline, signal.reason);
        }
        rights.licence.clone_from(&self.licence);
        rights.until = self.unavailable_after;
        rights
    }

    /// Whether nothing of the text may be kept at all.
    pub fn reserves_mining(&self) -> bool {
        self.against.iter().any(|s| s.reason.reserves_mining())
    }

    /// These signals and those.
    #[must_use]
    pub fn and(mut self, more: Signals) -> Self {
        for signal in more.against {
            self.add(signal.reason, signal.evidence);
        }
        self.unavailable_after = match (self.unavailable_after, more.unavailable_after) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.licence = self.licence.or(more.licence);
        self
    }

    /// Whether the response may not be kept, not even for a while: marked `noarchive`, or reserved.
    pub fn forbids_keeping(&self) -> bool {
        self.reserves_mining() || self.against.iter().any(|s| s.reason == CarryReason::NoArchive)
    }

    fn add(&mut self, reason: CarryReason, evidence: impl Into<String>) {
        let evidence = evidence.into();
        if !self.against.iter().any(|s| s.reason == reason) {
            self.against.push(Signal { reason, evidence });
        }
    }
}

/// Reads the response's headers alone: enough to know that a text must not be looked at.
pub(crate) fn from_headers(page: &PageBytes<'_>) -> Signals {
    let mut signals = Signals::default();
    for value in page.headers_named("x-robots-tag") {
        robots_tag(value, page.received_at, "X-Robots-Tag", &mut signals);
    }
    // TDMRep (W3C Community Group report, 2024): 1 reserves, and the header beats the page.
    for value in page.headers_named("tdm-reservation") {
        if value.trim() == "1" {
            signals.add(CarryReason::TdmReserved, "tdm-reservation: 1");
        }
    }
    for value in page.headers_named("content-usage") {
        if let Some(preference) = against_training_or_search(value) {
            signals.add(CarryReason::ContentUsage, format!("Content-Usage: {preference}"));
        }
    }
    signals
}

/// Reads headers and page.
pub(crate) fn signals(page: &PageBytes<'_>, facts: &Facts<'_>, ld: Option<Thing<'_>>) -> Signals {
    let mut signals = from_headers(page);
    for name in ["robots", "googlebot-news", "wireroom"] {
        for value in facts.raw_metas(name) {
            robots_tag(value, page.received_at, &format!("meta {name}"), &mut signals);
        }
    }
    let header_frees = page.headers_named("tdm-reservation").any(|v| v.trim() == "0");
    if !header_frees && facts.raw_metas("tdm-reservation").any(|v| v.trim() == "1") {
        signals.add(CarryReason::TdmReserved, "meta tdm-reservation 1");
    }
    free_access(facts, ld, &mut signals);
    signals.licence = licence(facts, ld);
    signals
}

/// The directives of a robots tag. A directive may be for one agent only (`otherbot: noindex`), and those that
/// follow are for the same; the directives for all are ours.
fn robots_tag(value: &str, now: Option<Timestamp>, place: &str, signals: &mut Signals) {
    let lower = value.to_ascii_lowercase();
    let mut pieces = lower.split(',').peekable();
    let mut for_another = false;
    while let Some(piece) = pieces.next() {
        let (agent, directive) = addressed(piece);
        if let Some(agent) = agent {
            for_another = !matches!(agent, "*" | "wireroom");
        }
        let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
        let (name, value) = (name.trim(), value.trim());
        if name == "unavailable_after" {
            let mut date = value.to_owned();
            while let Some(more) = pieces.next_if(|p| goes_on_with_a_date(p)) {
                date.push(',');
                date.push_str(more);
            }
            if !for_another {
                unavailable_after(&date, now, place, signals);
            }
            continue;
        }
        if for_another {
            continue;
        }
        let reason = match (name, value) {
            ("noarchive" | "nocache", "") => CarryReason::NoArchive,
            ("noindex" | "none", "") => CarryReason::NoIndex,
            ("nosnippet", "") | ("max-snippet", "0") => CarryReason::NoSnippet,
            _ => continue,
        };
        signals.add(reason, format!("{place}: {directive}"));
    }
}

/// The agent that a piece of a robots tag names, and its directive.
fn addressed(piece: &str) -> (Option<&str>, &str) {
    /// Directives with a value, whose names stand before a colon as agents do.
    const VALUED: &[&str] = &["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];
    match named(piece) {
        Some((agent, directive)) if !VALUED.contains(&agent) => (Some(agent), directive),
        Some(_) | None => (None, piece.trim()),
    }
}

/// The name before a piece's colon, and what follows. A name is a product token (RFC 9110 section 5.6.2) with a letter
/// in it, or `*`: the colon of a time of day stands behind none, as in `25 jun 2027 15:00`.
fn named(piece: &str) -> Option<(&str, &str)> {
    let (name, rest) = piece.split_once(':')?;
    let name = name.trim();
    let is_token = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && name.bytes().any(|b| b.is_ascii_alphabetic());
    (is_token || name == "*").then_some((name, rest.trim()))
}

/// Whether what follows a date's comma is still the date: `Fri, 25 Jun 2027`, `June 25, 2027 15:00`.
fn goes_on_with_a_date(piece: &str) -> bool {
    piece.bytes().any(|b| b.is_ascii_digit()) && named(piece).is_none()
}

fn unavailable_after(date: &str, now: Option<Timestamp>, place: &str, signals: &mut Signals) {
    let Some(date) = parse_date(date) else { return };
    if now.is_some_and(|n| date.at <= n) {
        signals.add(CarryReason::UnavailableAfter, format!("{place}: unavailable_after {}", date.written));
    } else {
        signals.unavailable_after = Some(signals.unavailable_after.map_or(date.at, |t| t.min(date.at)));
    }
}

/// A preference of `Content-Usage` (draft-ietf-aipref-attach) against what Wireroom does with text: `bots=n`
/// is against automated processing at all, `search=n` against showing it to those who search.
fn against_training_or_search(value: &str) -> Option<String> {
    value
        .split([',', ';'])
        .map(str::trim)
        .find(|p| {
            let Some((key, preference)) = p.split_once('=') else { return false };
            matches!(key.trim(), "bots" | "search" | "tdm" | "all") && preference.trim().trim_matches('"') == "n"
        })
        .map(str::to_owned)
}

/// schema.org's `isAccessibleForFree`, in its article or in a part of it, and the marks that paywalls leave.
fn free_access(facts: &Facts<'_>, ld: Option<Thing<'_>>, signals: &mut Signals) {
    if let Some(article) = ld {
        match article.flag("isAccessibleForFree") {
            Some(false) => signals.add(CarryReason::NotFree, "isAccessibleForFree: false"),
            Some(true) => return,
            None => {
                if article.things("hasPart").iter().any(|part| part.flag("isAccessibleForFree") == Some(false)) {
                    signals.add(CarryReason::NotFree, "hasPart.isAccessibleForFree: false");
                }
            }
        }
    }
    for value in facts.prop("isAccessibleForFree").map(|id| facts.prop_value(id)) {
        if value.to_ascii_lowercase().ends_with("false") {
            signals.add(CarryReason::NotFree, "itemprop=isAccessibleForFree: false");
        }
    }
    // Facebook's and Apple's tags for articles behind a wall.
    if let Some(tier) = facts.meta_text(&["article:content_tier"])
        && matches!(tier.to_ascii_lowercase().as_str(), "locked" | "metered")
    {
        signals.add(CarryReason::Paywall, format!("article:content_tier {tier}"));
    }
    let dom = facts.dom;
    let wall = (0..dom.len()).find(|id| {
        !matches!(
            dom.tag(*id),
            Tag::None | Tag::Text | Tag::Script | Tag::Style | Tag::Meta | Tag::Link | Tag::Body | Tag::Html
        ) && ["class", "id"].iter().filter_map(|a| dom.attr(*id, a)).any(names_wall)
            && dom.text_of(*id).chars().count() >= 20
    });
    if let Some(id) = wall {
        signals.add(CarryReason::Paywall, format!("a <{}> named a paywall", dom.name(id)));
    }
}

fn names_wall(class: &str) -> bool {
    // Cheap look first: this runs over every element of a page.
    if !["all", "ALL", "ezahl"].iter().any(|part| class.contains(part)) {
        return false;
    }
    let lower = class.to_ascii_lowercase();
    lower.split_ascii_whitespace().any(|token| {
        let is_wall = class_words(token)
            .any(|w| matches!(w.as_str(), "paywall" | "regwall" | "bezahlschranke" | "softwall" | "hardwall"));
        // `no-paywall`, `paywall-content` (what is behind it, and here), `tag-paywall` (what the text is about).
        let denies = class_words(token).any(|w| {
            matches!(
                w.as_str(),
                "no" | "free"
                    | "hidden"
                    | "off"
                    | "disabled"
                    | "content"
                    | "article"
                    | "body"
                    | "text"
                    | "tag"
                    | "category"
                    | "topic"
            )
        });
        is_wall && !denies
    })
}

/// A licence: `rel=license`, schema.org `license`, or a copyright notice that grants one.
fn licence(facts: &Facts<'_>, ld: Option<Thing<'_>>) -> Option<String> {
    let linked = facts
        .rel("license")
        .filter_map(|id| facts.dom.attr(id, "href"))
        .find(|h| h.starts_with("http"))
        .map(str::to_owned);
    linked
        .or_else(|| ld.and_then(|a| a.addresses("license").into_iter().next()))
        .or_else(|| facts.meta_text(&["dc.rights", "dcterms.license", "dcterms.rights"]))
        .or_else(|| ld.and_then(|a| a.text("copyrightNotice")))
        .filter(|l| l.chars().count() <= 300)
}
