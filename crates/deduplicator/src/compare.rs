//! Two texts explained, for `wireroom compare`.

use crate::Thresholds;
use article::{ContentHash, Sketch, shingles};
use serde::Serialize;
use std::collections::BTreeSet;

/// What two texts have in common.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    /// Whether they are the same once normalised.
    pub exact: bool,
    /// Distinct shingles of each.
    pub shingles: [usize; 2],
    /// Of them in both.
    pub shared: usize,
    /// Exact share of each text that is in the other.
    pub containment: [f32; 2],
    /// Exact share of both together that is common.
    pub jaccard: f32,
    /// The same containments, estimated from the sketches.
    pub estimated_containment: [f32; 2],
    /// The same Jaccard, estimated from the sketches.
    pub estimated_jaccard: f32,
    /// Marks in each sketch.
    pub marks: [usize; 2],
    /// What an index that knows neither what is common nor other stories would say: `exact_copy`, `near_copy` or `new`.
    pub verdict: &'static str,
}

/// Compares two texts as the index would, with nothing else in it, and exactly.
pub fn compare(a: &str, b: &str, by: &Thresholds) -> Comparison {
    let exact = ContentHash::of_text(a) == ContentHash::of_text(b);
    let set = |text: &str| shingles(&article::normalise(text)).into_iter().collect::<BTreeSet<u64>>();
    let (set_a, set_b) = (set(a), set(b));
    let shared = set_a.intersection(&set_b).count();
    let of = |whole: usize| if whole == 0 { 0.0 } else { shared as f32 / whole as f32 };
    let (sketch_a, sketch_b) = (Sketch::of_text(a), Sketch::of_text(b));
    let (in_b, in_a, jaccard) = sketch_a.overlap(&sketch_b);
    let long_enough = sketch_a.shingles().min(sketch_b.shingles()) >= by.min_shingles;
    let near = long_enough
        && (in_b.min(in_a) >= by.of_both
            || (in_a >= by.of_story && in_b >= by.other_way)
            || (in_b >= by.of_article && in_a >= by.other_way));
    Comparison {
        exact,
        shingles: [set_a.len(), set_b.len()],
        shared,
        containment: [of(set_a.len()), of(set_b.len())],
        jaccard: of(set_a.len() + set_b.len() - shared),
        estimated_containment: [in_b, in_a],
        estimated_jaccard: jaccard,
        marks: [sketch_a.marks().len(), sketch_b.marks().len()],
        verdict: match (exact, near) {
            (true, _) => article::VerdictKind::ExactCopy.as_str(),
            (false, true) => article::VerdictKind::NearCopy.as_str(),
            (false, false) => article::VerdictKind::New.as_str(),
        },
    }
}
