//! Dead letters.

use super::{article, minute, text};
use crate::{DeadFilter, DeadLetter, LedgerState, ReplayTally, Store};
use article::{ArticleId, Timestamp};
use std::collections::HashMap;

/// A letter that died at `at`; even numbers of extraction, odd ones of a charset.
#[must_use]
pub fn letter(n: u32, at: Timestamp) -> DeadLetter {
    DeadLetter {
        message_id: format!("m{n}"),
        stage: "retriever".to_owned(),
        deaths: 0,
        reason: if n.is_multiple_of(2) { "extraction" } else { "charset" }.to_owned(),
        detail: format!("error {n}"),
        origin: if n.is_multiple_of(3) { "pages.later" } else { "pages" }.to_owned(),
        attempts: 8,
        first_seen: minute(0),
        died_at: at,
        host: Some(format!("h{}.example", n % 5)),
        source: Some(format!("s{}", n % 5)),
        article: None,
        release: format!("0.{n}.0"),
        traceparent: None,
        kind: "page".to_owned(),
        schema: 1,
        headers: b"{}".to_vec(),
        body: format!("{{\"n\":{n}}}").into_bytes(),
    }
}

fn letters(count: u32) -> Vec<DeadLetter> {
    (0..count).map(|n| letter(n, minute(i64::from(n)))).collect()
}

pub async fn a_letter_is_buried_once(store: &Store) {
    let all = letters(3);
    assert_eq!(store.bury(&all).await.unwrap(), 3);
    assert_eq!(store.bury(&all).await.unwrap(), 0);
    let rows = store.dead_letters(&DeadFilter::default()).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.letter.clone()).collect::<Vec<_>>(), all);
    assert!(rows.iter().all(|r| r.state == LedgerState::Dead && r.outcome.is_none()));
    let row = store.dead_letter(rows[1].id).await.unwrap().unwrap();
    assert_eq!(row, rows[1]);
    assert!(store.dead_letter(i64::MAX).await.unwrap().is_none());
    assert!(store.is_death_of(row.id, &row.letter.message_id).await.unwrap());
    assert!(!store.is_death_of(row.id, &rows[0].letter.message_id).await.unwrap());
    assert!(!store.is_death_of(i64::MAX, &row.letter.message_id).await.unwrap());
}

pub async fn any_bytes_can_be_buried(store: &Store) {
    let mut bad = letter(1, minute(1));
    bad.body = (0..=255).collect();
    bad.headers = vec![0, 0xff, 0xfe];
    bad.detail = "cut\u{0}off".to_owned();
    bad.host = Some("\u{0}".to_owned());
    assert_eq!(store.bury(&[bad.clone(), letter(2, minute(2))]).await.unwrap(), 2);
    let row = &store.dead_letters(&DeadFilter::default()).await.unwrap()[0].letter;
    assert_eq!((&row.body, &row.headers, row.detail.as_str()), (&bad.body, &bad.headers, "cutoff"));
}

pub async fn a_takedown_erases_what_died_of_the_article(store: &Store) {
    let gone = article("one.example", "a", minute(1), &text("lake", 60));
    let of = |n: u32, id: &ArticleId| DeadLetter { article: Some(id.clone()), ..letter(n, minute(i64::from(n))) };
    let other = of(3, &ArticleId::derive(&[b"another"]));
    store.bury(&[of(1, &gone.id), of(2, &gone.id), other.clone(), letter(4, minute(4))]).await.unwrap();
    store.execute_takedown(gone.url.as_str(), "cli:op", minute(9)).await.unwrap();
    // Died on its way, and taken in only now.
    store.bury(&[of(5, &gone.id)]).await.unwrap();
    let rows = store.dead_letters(&DeadFilter::default()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|r| (r.letter.is_erased(), r.outcome.as_deref())).collect();
    let (erased, kept) = ((true, Some("taken_down")), (false, None));
    assert_eq!(told, [erased, erased, kept, kept, erased]);
    assert_eq!((&rows[2].letter, rows[0].letter.headers.as_slice()), (&other, b"{}".as_slice()));

    store.lift_takedown(gone.url.as_str(), "cli:op", minute(10)).await.unwrap();
    assert!(store.dead_letter(rows[0].id).await.unwrap().unwrap().letter.is_erased(), "it does not come back");
}

