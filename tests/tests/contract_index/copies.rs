//! What is a copy and what is not.

use super::backends::Backend;
use super::texts::{NOON, at, edited, part, query, story};
use article::{StoryId, VerdictKind};
use deduplicator::Query;
use std::time::Duration;

async fn kind(backend: &Backend, query: &Query) -> VerdictKind {
    backend.index.decide(query, NOON).await.unwrap().kind
}

/// A site's furniture: its newsletter box or disclaimer.
fn furniture(site: u64) -> String {
    story(10_000 + site, 45)
}

fn framed(site: u64, text: &str) -> String {
    format!("{} {text} {}", furniture(site), furniture(site + 1))
}

pub(super) async fn the_same_words_are_an_exact_copy(backend: &Backend) {
    let opened = backend.index.decide(&at("a", &story(1, 200)), NOON).await.unwrap();
    let shouted = story(1, 200).to_uppercase().replace(' ', " \u{a0}\n");
    let copy = backend.index.decide(&at("b", &shouted), NOON).await.unwrap();
    assert_eq!((copy.kind, copy.story, copy.of), (VerdictKind::ExactCopy, opened.story, Some(at("a", "").article)));
    assert_eq!((copy.score, copy.evidence.containment), (1.0, 1.0));
}

pub(super) async fn a_short_text_is_compared_word_for_word_only(backend: &Backend) {
    let flash = story(2, 25);
    assert_eq!(kind(backend, &at("a", &flash)).await, VerdictKind::New);
    assert_eq!(kind(backend, &at("b", &format!("{flash} more"))).await, VerdictKind::New);
    assert_eq!(kind(backend, &at("c", &flash)).await, VerdictKind::ExactCopy);
}

pub(super) async fn frames_edits_and_parts_are_near_copies(backend: &Backend) {
    // A page of each site first, so that the index has met its furniture.
    for site in 0..6 {
        assert_eq!(
            kind(backend, &at(&format!("site{site}"), &framed(site, &story(100 + site, 300)))).await,
            VerdictKind::New
        );
    }
    let wire = story(3, 600);
    let opened = backend.index.decide(&at("wire", &wire), NOON).await.unwrap();
    let copies = [
        ("framed", framed(0, &wire)),
        ("edited", framed(1, &edited(&wire, 20, 5))),
        ("first-half", framed(2, &part(&wire, 0, 50))),
        ("second-half", framed(3, &part(&wire, 50, 100))),
        ("last-third", framed(4, &part(&wire, 67, 100))),
        ("new-lead", format!("{} {}", story(33, 60), part(&wire, 10, 100))),
    ];
    for (name, text) in copies {
        let verdict = backend.index.decide(&at(name, &text), NOON).await.unwrap();
        assert_eq!((verdict.kind, &verdict.story), (VerdictKind::NearCopy, &opened.story), "{name}: {verdict:?}");
        assert!(verdict.evidence.shared >= 3 && verdict.score >= 0.45, "{name}: {verdict:?}");
    }
}

pub(super) async fn a_round_up_that_carries_a_story_whole_is_a_copy(backend: &Backend) {
    let opened = backend.index.decide(&at("wire", &story(4, 250)), NOON).await.unwrap();
    let round_up = format!("{} {} {}", story(41, 200), story(4, 250), story(42, 200));
    let verdict = backend.index.decide(&at("paper", &round_up), NOON).await.unwrap();
    assert_eq!((verdict.kind, verdict.story), (VerdictKind::NearCopy, opened.story));
}

pub(super) async fn a_quotation_is_no_copy(backend: &Backend) {
    let report = story(5, 700);
    assert_eq!(kind(backend, &at("report", &report)).await, VerdictKind::New);
    let comment = format!("{} {} {}", story(51, 250), part(&report, 40, 52), story(52, 250));
    assert_eq!(kind(backend, &at("comment", &comment)).await, VerdictKind::New);
}

pub(super) async fn a_whole_is_found_though_its_half_came_first(backend: &Backend) {
    let whole = story(6, 600);
    let opened = backend.index.decide(&at("half", &part(&whole, 0, 50)), NOON).await.unwrap();
    for (name, text) in [("whole", whole.clone()), ("again", edited(&whole, 25, 3)), ("most", part(&whole, 20, 100))] {
        let verdict = backend.index.decide(&at(name, &text), NOON).await.unwrap();
        assert_eq!((verdict.kind, &verdict.story), (VerdictKind::NearCopy, &opened.story), "{name}: {verdict:?}");
    }
}

