use crate::{IndexError, Refusal};
use queue::Outcome;
use store::StoreError;

/// Every refusal with what becomes of its message.
#[test]
fn each_refusal_has_its_outcome() {
    let why = || "why".to_owned();
    let refusals: Vec<Refusal> = vec![
        Refusal::TakenDown,
        IndexError::Away(why()).into(),
        IndexError::Settings(why()).into(),
        IndexError::Damaged(why()).into(),
        StoreError::Away(why()).into(),
        StoreError::Conflict(why()).into(),
        StoreError::Settings(why()).into(),
        StoreError::Broken(why()).into(),
        StoreError::NewerSchema { found: 2, known: 1 }.into(),
    ];
    let table: Vec<String> = refusals
        .into_iter()
        .map(|refusal| {
            let name = format!("{refusal:?}");
            let outcome = Outcome::from(refusal);
            let name = name.split(['"', '{']).next().unwrap().trim_end().to_owned();
            format!("{name:32} {:6} {:16} {}", outcome.name(), outcome.reason(), outcome.detail())
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    TakenDown                        drop   taken_down       the article was taken down
    Index(Away(                      retry  dependency_away  no verdict: the index is away: why
    Index(Settings(                  retry  dependency_away  no verdict: index: why
    Index(Damaged(                   retry  dependency_away  no verdict: the index is damaged, run `wireroom index rebuild`: why
    Store(Away(                      retry  dependency_away  no look at the tombstones: the store is away: why
    Store(Conflict(                  retry  conflict         no look at the tombstones: another worker changed the same rows: why
    Store(Settings(                  retry  dependency_away  no look at the tombstones: store.url: why
    Store(Broken(                    dead   internal         no look at the tombstones: the store refused: why
    Store(NewerSchema                retry  dependency_away  no look at the tombstones: the database has schema 2, this release of Wireroom knows 1: run a newer release, or restore the backup made before the upgrade
    ");
}
