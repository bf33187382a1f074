//! A message as AMQP properties and headers.
//!
//! Headers are written from the envelope alone, so whatever a broker or a client had added (`x-death`,
//! `x-first-death-*`, `x-last-death-*`, `expiration`) ends at the next publish: brokers before 4.0 take
//! such headers for a cycle and drop the message, silently. `traceparent` is W3C Trace Context.

use crate::{DeadReason, Death, Envelope, Lane, MessageId, QueueName};
use article::Timestamp;
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Map, Value, json};

const PERSISTENT: u8 = 2;
/// The longest text in a header, in characters, and all of them together fit into one frame (128 KiB): a
/// header frame above that costs the connection.
const MAX_TEXT: usize = 4096;

/// What is published of an envelope.
pub(super) struct Outbound {
    pub(super) queue: QueueName,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

impl Outbound {
    pub(super) fn of(envelope: &Envelope) -> Self {
        Self { queue: envelope.queue, properties: properties(envelope), body: envelope.body.clone() }
    }
}

/// Properties for publishing.
fn properties(envelope: &Envelope) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut text = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            headers.insert(key.into(), AMQPValue::LongString(clipped(value).into()));
        }
    };
    text("lane", (envelope.lane != Lane::Main).then(|| envelope.lane.as_str()));
    text("traceparent", envelope.traceparent.as_deref());
    text("host", envelope.host.as_deref());
    text("source", envelope.source.as_deref());
    if let Some(death) = &envelope.death {
        text("death-reason", Some(&death.reason));
        text("death-stage", Some(&death.stage));
        text("death-detail", Some(&death.detail));
        text("death-release", Some(&death.release));
        text("death-origin", Some(&death.origin));
    }
    let mut number = |key: &str, value: Option<i64>| {
        if let Some(value) = value {
            headers.insert(key.into(), AMQPValue::LongLongInt(value));
        }
    };
    number("schema", Some(envelope.schema.into()));
    number("attempt", Some(envelope.attempt.into()));
    number("waits", (envelope.waits > 0).then_some(envelope.waits.into()));
    number("first-seen", Some(envelope.first_seen.millis()));
    number("not-before", envelope.not_before.map(Timestamp::millis));
    number("replay", envelope.replay);
    number("replays", (envelope.replays > 0).then_some(envelope.replays.into()));
    number("death-at", envelope.death.as_ref().map(|d| d.at.millis()));
    BasicProperties::default()
        .with_message_id(short(&envelope.message_id.0).into())
        .with_type(short(&envelope.kind).into())
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers)
}

fn clipped(text: &str) -> &str {
    text.char_indices().nth(MAX_TEXT).map_or(text, |(end, _)| &text[..end])
}

/// AMQP's short strings end at 255 bytes, and lapin panics above. Ours are far shorter; a message made by hand
/// may be anything.
fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(255)]
}

/// What lay in a queue. Whatever is missing or of another type gets a value that leads to a decision, never
/// to a loss: a message without a kind is undecodable at its stage.
pub(super) fn envelope(delivery: Delivery, queue: QueueName) -> Envelope {
    let properties = &delivery.properties;
    let none = FieldTable::default();
    let headers = properties.headers().as_ref().unwrap_or(&none);
    let text = |key: &str| text_of(headers, key);
    let number = |key: &str| number_of(headers, key);
    let count = |key: &str, default: u32| number(key).and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
    let message_id = properties.message_id().as_ref().map(|id| id.as_str().to_owned());
    let mut envelope = Envelope {
        queue,
        lane: text("lane").and_then(|l| Lane::from_name(&l)).unwrap_or_default(),
        message_id: MessageId::derive(&[]),
        kind: properties.kind().as_ref().map(|k| k.as_str().to_owned()).unwrap_or_default(),
        schema: number("schema").and_then(|n| u16::try_from(n).ok()).unwrap_or(0),
        body: Vec::new(),
        attempt: count("attempt", 1).max(1),
        waits: count("waits", 0),
        first_seen: number("first-seen").map_or_else(Timestamp::now, Timestamp),
        not_before: number("not-before").map(Timestamp),
        traceparent: text("traceparent"),
        replay: number("replay"),
        replays: count("replays", 0),
        host: text("host"),
        source: text("source"),
        death: death(headers, queue),
    };
    envelope.body = delivery.data;
    envelope.message_id = match message_id {
        Some(id) if !id.is_empty() => MessageId(id),
        // Made by hand: its name follows from what it says.
        _ => MessageId::derive(&["by hand", &String::from_utf8_lossy(&envelope.body)]),
    };
    envelope
}

