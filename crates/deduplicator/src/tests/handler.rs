use super::articles::{NOON, article, index, seen, store, text};
use crate::Deduplicator;
use article::{Arrival, CanonicalUrl, VerdictKind, Withdrawal, WithdrawalCause};
use queue::{
    Delivery, Done, DropReason, Foresight, Handler, Lane, Message, MessageId, Outcome, Outgoing, Story, Trial,
};
use std::time::Duration;
use store::PublishPolicy;

fn delivery(lane: Lane) -> Delivery {
    Delivery {
        message_id: MessageId("m".to_owned()),
        attempt: 1,
        waits: 0,
        first_seen: NOON,
        received_at: NOON,
        lane,
        traceparent: None,
        replay: None,
        replays: 0,
        redelivered: false,
    }
}

async fn done(stage: &Deduplicator, arrival: &Arrival, lane: Lane) -> (Done, Story) {
    match stage.handle(arrival, &delivery(lane)).await {
        Outcome::Done(done) => {
            let story = serde_json::from_slice(&done.publish[0].body).unwrap();
            (done, story)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_article_goes_on_with_its_verdict_and_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Deduplicator::new(index().await, store(&folder).await);
    let original = seen(&article("https://a.example/1", &text(1, 300)));
    let (done_first, first) = done(&stage, &original, Lane::Main).await;
    let copy = seen(&article("https://b.example/1", &format!("{} {}", text(1, 300), text(2, 40))));
    let (done_second, second) = done(&stage, &copy, Lane::Later).await;
    let (verdict, copied) = (first.verdict.unwrap(), second.verdict.unwrap());
    assert_eq!((verdict.kind, copied.kind), (VerdictKind::New, VerdictKind::NearCopy));
    assert_eq!((&copied.story, copied.of.as_ref()), (&verdict.story, Some(original.id())));
    assert_eq!((first.arrival, second.arrival), (original, copy.clone()));
    let whole = Outgoing::on(Lane::Later, &Story { arrival: copy.clone(), verdict: Some(copied) });
    assert_eq!(format!("{:?}", done_second.publish[0]), format!("{whole:?}"));
    assert_eq!((done_first.publish[0].lane, done_second.publish[0].lane), (Lane::Main, Lane::Later));
    assert!(
        done_second.note.contains("near_copy of") && done_second.note.contains("language en"),
        "{}",
        done_second.note
    );
    // Redelivered, it sends the very same.
    let (again, _) = done(&stage, &copy, Lane::Later).await;
    assert_eq!(again.publish[0].body, done_second.publish[0].body);
    assert_eq!(again.publish[0].message_id, Story { verdict: None, arrival: copy }.message_id());
}

#[tokio::test]
async fn a_withdrawal_passes_without_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Deduplicator::new(index().await, store(&folder).await);
    let article = article("https://a.example/1", &text(1, 100));
    let withdrawal = Withdrawal {
        id: article.id,
        url: article.url,
        source: article.source,
        observed_at: NOON,
        cause: WithdrawalCause::Gone,
    };
    let arrival = Arrival::Withdrawn { withdrawal };
    let (_, story) = done(&stage, &arrival, Lane::Lone).await;
    assert_eq!(story, Story { arrival, verdict: None });
}

#[tokio::test]
async fn what_was_taken_down_is_dropped_and_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (index, store) = (index().await, store(&folder).await);
    let gone = article("https://a.example/1", &text(1, 100));
    store.execute_takedown(CanonicalUrl::as_str(&gone.url), "test", NOON).await.unwrap();
    let stage = Deduplicator::new(index.clone(), store);
    let outcome = stage.handle(&seen(&gone), &delivery(Lane::Main)).await;
    assert!(matches!(outcome, Outcome::Drop { reason: DropReason::TakenDown, .. }), "{outcome:?}");
    assert_eq!(index.known(&gone.id).await.unwrap(), None);
}

#[tokio::test]
async fn headlines_alone_are_no_copies() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Deduplicator::new(index().await, store(&folder).await);
    for url in ["https://a.example/1", "https://b.example/1"] {
        let (done, story) = done(&stage, &seen(&article(url, "")), Lane::Main).await;
        assert_eq!(story.verdict.unwrap().kind, VerdictKind::New);
        assert!(done.note.contains("no text to compare"), "{}", done.note);
    }
}

#[tokio::test]
async fn the_probe_asks_both() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let stage = Deduplicator::new(index().await, store.clone());
    assert_eq!(stage.probe().await, Ok(()));
    store.close().await;
    assert!(stage.probe().await.is_err());
}

#[tokio::test]
async fn a_look_ahead_claims_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let stage = Deduplicator::new(index().await, store.clone());
    let original = seen(&article("https://a.example/1", &text(1, 300)));
    let note = |trial: Trial| match trial {
        Trial::Would(Outcome::Done(done)) => done.note,
        other => panic!("{other:?}"),
    };
    let looked = note(stage.foresee(&original, &delivery(Lane::Later)).await);
    assert_eq!(looked, "not known yet: new, or a copy");
    // Had it claimed the text, this one would be a copy of it.
    let copy = seen(&article("https://b.example/1", &text(1, 300)));
    let (_, judged) = done(&stage, &copy, Lane::Main).await;
    let verdict = judged.verdict.unwrap();
    assert_eq!(verdict.kind, VerdictKind::New);
    let policy = PublishPolicy { exact_window: Duration::from_secs(86_400) };
    store.apply(&copy, Some(&verdict), &policy, NOON).await.unwrap();
    let looked = note(stage.foresee(&copy, &delivery(Lane::Later)).await);
    assert_eq!(looked, format!("known, in story {}: the verdict it got, or a revision", verdict.story));
}