pub async fn filters_and_pages(store: &Store) {
    store.bury(&letters(30)).await.unwrap();
    let count = async |filter: DeadFilter| store.dead_count(&filter).await.unwrap();
    let none = DeadFilter::default;
    assert_eq!(count(none()).await, 30);
    assert_eq!(count(DeadFilter { reason: Some("charset".to_owned()), ..none() }).await, 15);
    assert_eq!(count(DeadFilter { stage: Some("poller".to_owned()), ..none() }).await, 0);
    assert_eq!(count(DeadFilter { queue: Some("pages".to_owned()), ..none() }).await, 30);
    assert_eq!(count(DeadFilter { queue: Some("pages.later".to_owned()), ..none() }).await, 10);
    assert_eq!(count(DeadFilter { queue: Some("p_ges".to_owned()), ..none() }).await, 0);
    assert_eq!(count(DeadFilter { host: Some("h1.example".to_owned()), ..none() }).await, 6);
    assert_eq!(
        count(DeadFilter { source: Some("s2".to_owned()), release: Some("0.7.0".to_owned()), ..none() }).await,
        1
    );
    assert_eq!(count(DeadFilter { older_than: Some(minute(10)), ..none() }).await, 10);
    assert_eq!(count(DeadFilter { newer_than: Some(minute(10)), ..none() }).await, 19);
    assert_eq!(count(DeadFilter { state: Some(LedgerState::Passed), ..none() }).await, 0);
    assert_eq!(count(DeadFilter { limit: Some(7), ..none() }).await, 7);

    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = store.dead_letters(&DeadFilter { limit: Some(8), after, ..none() }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().map(|r| r.letter.died_at));
    }
    assert_eq!(seen, (0..30).map(minute).collect::<Vec<_>>());

    let ids: Vec<i64> =
        store.dead_letters(&DeadFilter { limit: Some(4), ..none() }).await.unwrap().iter().map(|r| r.id).collect();
    assert_eq!(count(DeadFilter { ids: ids.clone(), ..none() }).await, 4);
    assert_eq!(store.purge_dead(&DeadFilter { ids, limit: Some(3), ..none() }).await.unwrap(), 3);
    assert_eq!(count(none()).await, 27);
}

pub async fn groups_count_and_date(store: &Store) {
    store.bury(&letters(20)).await.unwrap();
    let groups =
        store.dead_groups(&DeadFilter { host: Some("h0.example".to_owned()), ..Default::default() }).await.unwrap();
    let shown: Vec<_> =
        groups.iter().map(|g| (g.reason.as_str(), g.about.as_str(), g.count, g.first_seen, g.last_seen)).collect();
    assert_eq!(
        shown,
        [("charset", "h0.example", 2, minute(5), minute(15)), ("extraction", "h0.example", 2, minute(0), minute(10))]
    );
    assert_eq!(groups[1].release, "0.10.0", "the newest failure's, not the largest text");
    assert_eq!(store.dead_groups(&DeadFilter::default()).await.unwrap().len(), 10);
    assert_eq!(store.dead_groups(&DeadFilter { limit: Some(3), ..Default::default() }).await.unwrap().len(), 3);
}

pub async fn outcomes_stay(store: &Store) {
    store.bury(&letters(4)).await.unwrap();
    let ids: Vec<i64> = store.dead_letters(&DeadFilter::default()).await.unwrap().iter().map(|r| r.id).collect();
    let set = async |id, state| store.set_ledger_state(id, state, Some("why"), minute(9)).await.unwrap();
    assert!(set(ids[0], LedgerState::Replaying).await);
    assert!(set(ids[0], LedgerState::Passed).await);
    assert!(!set(ids[0], LedgerState::Dropped).await, "a known outcome stays");
    // The outcome may overtake the mark that it was published.
    assert!(set(ids[1], LedgerState::DeadAgain).await);
    assert!(!set(ids[1], LedgerState::Replaying).await);
    assert!(set(ids[2], LedgerState::Dropped).await);
    assert!(set(ids[3], LedgerState::Replaying).await);
    let row = store.dead_letter(ids[0]).await.unwrap().unwrap();
    assert_eq!((row.state, row.outcome.as_deref(), row.changed_at), (LedgerState::Passed, Some("why"), minute(9)));
    let tally = store.replay_tally(&ids).await.unwrap();
    assert_eq!(tally, ReplayTally { passed: 1, under_way: 1, dead_again: 1, dropped: 1 });
    assert_eq!(store.dead_count(&DeadFilter::default()).await.unwrap(), 0);
}

