//! Whether this broker keeps a letter that it can't deliver.
//!
//! Dead-lettering at least once needs a quorum queue, its strategy and `reject-publish`, which are arguments of ours,
//! and before 4.0 the feature flag `stream_queue`, which AMQP does not show; nor does it show policies, and of a policy's
//! and an argument's word about overflow the policy's counts. Where one is missing the broker falls back to losing and
//! says nothing. So its behaviour is asked: a small queue with the same arguments is given messages that expire towards
//! nowhere. Kept, they fill it, and a publish is refused; lost, they never do.
//!
//! It stands in for all queues of its prefix. A policy that names some of them only can't be seen from here.

use super::link::Link;
use super::session::Session;
use crate::topology::{at_least_once, physical_probe};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation};
use std::time::Duration;
use telemetry::Health;
use tokio::time::timeout;

/// How long the question may take, a new quorum queue included.
const LIMIT: Duration = Duration::from_secs(30);
/// Messages sent towards nowhere before they count as lost, and the time between two: a queue's limit is soft.
const MESSAGES: usize = 40;
const BETWEEN: Duration = Duration::from_millis(50);
/// The broker removes the queue by itself, should this process die before.
const EXPIRES_MS: i64 = 60_000;
/// The part in readiness.
const PART: &str = "queue.letters";

/// What a broker does with a letter that it can't deliver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Letters {
    Kept,
    Lost,
}

/// Asks once a connection is there, and says what was found.
pub(super) async fn check(publishing: Link, health: Health) {
    let session = tokio::select! {
        biased;
        () = publishing.closing().cancelled() => return,
        session = publishing.session(Duration::MAX) => session,
    };
    let Ok(session) = session else { return };
    let asked = async {
        tokio::select! {
            biased;
            () = session.lost.cancelled() => Err("the connection broke".to_owned()),
            found = timeout(LIMIT, ask(&session)) => found.map_err(|_| "no answer".to_owned())?.map_err(|e| e.to_string()),
        }
    };
    match asked.await {
        Ok(Letters::Kept) => {
            tracing::debug!("the broker dead-letters at least once");
            health.up(PART);
        }
        Ok(Letters::Lost) => {
            let why = "the broker loses letters that it can't deliver at once: dead-lettering at least once is off. \
                       No policy may set `overflow` on our queues (`rabbitmqctl list_policies`), and before RabbitMQ \
                       4.0 it needs `rabbitmqctl enable_feature_flag stream_queue`; then restart";
            tracing::error!("{why}");
            health.down(PART, why);
        }
        Err(why) => tracing::warn!(
            why,
            "it could not be verified that the broker dead-letters at least once; it should list the feature flag \
             stream_queue as enabled (`rabbitmqctl list_feature_flags`) and no policy with `overflow` \
             (`rabbitmqctl list_policies`)"
        ),
    }
}

async fn ask(session: &Session) -> Result<Letters, lapin::Error> {
    let channel = session.channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let name = physical_probe(session.settings());
    let mut arguments = FieldTable::default();
    for (key, value) in at_least_once(&format!("{name}.nowhere")) {
        arguments.insert(key.into(), AMQPValue::LongString(value.into()));
    }
    for (key, value) in [("x-message-ttl", 1), ("x-max-length", 1), ("x-expires", EXPIRES_MS)] {
        arguments.insert(key.into(), AMQPValue::LongLongInt(value));
    }
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.as_str().into(), durable, arguments).await?;
    let found = fill(&channel, &name).await;
    channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await?;
    let _ = channel.close(200, "asked".into()).await;
    found
}

async fn fill(channel: &Channel, name: &str) -> Result<Letters, lapin::Error> {
    for _ in 0..MESSAGES {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let sent = channel.basic_publish("".into(), name.into(), options, b"", properties).await?;
        if let Confirmation::Nack(_) = sent.await? {
            return Ok(Letters::Kept);
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(Letters::Lost)
}
