//! Real pages with known truth. The quality scorers say more; these floors say that nothing fell.

use crate::extract::{Hints, PageBytes, extract};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A folder of the corpus; nothing, said loudly, where there is none.
fn corpus(set: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("WIREROOM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("corpus").join(set);
    if !folder.join("manifest.json").exists() {
        eprintln!("SKIPPED: no corpus in {}", folder.display());
        return None;
    }
    Some(folder)
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Each page's truth beside its extracted text, title and date.
fn pages(folder: &Path) -> Vec<(Value, String, String, String)> {
    let truth = json(folder.join("truth.json"));
    let manifest = json(folder.join("manifest.json"));
    let read = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let bytes = std::fs::read(folder.join(text("path"))).unwrap();
        let url = text("url");
        let page = PageBytes { bytes: &bytes, url: &url, content_type: None, headers: &[], received_at: None };
        let want = truth[text("id").as_str()].clone();
        match extract(&page, &Hints::default()) {
            Ok(found) => {
                (want, found.text(), found.title.clone(), found.published.map(|d| d.written).unwrap_or_default())
            }
            Err(_) => (want, String::new(), String::new(), String::new()),
        }
    };
    manifest.as_array().unwrap().iter().map(read).collect()
}

/// How often each run of four words occurs.
fn runs(text: &str) -> HashMap<Vec<&str>, usize> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let mut out = HashMap::new();
    for i in 0..words.len().saturating_sub(3).max(usize::from(!words.is_empty())) {
        *out.entry(words[i..(i + 4).min(words.len())].to_vec()).or_default() += 1;
    }
    out
}

/// F1 of the mean precision and the mean recall over pages, as the article extraction benchmark has it.
fn f1(pages: &[(Value, String, String, String)]) -> f64 {
    let (mut precision, mut recall, mut answered) = (0.0, 0.0, 0.0);
    for (want, got, _, _) in pages {
        let (want, got) = (runs(want["text"].as_str().unwrap()), runs(got));
        let both: usize = got.iter().map(|(r, n)| n.min(want.get(r).unwrap_or(&0))).sum();
        let (all_got, all_want): (usize, usize) = (got.values().sum(), want.values().sum());
        if all_got > 0 {
            precision += both as f64 / all_got as f64;
            answered += 1.0;
        }
        recall += both as f64 / all_want.max(1) as f64;
    }
    let (precision, recall) = (precision / answered, recall / pages.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

#[test]
fn news_pages_of_many_publishers() {
    let Some(folder) = corpus("fundus") else { return };
    let pages = pages(&folder);
    let score = f1(&pages);
    assert!(score >= 0.96, "text F1 {score:.3}");
    let normal = |t: &str| ::article::normalise(t);
    let titles = pages.iter().filter(|(w, _, t, _)| normal(w["title"].as_str().unwrap()) == normal(t)).count();
    assert!(titles as f64 / pages.len() as f64 >= 0.92, "titles {titles} of {}", pages.len());
    let days = pages.iter().filter(|(w, _, _, d)| w["date"].as_str().unwrap().get(..10) == d.get(..10)).count();
    assert!(days as f64 / pages.len() as f64 >= 0.95, "dates {days} of {}", pages.len());
}

#[test]
fn pages_with_segments_that_must_and_must_not_be_there() {
    let Some(folder) = corpus("trafilatura") else { return };
    let (mut wanted, mut found, mut unwanted, mut wrong) = (0, 0, 0, 0);
    for (want, got, _, _) in pages(&folder) {
        let got = ::article::squeeze(&got);
        let hits = |key: &str| {
            let segments = want[key].as_array().unwrap();
            (segments.len(), segments.iter().filter(|s| got.contains(&::article::squeeze(s.as_str().unwrap()))).count())
        };
        let ((w, f), (u, x)) = (hits("with"), hits("without"));
        (wanted, found, unwanted, wrong) = (wanted + w, found + f, unwanted + u, wrong + x);
    }
    let score = 2.0 * f64::from(found as u32) / f64::from((found + wrong + wanted) as u32);
    assert!(score >= 0.94, "segments F1 {score:.3}");
    assert!(wrong as f64 / unwanted as f64 <= 0.06, "{wrong} of {unwanted} unwanted segments");
}

#[test]
fn pages_of_all_sorts() {
    let Some(folder) = corpus("readability") else { return };
    let score = f1(&pages(&folder));
    assert!(score >= 0.94, "text F1 {score:.3}");
}