pub async fn what_was_sent_is_marked_together(store: &Store) {
    store.bury(&letters(6)).await.unwrap();
    let ids: Vec<i64> = store.dead_letters(&DeadFilter::default()).await.unwrap().iter().map(|r| r.id).collect();
    // An outcome that overtook its mark, and a row that is gone.
    assert!(store.set_ledger_state(ids[1], LedgerState::Passed, Some("why"), minute(8)).await.unwrap());
    assert_eq!(store.mark_replaying(&[ids[0], ids[1], ids[2], i64::MAX], minute(9)).await.unwrap(), 2);
    assert_eq!(store.mark_replaying(&[ids[0], ids[2]], minute(10)).await.unwrap(), 0, "marked already");
    assert_eq!(store.mark_replaying(&[], minute(10)).await.unwrap(), 0);
    let mut stand = Vec::new();
    for id in &ids[..4] {
        let row = store.dead_letter(*id).await.unwrap().unwrap();
        stand.push((row.state, row.changed_at));
    }
    let (sent, passed) = ((LedgerState::Replaying, minute(9)), (LedgerState::Passed, minute(8)));
    assert_eq!(stand, [sent, passed, sent, (LedgerState::Dead, minute(3))]);
    assert_eq!(store.dead_count(&DeadFilter::default()).await.unwrap(), 3);
}

pub async fn a_message_is_as_old_as_its_first_journey(store: &Store) {
    let first = letter(1, minute(10));
    let again = DeadLetter { deaths: 1, first_seen: minute(12), died_at: minute(13), ..first.clone() };
    let other = DeadLetter { first_seen: minute(5), ..letter(2, minute(11)) };
    // The later death may be written first.
    store.bury(&[again, first, other]).await.unwrap();
    let journeys = store.first_journeys(&["m1", "m2", "m9"]).await.unwrap();
    assert_eq!(journeys, HashMap::from([("m1".to_owned(), minute(0)), ("m2".to_owned(), minute(5))]));
    assert!(store.first_journeys(&[]).await.unwrap().is_empty());
}

pub async fn a_second_death_closes_the_first(store: &Store) {
    let first = letter(1, minute(1));
    store.bury(std::slice::from_ref(&first)).await.unwrap();
    let id = store.dead_letters(&DeadFilter::default()).await.unwrap()[0].id;
    store.set_ledger_state(id, LedgerState::Replaying, None, minute(2)).await.unwrap();
    let second = DeadLetter { deaths: 1, died_at: minute(3), ..first.clone() };
    assert_eq!(store.bury(&[second.clone(), first.clone()]).await.unwrap(), 1);
    let rows = store.deaths_of("m1").await.unwrap();
    let states: Vec<_> = rows.iter().map(|r| (r.letter.deaths, r.state)).collect();
    assert_eq!(states, [(0, LedgerState::DeadAgain), (1, LedgerState::Dead)]);
    // Elsewhere it is another letter.
    let downstream = DeadLetter { stage: "publisher".to_owned(), deaths: 2, ..first };
    store.bury(&[downstream]).await.unwrap();
    assert_eq!(store.dead_count(&DeadFilter::default()).await.unwrap(), 2);
}

pub async fn age_and_number_are_bounded(store: &Store) {
    store.bury(&letters(20)).await.unwrap();
    assert_eq!(store.prune_ledger(minute(5), 10).await.unwrap(), 10);
    let left = store.dead_letters(&DeadFilter::default()).await.unwrap();
    assert_eq!((left.len(), left[0].letter.died_at), (10, minute(10)));
    assert_eq!(store.prune_ledger(minute(5), 10).await.unwrap(), 0);
}
