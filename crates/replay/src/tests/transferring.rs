//! Out of the ledger and in again.

use super::{Desk, dead};
use crate::{Imported, ReplayError, export, import, letter, purge};
use article::Timestamp;
use queue::Belt;
use serde_json::Value;
use store::{DeadFilter, LedgerState};

async fn exported(desk: &Desk) -> String {
    let mut out = Vec::new();
    export(&desk.store, &DeadFilter::default(), &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn what_was_exported_and_purged_comes_back_the_same() {
    let desk = Desk::new().await;
    desk.bury(250).await;
    let mut garbage = dead(999, 0);
    garbage.body = (0..=255).collect();
    if let Some(death) = &mut garbage.death {
        death.reason = "undecodable".to_owned();
    }
    desk.store.bury(&[letter::buried(Belt::Articles, &garbage, b"\0\xff", Timestamp::now())]).await.unwrap();
    let before: Vec<_> = desk.dead(251).await.into_iter().map(|r| r.letter).collect();

    let mut file = Vec::new();
    let purged = purge(&desk.store, &DeadFilter::default(), Some(&mut file), "cli:op").await.unwrap();
    assert_eq!(purged, 251);
    desk.dead(0).await;
    let done = import(&desk.store, file.as_slice(), "cli:op").await.unwrap();
    assert_eq!(done, Imported { new: 251, ..Imported::default() });
    let after: Vec<_> = desk.dead(251).await.into_iter().map(|r| r.letter).collect();
    assert_eq!(after, before);
    let done = import(&desk.store, file.as_slice(), "cli:op").await.unwrap();
    assert_eq!(done, Imported { unchanged: 251, ..Imported::default() }, "a second time changes nothing");
    let actions: Vec<_> = desk.store.audit_log(10).await.unwrap().into_iter().map(|e| e.action).collect();
    assert_eq!(actions, ["dead.import", "dead.import", "dead.purge"]);
}

#[tokio::test]
async fn what_was_taken_down_is_exported_without_its_text_and_not_taken_in() {
    let desk = Desk::new().await;
    desk.bury(1).await;
    let before = exported(&desk).await;
    let body: Value = serde_json::from_slice(&desk.dead(1).await[0].letter.body).unwrap();
    let url = body["article"]["url"].as_str().unwrap();
    desk.store.execute_takedown(url, "cli:op", Timestamp::now()).await.unwrap();
    let after = exported(&desk).await;
    assert!(before.contains("lake1") && !after.contains("lake1"), "{after}");
    let done = import(&desk.store, after.as_bytes(), "cli:op").await.unwrap();
    assert_eq!(done, Imported { skipped: 1, ..Imported::default() });
    import(&desk.store, before.as_bytes(), "cli:op").await.unwrap();
    assert!(!exported(&desk).await.contains("lake1"), "an older file does not bring it back");
}

#[tokio::test]
async fn purge_takes_no_more_than_its_limit() {
    let desk = Desk::new().await;
    desk.bury(5).await;
    let filter = DeadFilter { limit: Some(3), ..DeadFilter::default() };
    assert_eq!(purge(&desk.store, &filter, None, "cli:op").await.unwrap(), 3);
    desk.dead(2).await;
}

#[tokio::test]
async fn an_edited_letter_takes_the_place_of_its_old_self() {
    let desk = Desk::new().await;
    desk.bury(1).await;
    let mut line: Value = serde_json::from_str(&exported(&desk).await).unwrap();
    // Something that is part of its name, then something that is not.
    line["body"]["article"]["observed_at"] = Value::from(1_774_000_000_000i64);
    let done = import(&desk.store, line.to_string().as_bytes(), "cli:op").await.unwrap();
    assert_eq!(done, Imported { edited: 1, ..Imported::default() });
    let row = desk.dead(1).await.remove(0);
    assert_ne!(Some(row.letter.message_id.as_str()), line["message_id"].as_str(), "named by what it says now");
    assert_eq!(desk.rows(LedgerState::Dropped, 1).await[0].outcome.as_deref(), Some("edited"));

    let mut line: Value = serde_json::from_str(&exported(&desk).await).unwrap();
    line["body"]["article"]["title"] = Value::from("Mended");
    let done = import(&desk.store, line.to_string().as_bytes(), "cli:op").await.unwrap();
    assert_eq!(done, Imported { edited: 1, ..Imported::default() });
    let again = desk.dead(1).await.remove(0);
    assert_eq!((again.letter.message_id, again.letter.deaths), (row.letter.message_id, 1));
    assert!(String::from_utf8(again.letter.body).unwrap().contains("Mended"));
}

#[track_caller]
fn refused(result: Result<Imported, ReplayError>, at: usize, name: &str, words: &str) {
    match result {
        Err(ReplayError::Line { line, field, why }) => {
            assert_eq!((line, field.as_str()), (at, name), "{why}");
            assert!(why.contains(words), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_bad_line_is_named_and_nothing_is_taken_in() {
    let desk = Desk::new().await;
    desk.bury(2).await;
    let good = exported(&desk).await;
    purge(&desk.store, &DeadFilter::default(), None, "cli:op").await.unwrap();
    let check = async |edit: &dyn Fn(&mut Value), field: &str, words: &str| {
        let mut line: Value = serde_json::from_str(good.lines().next().unwrap()).unwrap();
        edit(&mut line);
        let file = format!("{good}\n{line}\n");
        refused(import(&desk.store, file.as_bytes(), "cli:op").await, 4, field, words);
    };
    check(&|l| l["stage"] = "printer".into(), "stage", "poller").await;
    check(&|l| l["reason"] = "bored".into(), "reason", "bored").await;
    check(&|l| l["schema"] = 99.into(), "body", "newer").await;
    check(&|l| l["schema"] = (-1).into(), "schema", "u16").await;
    check(&|l| l["kind"] = "page".into(), "body", "arrival").await;
    check(&|l| l["body"]["article"]["title"] = Value::Null, "body", "null").await;
    check(&|l| l["body"]["article"]["url"] = "no address".into(), "body", "no address").await;
    check(&|l| l["colour"] = "red".into(), "colour", "unknown field").await;
    check(&|l| l["deaths"] = "many".into(), "deaths", "many").await;
    let no_body = |l: &mut Value| {
        l.as_object_mut().unwrap().remove("body");
    };
    check(&no_body, "body", "missing").await;
    check(
        &|l| {
            no_body(l);
            l["body_hex"] = "7g".into()
        },
        "body_hex",
        "hexadecimal",
    )
    .await;
    refused(import(&desk.store, format!("{good}{{\n").as_bytes(), "cli:op").await, 3, "line", "EOF");
    refused(import(&desk.store, "7".as_bytes(), "cli:op").await, 1, "line", "object");
    desk.dead(0).await;
}
