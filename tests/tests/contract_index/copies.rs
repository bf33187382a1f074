//! What is a copy and what is not.

use super::backends::Backend;
use super::texts::{NOON, at, edited, part, query, story, words};
use article::{StoryId, Verdict, VerdictKind};
use deduplicator::Query;
use std::collections::BTreeSet;
use std::time::Duration;

async fn kind(backend: &Backend, query: &Query) -> VerdictKind {
    backend.index.decide(query, NOON).await.unwrap().kind
}

/// A site's furniture: its newsletter box or disclaimer.
fn furniture(site: u64) -> String {
    story(10_000 + site, 45)
}

pub(crate) fn framed(site: u64, text: &str) -> String {
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

/// `query`, published `minutes` before the others.
fn older(query: Query, minutes: u64) -> Query {
    Query { published: NOON.minus(Duration::from_secs(60 * minutes)), ..query }
}

pub(super) async fn a_whole_joins_the_parts_that_came_before_it(backend: &Backend) {
    let text = story(11, 600);
    let first = backend.index.decide(&at("first", &framed(0, &part(&text, 0, 50))), NOON).await.unwrap();
    let second = backend.index.decide(&at("second", &framed(2, &part(&text, 50, 100))), NOON).await.unwrap();
    assert_eq!((first.kind, second.kind), (VerdictKind::New, VerdictKind::New));
    let whole = older(at("wire", &text), 5);
    let verdict = backend.index.decide(&whole, NOON).await.unwrap();
    assert_eq!(verdict.kind, VerdictKind::NearCopy);
    let joined: BTreeSet<&StoryId> = std::iter::once(&verdict.story).chain(&verdict.also).collect();
    assert_eq!(joined, BTreeSet::from([&first.story, &second.story]), "{verdict:?}");
    assert_eq!(verdict.also.len(), 1);
    // The claim keeps all of it, whoever asks, and a revision of the whole leaves it as it is.
    assert_eq!(backend.replica().await.decide(&whole, NOON).await.unwrap(), verdict);
    let mut revised = older(at("wire", &edited(&text, 30, 9)), 5);
    revised.observed_at = NOON.plus(Duration::from_secs(60));
    assert_eq!(kind(backend, &revised).await, VerdictKind::Revision);
    assert_eq!(backend.index.decide(&whole, NOON).await.unwrap(), verdict);
    assert_eq!(backend.index.known(&whole.article).await.unwrap().unwrap().verdict, verdict);
    // The whole took nothing from the stories of its parts: what copies either is found.
    for (name, text, of) in [
        ("again-first", part(&text, 5, 48), &first.story),
        ("again-second", part(&text, 55, 100), &second.story),
        ("again-whole", framed(4, &text), &verdict.story),
    ] {
        let copy = backend.index.decide(&at(name, &text), NOON).await.unwrap();
        assert_eq!((copy.kind, &copy.story), (VerdictKind::NearCopy, of), "{name}: {copy:?}");
    }
}

pub(super) async fn what_comes_after_its_whole_is_found_whatever_came_first(backend: &Backend) {
    // A part, its whole, the other part: the whole is the story's body from when it is there.
    let text = story(12, 600);
    let opened = backend.index.decide(&at("first", &part(&text, 0, 50)), NOON).await.unwrap();
    assert_eq!(backend.index.decide(&older(at("wire", &text), 5), NOON).await.unwrap().story, opened.story);
    let second = backend.index.decide(&at("second", &framed(2, &part(&text, 50, 100))), NOON).await.unwrap();
    assert_eq!((second.kind, &second.story), (VerdictKind::NearCopy, &opened.story), "{second:?}");
    assert_eq!(second.of, Some(at("wire", "").article), "of the whole, not of the first half");

    // A part, a copy of the whole that is younger (it may be a round-up), the other part, the whole: what only the
    // copy had brought is the other part's own.
    let text = story(13, 600);
    let first = backend.index.decide(&at("first-2", &part(&text, 0, 50)), NOON).await.unwrap();
    let mut carried = at("carrier-2", &framed(6, &text));
    carried.published = NOON.plus(Duration::from_secs(600));
    assert_eq!(backend.index.decide(&carried, NOON).await.unwrap().story, first.story);
    let second = backend.index.decide(&at("second-2", &part(&text, 50, 100)), NOON).await.unwrap();
    let verdict = backend.index.decide(&older(at("wire-2", &text), 5), NOON).await.unwrap();
    let joined: BTreeSet<&StoryId> = std::iter::once(&verdict.story).chain(&verdict.also).collect();
    assert_eq!(joined, BTreeSet::from([&first.story, &second.story]), "{verdict:?}");
}

pub(super) async fn a_round_up_of_stories_makes_them_not_one(backend: &Backend) {
    let stories: Vec<String> = (0..2).map(|n| story(140 + n, 300)).collect();
    let mut opened = Vec::new();
    for (n, text) in stories.iter().enumerate() {
        opened.push(backend.index.decide(&at(&format!("paper{n}"), text), NOON).await.unwrap().story);
    }
    let mut round_up = at("round-up", &stories.join(" "));
    round_up.published = NOON.plus(Duration::from_secs(3600));
    let verdict = backend.index.decide(&round_up, NOON).await.unwrap();
    assert_eq!((verdict.kind, verdict.also), (VerdictKind::NearCopy, Vec::new()));
    for (n, text) in stories.iter().enumerate() {
        let copy = backend.index.decide(&at(&format!("copy{n}"), &edited(text, 25, 7)), NOON).await.unwrap();
        assert_eq!((copy.kind, &copy.story), (VerdictKind::NearCopy, &opened[n]), "{copy:?}");
    }
}

/// One wire story, carried by 500 outlets with different frames, revised 20 times, redelivered at random, is one
/// story; and the last copies are found as surely as the first.
pub(super) async fn a_story_of_five_hundred_carriers_and_twenty_revisions_is_one(backend: &Backend) {
    let mut text = story(7, 400);
    let wire = at("wire", &text);
    let opened = backend.index.decide(&wire, NOON).await.unwrap();
    let mut delivered = vec![(wire, opened.clone())];
    let mut containments = Vec::new();
    let mut dice = 7u64;
    for carrier in 0..500u64 {
        let query = at(&format!("carrier{carrier}"), &framed(20 + 2 * carrier, &edited(&text, 25, carrier)));
        let verdict = backend.index.decide(&query, NOON).await.unwrap();
        assert_eq!((verdict.kind, &verdict.story), (VerdictKind::NearCopy, &opened.story), "carrier {carrier}");
        containments.push(f64::from(verdict.evidence.containment));
        delivered.push((query, verdict));
        if carrier % 25 == 24 {
            text = edited(&text, 40, 1_000 + carrier);
            let mut revised = at("wire", &text);
            revised.observed_at = NOON.plus(Duration::from_secs(carrier));
            let verdict = backend.index.decide(&revised, NOON).await.unwrap();
            assert_eq!((verdict.kind, &verdict.story), (VerdictKind::Revision, &opened.story), "carrier {carrier}");
            delivered.push((revised, verdict));
        }
        // Any message of before again, the wire's first and its revisions among them.
        for _ in 0..2 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (query, verdict) = &delivered[(dice >> 33) as usize % delivered.len()];
            assert_eq!(&backend.index.decide(query, NOON).await.unwrap(), verdict, "carrier {carrier}");
        }
    }
    assert_eq!(delivered.len(), 1 + 500 + 20);
    let stats = backend.index.stats().await.unwrap();
    assert_eq!((stats.articles, stats.stories), (501, 1));
    let mean = |some: &[f64]| some.iter().sum::<f64>() / some.len() as f64;
    let (first, last) = (mean(&containments[..50]), mean(&containments[450..]));
    assert!(last > first - 0.05, "of the first copies {first:.3} is the story's, of the last {last:.3}");
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

pub(super) async fn what_is_left_of_a_frame_makes_no_copy(backend: &Backend) {
    let mut tried = 0;
    for n in 0..20 {
        let (head, tail) = (story(3_000 + n, 100), story(3_100 + n, 100));
        let own = [story(3_200 + n, 20), story(3_300 + n, 20)];
        let columns = [0, 1].map(|i| at(&format!("column{n}-{i}"), &format!("{head} {} {tail}", own[i])));
        for column in &columns {
            backend.index.restore(column, &Verdict::new_story(&column.article), NOON).await.unwrap();
        }
        // The frame is common now, and of the first column only its own words are left.
        let marks =
            |query: &Query| -> BTreeSet<u64> { query.sketch.iter().flat_map(|s| s.marks()).map(|m| m.hash).collect() };
        let left = marks(&columns[0]).difference(&marks(&columns[1])).count();
        let page = at(&format!("page{n}"), &format!("{} {} {}", story(3_400 + n, 25), own[0], story(3_500 + n, 25)));
        let shared = marks(&columns[0]).intersection(&marks(&page)).count();
        if (3..8).contains(&left) && shared >= 3 {
            tried += 1;
            let verdict = backend.index.decide(&page, NOON).await.unwrap();
            assert_eq!(verdict.kind, VerdictKind::New, "{n}: of {left} marks {shared} are shared, {verdict:?}");
        }
    }
    assert!(tried >= 3, "{tried}");
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

/// A report in the same words whose every sixth word is a figure.
fn report(words: &str, figures: u64) -> String {
    let word = |(i, word): (usize, &str)| match i % 6 {
        3 => (1_000 + figures * 7_919 % 4_001 + i as u64).to_string(),
        _ => word.to_owned(),
    };
    words.split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
}

pub(super) async fn the_same_words_with_other_figures_are_another_story(backend: &Backend) {
    // Between two figures there is room for a shingle: a third of all are the same.
    let words: Vec<String> = story(15, 400).split(' ').map(str::to_owned).collect();
    let spread: String = words.chunks(10).map(|c| format!("{} {{}}", c.join(" "))).collect::<Vec<_>>().join(" ");
    let of_day = |day: u64| {
        let mut out = String::new();
        for (n, piece) in (0u64..).zip(spread.split("{}")) {
            out.push_str(piece);
            out.push_str(&(1_000 + day * 313 + n * 17).to_string());
        }
        out
    };
    let monday = backend.index.decide(&at("weather", &of_day(1)), NOON).await.unwrap();
    let tuesday = backend.index.decide(&at("elsewhere", &of_day(2)), NOON).await.unwrap();
    assert_eq!((monday.kind, tuesday.kind), (VerdictKind::New, VerdictKind::New), "{tuesday:?}");
    assert!(tuesday.evidence.containment > 0.25, "by its words it were a copy: {tuesday:?}");
    // With the same figures and other words here and there it is one, on a day nothing was learned of.
    backend.index.decide(&at("paper", &report(&story(16, 400), 3)), NOON).await.unwrap();
    let edited = edited(&report(&story(16, 400), 3), 20, 4);
    assert_eq!(kind(backend, &at("carrier", &edited)).await, VerdictKind::NearCopy);
}

pub(super) async fn the_same_figures_in_the_same_order_are_a_copys(backend: &Backend) {
    // Nearly every sixth word is another, and no figure: few shingles are left, but all figures in their order.
    let changed = |figures: u64| {
        let others = words(177, 400);
        let word = |(i, word): (usize, &str)| match i % 11 {
            0 | 6 if i % 6 != 3 => others[i].clone(),
            _ => word.to_owned(),
        };
        report(&story(17, 400), figures).split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
    };
    let opened = backend.index.decide(&at("wire", &report(&story(17, 400), 3)), NOON).await.unwrap();
    let copy = backend.index.decide(&at("carrier", &changed(3)), NOON).await.unwrap();
    assert!(copy.evidence.containment < 0.28, "by its words alone it were none: {copy:?}");
    assert_eq!((copy.kind, copy.story), (VerdictKind::NearCopy, opened.story));
    let other = backend.index.decide(&at("elsewhere", &changed(4)), NOON).await.unwrap();
    assert_eq!(other.kind, VerdictKind::New, "{other:?}");
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