/// Ours, or the broker's own where the delivery limit killed it: then its stage follows from its queue.
fn death(headers: &FieldTable, queue: QueueName) -> Option<Death> {
    let QueueName::Dead(belt) = queue else { return None };
    if let Some(reason) = text_of(headers, "death-reason") {
        let text = |key: &str| text_of(headers, key).unwrap_or_default();
        return Some(Death {
            reason,
            stage: text("death-stage"),
            detail: text("death-detail"),
            at: number_of(headers, "death-at").map_or_else(Timestamp::now, Timestamp),
            release: text("death-release"),
            origin: text("death-origin"),
        });
    }
    let latest = match headers.inner().get("x-death") {
        Some(AMQPValue::FieldArray(deaths)) => deaths.as_slice().first(),
        _ => None,
    };
    let (reason, origin) = match latest {
        Some(AMQPValue::FieldTable(death)) => (text_of(death, "reason"), text_of(death, "queue")),
        _ => (None, None),
    };
    let origin = origin.unwrap_or_else(|| QueueName::Belt(belt, Lane::Lone).to_string());
    let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
    Some(Death {
        reason: DeadReason::DeliveryLimit.as_str().to_owned(),
        stage: belt.stage().as_str().to_owned(),
        detail: format!("the broker gave it up ({reason}): each time it was delivered, its worker died or was lost"),
        at: Timestamp::now(),
        release: String::new(),
        origin,
    })
}

fn text_of(headers: &FieldTable, key: &str) -> Option<String> {
    match headers.inner().get(key)? {
        AMQPValue::LongString(s) => Some(String::from_utf8_lossy(s.as_bytes()).into_owned()),
        AMQPValue::ShortString(s) => Some(s.as_str().to_owned()),
        _ => None,
    }
}

fn number_of(headers: &FieldTable, key: &str) -> Option<i64> {
    match headers.inner().get(key)? {
        AMQPValue::LongLongInt(n) => Some(*n),
        AMQPValue::LongInt(n) => Some((*n).into()),
        AMQPValue::LongUInt(n) => Some((*n).into()),
        AMQPValue::ShortInt(n) => Some((*n).into()),
        AMQPValue::ShortUInt(n) => Some((*n).into()),
        AMQPValue::ShortShortInt(n) => Some((*n).into()),
        AMQPValue::ShortShortUInt(n) => Some((*n).into()),
        _ => None,
    }
}

/// Headers as they came, for the ledger; only the registrar's queues are read for them.
pub(super) fn headers_json(properties: &BasicProperties, queue: QueueName) -> Vec<u8> {
    if !matches!(queue, QueueName::Dead(_) | QueueName::Outcomes) {
        return Vec::new();
    }
    let headers = properties.headers().as_ref().map(table).unwrap_or_default();
    // A map of plain values can be written.
    serde_json::to_vec(&Value::Object(headers)).unwrap_or_default()
}

fn table(table: &FieldTable) -> Map<String, Value> {
    table.into_iter().map(|(key, value)| (key.as_str().to_owned(), plain(value))).collect()
}

