use crate::poller::refusal::Refusal;
use article::Timestamp;
use queue::{Outcome, Then};
use std::fmt::Write;
use store::StoreError;
use web::Away;

/// Every refusal with what it becomes.
#[test]
fn what_each_refusal_becomes() {
    let at = Timestamp::parse_rfc3339("2026-11-24T09:30:00Z").unwrap();
    let every = [
        ("source away", Refusal::SourceAway),
        ("retired", Refusal::Retired),
        ("stale", Refusal::Stale { finished: at }),
        ("host busy", Refusal::HostBusy { free_at: at }),
        (
            "robots unknown",
            Refusal::RobotsUnknown { host: "b.example".to_owned(), why: "status 500".to_owned(), retry_at: at },
        ),
        ("slots away", Refusal::SlotsAway(Away { why: "connection refused".to_owned() })),
        ("store away", Refusal::Store(StoreError::Away("connection refused".to_owned()))),
        ("store conflict", Refusal::Store(StoreError::Conflict("deadlock".to_owned()))),
        ("store newer", Refusal::Store(StoreError::NewerSchema { found: 2, known: 1 })),
        ("store settings", Refusal::Store(StoreError::Settings("no such database".to_owned()))),
        ("store address", Refusal::Store(StoreError::Address("not an address".to_owned()))),
        ("store broken", Refusal::Store(StoreError::Broken("no such column".to_owned()))),
        (
            "feed broken",
            Refusal::Broken { detail: "the feed answers 500".to_owned(), then: Then::new(|| async { Ok(()) }) },
        ),
    ];
    let mut table = String::new();
    for (name, refusal) in every {
        let outcome = Outcome::from(refusal);
        let more = match &outcome {
            Outcome::Retry { not_before: Some(at), .. } => format!(", not before {at}"),
            Outcome::Drop { then: Some(_), .. } => ", then its record".to_owned(),
            Outcome::Done(_) | Outcome::Drop { .. } | Outcome::Retry { .. } | Outcome::Dead { .. } => String::new(),
        };
        writeln!(table, "{name}: {} {}{more}", outcome.name(), outcome.reason()).unwrap();
    }
    insta::assert_snapshot!(table, @r"
    source away: drop source_away
    retired: drop source_away
    stale: drop stale
    host busy: retry host_busy, not before 2026-11-24T09:30:00Z
    robots unknown: retry robots_unknown, not before 2026-11-24T09:30:00Z
    slots away: retry dependency_away
    store away: retry dependency_away
    store conflict: retry conflict
    store newer: retry dependency_away
    store settings: dead internal
    store address: dead internal
    store broken: dead internal
    feed broken: drop feed_broken, then its record
    ");
}
