//! Texts: the same again for the same seed, copies like their originals, strangers unlike each other.

use super::shingles::{containment, of};
use crate::{Kind, TruthRow, texts};
use std::collections::{HashMap, HashSet};

fn originals(rows: &[TruthRow]) -> HashMap<&article::ArticleId, &TruthRow> {
    rows.iter().map(|r| (&r.id, r)).collect()
}

#[test]
fn the_same_seed_tells_the_same_and_another_another() {
    let once: Vec<TruthRow> = texts(7, 200).collect();
    assert_eq!(once, texts(7, 200).collect::<Vec<_>>());
    assert_eq!(once.len(), 200);
    let other: HashSet<String> = texts(8, 200).map(|r| r.text).collect();
    assert!(once.iter().all(|r| !other.contains(&r.text)));
    let addresses: HashSet<_> = once.iter().map(|r| &r.id).collect();
    assert_eq!(addresses.len(), 200, "no two articles have one address");
}

/// How much of a copy must be in its original, and of the original in the copy.
fn bounds(kind: Kind) -> ((f64, f64), (f64, f64)) {
    match kind {
        Kind::Exact => ((0.96, 1.0), (1.0, 1.0)),
        Kind::Framed => ((0.6, 1.0), (0.97, 1.0)),
        Kind::Edited => ((0.35, 0.95), (0.45, 0.95)),
        Kind::Retyped => ((0.6, 1.0), (0.97, 1.0)),
        Kind::FirstHalf | Kind::SecondHalf => ((0.45, 1.0), (0.25, 0.75)),
        Kind::LastThird => ((0.4, 1.0), (0.15, 0.6)),
        Kind::Original | Kind::Column | Kind::Ticker => ((0.0, 0.0), (0.0, 0.0)),
    }
}

#[test]
fn copies_hold_what_their_kind_says() {
    let rows: Vec<TruthRow> = texts(3, 1_200).collect();
    let by_id = originals(&rows);
    let mut seen: HashMap<Kind, u32> = HashMap::new();
    for copy in rows.iter().filter(|r| r.kind.is_copy()) {
        *seen.entry(copy.kind).or_default() += 1;
        let original = by_id[copy.of.as_ref().unwrap()];
        assert_eq!((copy.story.clone(), copy.language), (original.story.clone(), original.language));
        assert!(copy.published > original.published && copy.source != original.source);
        let (c, o) = (of(&copy.text, copy.language), of(&original.text, original.language));
        let ((low, high), (of_low, of_high)) = bounds(copy.kind);
        let (inside, kept) = (containment(&c, &o), containment(&o, &c));
        assert!(
            inside >= low && inside <= high,
            "{:?} {:?}: {inside} of the copy is the original's",
            copy.kind,
            copy.url
        );
        assert!(kept >= of_low && kept <= of_high, "{:?} {:?}: {kept} of the original is kept", copy.kind, copy.url);
    }
    for kind in Kind::ALL.into_iter().filter(|k| k.is_copy()) {
        assert!(seen.get(&kind).is_some_and(|n| *n >= 5), "{kind:?}: {seen:?}");
    }
}

#[test]
fn different_stories_share_almost_nothing() {
    let rows: Vec<TruthRow> = texts(5, 700).collect();
    let mut worst: HashMap<crate::Language, (f64, f64, u32)> = HashMap::new();
    let sets: Vec<_> =
        rows.iter().filter(|r| r.kind == Kind::Original && r.free).map(|r| (r, of(&r.text, r.language))).collect();
    for (i, (a, shingles_a)) in sets.iter().enumerate() {
        for (b, shingles_b) in sets.iter().skip(i + 1).filter(|(b, _)| b.language == a.language) {
            let shared = containment(shingles_a, shingles_b).max(containment(shingles_b, shingles_a));
            let entry = worst.entry(a.language).or_default();
            *entry = (entry.0.max(shared), entry.1 + shared, entry.2 + 1);
            assert!(shared < 0.2, "{shared}: {} and {}", a.text, b.text);
        }
    }
    for (language, (max, sum, pairs)) in worst {
        let mean = sum / f64::from(pairs);
        assert!(mean < 0.03, "{language:?}: mean {mean}, worst {max}, {pairs} pairs");
    }
}
