//! What speaks against carrying a text.

use super::{article, read, read_with};
use crate::extract::{Hints, PageBytes, extract};
use ::article::{Carry, CarryReason, Timestamp};

#[track_caller]
fn signal(head: &str, headers: &[(&str, &str)], expected: Option<CarryReason>) {
    let found = read_with(&article(head), &Hints::default(), headers).unwrap();
    assert_eq!(found.signals.against.first().map(|s| s.reason), expected, "{head} {headers:?}");
    let carry = if expected.is_some() { Carry::Headline } else { Carry::Full };
    assert_eq!(found.signals.rights(Carry::Full).carry, carry);
}

fn ld(properties: &str) -> String {
    format!(
        r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Bridge opened again",{properties}}}</script>"#
    )
}

#[test]
fn each_signal_is_heard() {
    signal("", &[], None);
    signal(&ld(r#""isAccessibleForFree":false"#), &[], Some(CarryReason::NotFree));
    signal(&ld(r#""isAccessibleForFree":"http://schema.org/False""#), &[], Some(CarryReason::NotFree));
    signal(
        &ld(r#""hasPart":[{"@type":"WebPageElement","isAccessibleForFree":"False","cssSelector":".wall"}]"#),
        &[],
        Some(CarryReason::NotFree),
    );
    signal(&ld(r#""isAccessibleForFree":true"#), &[], None);
    signal("<meta property=article:content_tier content=locked>", &[], Some(CarryReason::Paywall));
    signal("<meta name=robots content='index, noarchive'>", &[], Some(CarryReason::NoArchive));
    signal("<meta name=ROBOTS content=NONE>", &[], Some(CarryReason::NoIndex));
    signal("<meta name=robots content='max-snippet:0'>", &[], Some(CarryReason::NoSnippet));
    signal("<meta name=robots content='max-snippet:-1, max-image-preview:large'>", &[], None);
    signal("", &[("X-Robots-Tag", "noindex, nofollow")], Some(CarryReason::NoIndex));
    signal("", &[("x-robots-tag", "otherbot: noindex, nofollow")], None);
    signal("", &[("x-robots-tag", "wireroom: nosnippet")], Some(CarryReason::NoSnippet));
    signal("", &[("TDM-Reservation", "1")], Some(CarryReason::TdmReserved));
    signal("<meta name=tdm-reservation content=1>", &[], Some(CarryReason::TdmReserved));
    signal("<meta name=tdm-reservation content=1>", &[("tdm-reservation", "0")], None);
    signal("", &[("content-usage", "bots=n")], Some(CarryReason::ContentUsage));
    signal("", &[("content-usage", "train-ai=n")], None);
}

#[test]
fn a_directives_colon_or_comma_makes_no_agent_of_it() {
    for date in [
        "25 Jun 2027 15:00:00 GMT",
        "Fri, 25 Jun 2027 15:00:00 GMT",
        "Friday, 25 Jun 2027 15:00:00 GMT",
        "June 25, 2027 15:00 GMT",
        "Friday, June 25, 2027 15:00 GMT",
        "2027-06-25T15:00:00Z",
        "2027-06-25T15:00:00,000Z",
    ] {
        for value in [format!("unavailable_after: {date}, noarchive"), format!("noarchive,unavailable_after:{date}")] {
            let signals = read_with(&article(""), &Hints::default(), &[("x-robots-tag", &value)]).unwrap().signals;
            let until = signals.unavailable_after.map(Timestamp::rfc3339);
            assert_eq!(until.as_deref(), Some("2027-06-25T15:00:00Z"), "{value}");
            assert_eq!(signals.against.first().map(|s| s.reason), Some(CarryReason::NoArchive), "{value}");
        }
    }
    for never in ["unavailable_after: never, noarchive", "unavailable_after:, noarchive", "15:00, noarchive"] {
        signal("", &[("x-robots-tag", never)], Some(CarryReason::NoArchive));
    }
    for zero in ["max-snippet:0", "max-snippet: 0", "Max-Snippet : 0", "all, wireroom: max-snippet: 0"] {
        signal("", &[("x-robots-tag", zero)], Some(CarryReason::NoSnippet));
    }
    signal("", &[("x-robots-tag", "max-snippet: 50, max-video-preview: 0")], None);
}

#[test]
fn what_is_said_to_another_agent_is_not_for_us() {
    let other = "other-bot2.0: unavailable_after: Fri, 25 Jun 2027 15:00:00 GMT, noarchive, max-snippet: 0";
    let signals = read_with(&article(""), &Hints::default(), &[("x-robots-tag", other)]).unwrap().signals;
    assert_eq!(signals, crate::extract::Signals::default());
    for back in ["*: noarchive", "wireroom: noarchive"] {
        signal("", &[("x-robots-tag", &format!("{other}, {back}"))], Some(CarryReason::NoArchive));
    }
}

#[test]
fn a_wall_is_an_element_that_says_something() {
    let wall = |class: &str, text: &str| {
        article("").replace("</article>", &format!("<div class='{class}'>{text}</div></article>"))
    };
    let reason = |html: &str| read(html).unwrap().signals.against.first().map(|s| s.reason);
    assert_eq!(
        reason(&wall("paywall-offer", "Subscribe now to read all of this article.")),
        Some(CarryReason::Paywall)
    );
    assert_eq!(reason(&wall("paywall-offer", "")), None);
    assert_eq!(reason(&wall("no-paywall", "Subscribe now to read all of this article.")), None);
    assert_eq!(reason(&wall("tag-paywall", "Why newspapers have them, in the author's words.")), None);
}

#[test]
fn unavailable_after_counts_from_its_time_on() {
    let html = article("<meta name=robots content='unavailable_after: 2026-05-01T00:00:00Z'>");
    let at = |now: &str| {
        let received_at = Some(Timestamp::parse_rfc3339(now).unwrap());
        let page = PageBytes { bytes: html.as_bytes(), url: super::URL, content_type: None, headers: &[], received_at };
        extract(&page, &Hints::default()).unwrap().signals
    };
    let before = at("2026-04-30T00:00:00Z");
    assert_eq!(
        (before.against.len(), before.unavailable_after.map(Timestamp::rfc3339)),
        (0, Some("2026-05-01T00:00:00Z".to_owned()))
    );
    assert_eq!(at("2026-05-02T00:00:00Z").against[0].reason, CarryReason::UnavailableAfter);
}

#[test]
fn licences_are_kept() {
    let licence = |head: &str| read(&article(head)).unwrap().signals.licence;
    assert_eq!(
        licence("<link rel=license href='https://creativecommons.org/licenses/by/4.0/'>").as_deref(),
        Some("https://creativecommons.org/licenses/by/4.0/")
    );
    assert_eq!(licence(&ld(r#""copyrightNotice":"© Aurora 2026""#)).as_deref(), Some("© Aurora 2026"));
    assert_eq!(licence(""), None);
}