pub(super) async fn five_hundred_carriers_are_one_story(backend: &Backend) {
    let mut text = story(7, 400);
    let wire = at("wire", &text);
    let opened = backend.index.decide(&wire, NOON).await.unwrap();
    let mut revisions = 0;
    for carrier in 0..500u64 {
        let query = at(&format!("carrier{carrier}"), &framed(20 + carrier, &edited(&text, 25, carrier)));
        let verdict = backend.index.decide(&query, NOON).await.unwrap();
        assert_eq!((verdict.kind, &verdict.story), (VerdictKind::NearCopy, &opened.story), "carrier {carrier}");
        assert!(verdict.evidence.containment > 0.4, "carrier {carrier}: {:?}", verdict.evidence);
        if carrier % 25 == 24 {
            revisions += 1;
            text = edited(&text, 40, 1_000 + carrier);
            let mut revised = at("wire", &text);
            revised.observed_at = NOON.plus(Duration::from_secs(carrier));
            assert_eq!(kind(backend, &revised).await, VerdictKind::Revision);
        }
        if carrier % 7 == 0 {
            assert_eq!(backend.index.decide(&query, NOON).await.unwrap(), verdict);
        }
    }
    assert_eq!(revisions, 20);
    assert_eq!(backend.index.stats().await.unwrap().stories, 1);
}

pub(super) async fn short_stories_under_one_disclaimer_stay_apart(backend: &Backend) {
    let disclaimers = [story(80, 45), story(81, 45), story(82, 45)].join(" ");
    for n in 0..40 {
        let text = format!("{disclaimers} {} {disclaimers}", story(800 + n, 70));
        let query = at(&format!("site{n}"), &text);
        let verdict = backend.index.decide(&query, NOON).await.unwrap();
        assert_eq!(verdict.story, StoryId::opened_by(&query.article), "{n}: {verdict:?}");
    }
}

pub(super) async fn a_daily_column_stays_apart(backend: &Backend) {
    let frame = story(9, 240);
    for day in 0..30 {
        // Every eighth word is today's.
        let query = query(&format!("https://paper.example/weather/{day}"), &edited(&frame, 8, 90 + day), "en");
        let verdict = backend.index.decide(&query, NOON.plus(Duration::from_secs(86_400 * day))).await.unwrap();
        assert_eq!(verdict.story, StoryId::opened_by(&query.article), "day {day}: {verdict:?}");
    }
}

pub(super) async fn one_language_is_not_compared_with_another(backend: &Backend) {
    let text = story(10, 300);
    assert_eq!(kind(backend, &query("https://a.example/1", &text, "de")).await, VerdictKind::New);
    let french = edited(&text, 25, 1);
    assert_eq!(kind(backend, &query("https://b.example/1", &french, "fr")).await, VerdictKind::New);
    let german = edited(&text, 25, 2);
    assert_eq!(kind(backend, &query("https://c.example/1", &german, "de")).await, VerdictKind::NearCopy);
    // Word for word it is a copy whatever its page says of its language.
    assert_eq!(kind(backend, &query("https://d.example/1", &text, "en")).await, VerdictKind::ExactCopy);
}

pub(super) async fn scripts_without_spaces_are_compared(backend: &Backend) {
    let han = |seed: u64, count: usize| -> String {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from_u32(0x4E00 + (state >> 40) as u32 % 3_000).unwrap()
            })
            .collect()
    };
    let whole = han(1, 600);
    let second_half: String = whole.chars().skip(300).collect();
    let opened = backend.index.decide(&query("https://a.example/1", &whole, "zh"), NOON).await.unwrap();
    let half = format!("{}。{second_half}。{}", han(2, 60), han(3, 60));
    let verdict = backend.index.decide(&query("https://b.example/1", &half, "zh"), NOON).await.unwrap();
    assert_eq!((verdict.kind, verdict.story), (VerdictKind::NearCopy, opened.story));
    assert_eq!(kind(backend, &query("https://c.example/1", &han(4, 600), "zh")).await, VerdictKind::New);
}
