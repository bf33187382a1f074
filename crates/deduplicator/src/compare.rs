//! Two texts explained, for `wireroom compare`.

use crate::Thresholds;
use crate::held::{KnownStory, Part};
use crate::marks::{Mark, Marks};
use crate::overlap::Overlap;
use article::{ContentHash, Place, Sketch, shingles};
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
    /// Estimated share of either's core (its middle half, what it says once) that is common: without it they share a
    /// frame.
    pub core: f32,
    /// The second's marks with a figure, and how many of them the first has too.
    pub figures: [u32; 2],
    /// How far the order of figures agrees beyond chance, of the one with fewer and of the one with more; none where
    /// there are too few or too many to tell.
    pub figures_order: Option<[f32; 2]>,
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
    let overlap = overlap(&Marks::of(&sketch_a), &Marks::of(&sketch_b));
    let near = long_enough && overlap.is_copy(false, by);
    Comparison {
        exact,
        shingles: [set_a.len(), set_b.len()],
        shared,
        containment: [of(set_a.len()), of(set_b.len())],
        jaccard: of(set_a.len() + set_b.len() - shared),
        estimated_containment: [in_b, in_a],
        estimated_jaccard: jaccard,
        core: overlap.core(),
        figures: [overlap.figures, overlap.shared_figures],
        figures_order: overlap.order.map(|order| [order.of_fewer, order.of_more]),
        marks: [sketch_a.marks().len(), sketch_b.marks().len()],
        verdict: match (exact && article::is_telling(a), near) {
            (true, _) => article::VerdictKind::ExactCopy.as_str(),
            (false, true) => article::VerdictKind::NearCopy.as_str(),
            (false, false) => article::VerdictKind::New.as_str(),
        },
    }
}

/// Of the second with the story that the first alone would be.
fn overlap(first: &Marks, second: &Marks) -> Overlap {
    let part = |mark: &Mark| {
        let held = first.all.iter().find(|m| m.hash == mark.hash)?;
        Some(if held.place == Place::Core { Part::Core } else { Part::Edge })
    };
    let shared: Vec<(Mark, Part)> = second.all.iter().filter_map(|m| Some((*m, part(m)?))).collect();
    Overlap::of(&second.all, &shared, &KnownStory::alone(first), second)
}
