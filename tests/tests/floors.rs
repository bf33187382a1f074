//! Dependencies point downwards only, and one TLS provider is in the tree.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::BTreeMap;

/// What each room may use, from the ground up. A new arrow is a decision: it is made here.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("article", &[]),
    ("telemetry", &[]),
    ("queue", &["article", "telemetry"]),
    ("store", &["article", "telemetry"]),
    ("web", &["article", "telemetry"]),
    ("fetcher", &["article", "telemetry", "queue", "store", "web"]),
    ("deduplicator", &["article", "telemetry", "queue", "store"]),
    ("publisher", &["article", "telemetry", "queue", "store", "web"]),
    ("replay", &["article", "telemetry", "queue", "store"]),
    ("press", &["article"]),
    (
        "wireroom",
        &["article", "telemetry", "queue", "store", "web", "fetcher", "deduplicator", "publisher", "replay", "press"],
    ),
];

/// For this machine's platform: other platforms' packages are not on it.
fn metadata() -> Metadata {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let options = ["--locked", "--filter-platform", &platform].map(str::to_owned);
    MetadataCommand::new().current_dir(env!("CARGO_MANIFEST_DIR")).other_options(options).exec().unwrap()
}

#[test]
fn every_arrow_between_rooms_points_down() {
    let metadata = metadata();
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut seen = 0;
    for package in metadata.workspace_packages().iter().filter(|p| p.name.as_str() != "wireroom-tests") {
        let allowed = may_use.get(package.name.as_str()).unwrap_or_else(|| panic!("{} is on no floor", package.name));
        seen += 1;
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            if may_use.contains_key(dependency.name.as_str()) {
                let name = dependency.name.as_str();
                assert!(allowed.contains(&name), "{} uses {name}, which is not below it", package.name);
            }
        }
    }
    assert_eq!(seen, MAY_USE.len());
}

#[test]
fn the_rules_of_articles_need_no_io() {
    let metadata = metadata();
    let article = metadata.workspace_packages().into_iter().find(|p| p.name.as_str() == "article").unwrap();
    for dependency in article.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
        for forbidden in ["tokio", "reqwest", "sqlx", "lapin", "redis", "axum", "async-trait"] {
            assert_ne!(dependency.name, forbidden);
        }
    }
}

/// Two providers in one process panic at the first handshake.
#[test]
fn ring_is_not_in_the_tree() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().unwrap();
    // Reachable from what we ship, by normal dependencies.
    let root = metadata.workspace_packages().into_iter().find(|p| p.name.as_str() == "wireroom").unwrap().id.clone();
    let mut stack = vec![root];
    let mut reached = std::collections::BTreeSet::new();
    while let Some(id) = stack.pop() {
        if !reached.insert(id.clone()) {
            continue;
        }
        let node = resolve.nodes.iter().find(|n| n.id == id).unwrap();
        for dep in &node.deps {
            if dep.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal) {
                stack.push(dep.pkg.clone());
            }
        }
    }
    let names: Vec<&str> = reached.iter().map(|id| metadata[id].name.as_str()).collect();
    assert!(names.contains(&"aws-lc-rs"));
    assert!(!names.contains(&"ring"), "ring came in: cargo tree -i ring says through what");
}
