//! From the queue to the ledger and back.

use crate::body::Body;
use article::Timestamp;
use queue::{Belt, DeadReason, Envelope, Lane, MessageId, QueueName, Stage};
use store::{DeadLetter, LedgerRow};

/// Longest text kept of each fact, in characters: an error chain has hundreds, a hostile header any number.
const LONGEST: usize = 16_384;

/// A dead letter as it lay in `belt`'s dead-letter queue. Never fails: what the message does not say, its
/// queue does.
pub(crate) fn buried(belt: Belt, envelope: &Envelope, headers: &[u8], now: Timestamp) -> DeadLetter {
    let death = envelope.death.as_ref();
    // A stage of our own naming is believed; anything else came from nowhere, and the queue's name is true.
    let stage = death.and_then(|d| Stage::from_name(&d.stage)).unwrap_or_else(|| belt.stage());
    let body = Body::read(stage, &envelope.kind, envelope.schema, &envelope.body).ok();
    DeadLetter {
        message_id: cut(&envelope.message_id.0),
        stage: stage.as_str().to_owned(),
        deaths: envelope.replays,
        reason: death.map_or_else(|| DeadReason::DeliveryLimit.as_str().to_owned(), |d| cut(&d.reason)),
        detail: death.map(|d| cut(&d.detail)).unwrap_or_default(),
        origin: death.map_or_else(|| belt.as_str().to_owned(), |d| cut(&d.origin)),
        attempts: envelope.attempt,
        first_seen: envelope.first_seen,
        died_at: death.map_or(now, |d| d.at),
        host: envelope.host.as_deref().map(cut),
        source: envelope.source.as_deref().map(cut),
        article: body.and_then(|b| b.brings()),
        release: death.map(|d| cut(&d.release)).unwrap_or_default(),
        traceparent: envelope.traceparent.as_deref().map(cut),
        kind: cut(&envelope.kind),
        schema: envelope.schema,
        headers: headers.to_vec(),
        body: envelope.body.clone(),
    }
}

/// The message on its way back to the stage where it died; `None` if that is no stage of this release.
pub(crate) fn revived(row: &LedgerRow, now: Timestamp) -> Option<Envelope> {
    let letter = &row.letter;
    let belt = Stage::from_name(&letter.stage)?.belt();
    let dead = Envelope {
        queue: QueueName::Dead(belt),
        lane: Lane::Later,
        message_id: MessageId(letter.message_id.clone()),
        kind: letter.kind.clone(),
        schema: letter.schema,
        body: letter.body.clone(),
        attempt: letter.attempts,
        waits: 0,
        first_seen: letter.first_seen,
        not_before: None,
        traceparent: letter.traceparent.clone(),
        replay: None,
        replays: letter.deaths,
        host: letter.host.clone(),
        source: letter.source.clone(),
        death: None,
    };
    Some(dead.revived(row.id, now))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
