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

/// Two providers in one process panic at the first handshake. Asked of `cargo tree`: the lock file and
/// `cargo metadata` also name what only a feature nobody turns on would bring.
#[test]
fn ring_is_not_in_the_tree() {
    let tree = |package: &str| {
        let output = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["tree", "--locked", "--workspace", "--edges", "normal,build", "--invert", package])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(tree("aws-lc-rs").contains("rustls"));
    assert_eq!(tree("ring"), "", "ring came in");
}
