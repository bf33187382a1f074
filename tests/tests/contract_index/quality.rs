//! How well copies are told from stories: on copies made from real texts, and on the press's own truth with a seed
//! that nothing was tuned on.

use super::backends::Backend;
use super::texts::{NOON, query};
use article::{StoryId, VerdictKind};
use std::collections::{BTreeMap, HashMap};

/// Pairs that `groups` puts together, by group.
fn pairs<K: std::hash::Hash + Eq>(groups: impl Iterator<Item = K>) -> f64 {
    let mut sizes: HashMap<K, u64> = HashMap::new();
    groups.for_each(|k| *sizes.entry(k).or_default() += 1);
    sizes.values().map(|n| n * (n - 1) / 2).sum::<u64>() as f64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_of_real_texts_are_found() {
    let Some(shared) = harness::shared_folder() else {
        return harness::skip("copies_of_real_texts_are_found", "no corpus beside the workspace");
    };
    let folder = shared.join("corpus/neardup");
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let lines = std::fs::read_to_string(folder.join("articles.jsonl")).unwrap();
    let backend = Backend::embedded().await;
    let mut placed: Vec<(String, StoryId)> = Vec::new();
    for line in lines.lines() {
        let article: serde_json::Value = serde_json::from_str(line).unwrap();
        let (id, site) = (article["id"].as_str().unwrap(), article["publisher"].as_str().unwrap());
        let address = format!("https://{site}.example/{id}");
        let query = query(&address, article["text"].as_str().unwrap(), "und");
        let verdict = backend.index.decide(&query, NOON).await.unwrap();
        placed.push((truth["clusters"][id].to_string(), verdict.story));
    }
    let right = pairs(placed.iter());
    let precision = right / pairs(placed.iter().map(|p| &p.1));
    let recall = right / pairs(placed.iter().map(|p| &p.0));
    assert!(precision >= 0.99 && recall >= 0.97, "precision {precision:.4}, recall {recall:.4}");
}

#[derive(Default, Debug)]
struct Tally {
    copies: u32,
    found: u32,
    joined: u32,
    right: u32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_presss_copies_are_found_and_its_columns_stay_apart() {
    let backend = Backend::embedded().await;
    let mut opened: HashMap<StoryId, StoryId> = HashMap::new();
    let mut kinds: BTreeMap<press::Kind, Tally> = BTreeMap::new();
    for row in press::texts(90_001, 2_500) {
        let query = query(row.url.as_str(), &row.text, row.language.code());
        let verdict = backend.index.decide(&query, row.published).await.unwrap();
        let right = *opened.entry(verdict.story.clone()).or_insert_with(|| row.story.clone()) == row.story;
        let joined = matches!(verdict.kind, VerdictKind::ExactCopy | VerdictKind::NearCopy);
        let tally = kinds.entry(row.kind).or_default();
        tally.copies += u32::from(row.kind.is_copy());
        tally.found += u32::from(row.kind.is_copy() && joined && right);
        tally.joined += u32::from(joined);
        tally.right += u32::from(joined && right);
    }
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    for (kind, least) in [
        (press::Kind::Exact, 0.995),
        (press::Kind::Framed, 0.995),
        (press::Kind::Retyped, 0.995),
        (press::Kind::FirstHalf, 0.99),
        (press::Kind::SecondHalf, 0.99),
        (press::Kind::LastThird, 0.97),
        // Of three to nine words in a hundred changed, the heaviest are missed now and then.
        (press::Kind::Edited, 0.99),
    ] {
        let tally = &kinds[&kind];
        assert!(share(tally.found, tally.copies) >= least, "{kind:?}: {kinds:#?}");
    }
    let (joined, right) = kinds.values().fold((0, 0), |sum, t| (sum.0 + t.joined, sum.1 + t.right));
    assert!(share(right, joined) >= 0.999, "{kinds:#?}");
}