fn plain(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(b) => json!(b),
        AMQPValue::ShortShortInt(n) => json!(n),
        AMQPValue::ShortShortUInt(n) => json!(n),
        AMQPValue::ShortInt(n) => json!(n),
        AMQPValue::ShortUInt(n) => json!(n),
        AMQPValue::LongInt(n) => json!(n),
        AMQPValue::LongUInt(n) => json!(n),
        AMQPValue::LongLongInt(n) => json!(n),
        AMQPValue::Timestamp(n) => json!(n),
        AMQPValue::Float(n) => json!(n),
        AMQPValue::Double(n) => json!(n),
        AMQPValue::DecimalValue(n) => json!({ "scale": n.scale, "value": n.value }),
        AMQPValue::ShortString(s) => json!(s.as_str()),
        AMQPValue::LongString(s) => json!(String::from_utf8_lossy(s.as_bytes())),
        AMQPValue::ByteArray(b) => json!(b.as_slice()),
        AMQPValue::FieldArray(values) => Value::Array(values.as_slice().iter().map(plain).collect()),
        AMQPValue::FieldTable(inner) => Value::Object(table(inner)),
        AMQPValue::Void => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Belt, Rung};
    use proptest::option;
    use proptest::prelude::*;

    fn delivery(properties: BasicProperties, data: Vec<u8>) -> Delivery {
        let mut delivery = Delivery::mock(1, "".into(), "pages".into(), false, data);
        delivery.properties = properties;
        delivery
    }

    fn queues() -> impl Strategy<Value = QueueName> {
        prop_oneof![
            Just(QueueName::Belt(Belt::Pages, Lane::Main)),
            Just(QueueName::Retry(Belt::Notices, Rung::S30)),
            Just(QueueName::Dead(Belt::Stories)),
        ]
    }

    prop_compose! {
        fn envelopes()(
            queue in queues(),
            later in any::<bool>(),
            (id, kind) in ("[a-z0-9]{1,32}", "[a-z_]{1,20}"),
            schema in any::<u16>(),
            body in proptest::collection::vec(any::<u8>(), 0..200),
            (attempt, waits, replays) in (1_u32.., any::<u32>(), any::<u32>()),
            (first_seen, not_before, replay) in (any::<i64>(), option::of(any::<i64>()), option::of(any::<i64>())),
            (traceparent, host, source) in (option::of(".{0,60}"), option::of(".{1,40}"), option::of(".{1,40}")),
            (reason, detail, at) in ("[a-z_]{1,20}", ".{0,300}", any::<i64>()),
        ) -> Envelope {
            let text = |t: &str| t.to_owned();
            let death = matches!(queue, QueueName::Dead(_)).then(|| Death {
                reason, detail, at: Timestamp(at), stage: text("retriever"), release: text("1.2.3"), origin: text("pages"),
            });
            Envelope {
                queue, lane: if later { Lane::Later } else { Lane::Main }, message_id: MessageId(id), kind, schema, body,
                attempt, waits, first_seen: Timestamp(first_seen), not_before: not_before.map(Timestamp), traceparent,
                replay, replays, host, source, death,
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_arrives(sent in envelopes()) {
            let arrived = envelope(delivery(properties(&sent), sent.body.clone()), sent.queue);
            prop_assert_eq!(arrived, sent);
        }
    }

    #[test]
    fn what_the_broker_wrote_on_a_message_ends_with_it() {
        let mut headers = FieldTable::default();
        for key in ["x-death", "x-first-death-queue", "x-last-death-reason", "x-opt-deaths"] {
            headers.insert(key.into(), AMQPValue::LongString("pages".into()));
        }
        let properties = BasicProperties::default().with_headers(headers).with_expiration("5000".into());
        let taken = envelope(delivery(properties, b"{}".to_vec()), QueueName::Belt(Belt::Pages, Lane::Main));
        let sent = super::properties(&taken);
        assert_eq!(sent.expiration(), &None);
        let keys: Vec<&str> = sent.headers().as_ref().unwrap().inner().keys().map(|k| k.as_str()).collect();
        assert_eq!(keys, ["attempt", "first-seen", "schema"]);
    }

    #[test]
    fn what_is_too_long_for_amqp_is_cut_and_not_panicked_about() {
        let long = "ü".repeat(100_000);
        let queue = QueueName::Belt(Belt::Pages, Lane::Main);
        let envelope = Envelope {
            kind: long.clone(),
            message_id: MessageId(long.clone()),
            traceparent: Some(long.clone()),
            host: Some(long.clone()),
            source: Some(long),
            ..Envelope::unreadable(queue, "")
        };
        let sent = super::properties(&envelope);
        assert_eq!(sent.message_id().as_ref().map(|id| id.as_str().len()), Some(254));
        let headers = sent.headers().clone().unwrap();
        let bytes: usize = ["traceparent", "host", "source"].iter().map(|k| text_of(&headers, k).unwrap().len()).sum();
        assert!(bytes < 64 * 1024, "{bytes}");
    }

    #[test]
    fn a_message_made_by_hand_has_a_name_and_no_kind() {
        let queue = QueueName::Belt(Belt::Pages, Lane::Main);
        let once = envelope(delivery(BasicProperties::default(), b"hello".to_vec()), queue);
        let twice = envelope(delivery(BasicProperties::default(), b"hello".to_vec()), queue);
        assert_eq!((once.kind.as_str(), once.attempt), ("", 1));
        assert_eq!(once.message_id, twice.message_id);
    }
}
