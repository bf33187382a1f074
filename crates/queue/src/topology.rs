//! Every queue and its arguments: what workers declare and manifests repeat.
//!
//! Correctness rests on arguments alone, so that no policy can take it away. RabbitMQ: `quorum`, overflow
//! `reject-publish` and strategy `at-least-once` only work together; with one of them missing the broker
//! falls back to losing silently. Dead letters and outcomes have no bound that could refuse a death.

use crate::{Lane, QueueName, QueueSettings};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A delivery limit that is none. From 4.0 on a queue without one gets 20 and drops what exceeds it, and
/// 3.x refuses the -1 that would switch it off.
const NO_LIMIT: u32 = 2_147_483_647;

/// A queue as it is declared: durable, neither exclusive nor deleted by itself, reached by the default
/// exchange.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct QueueDeclaration {
    /// With the prefix.
    pub name: String,
    /// The `x-` arguments.
    pub arguments: BTreeMap<&'static str, Value>,
}

/// Every queue of an installation.
pub fn topology(settings: &QueueSettings) -> Vec<QueueDeclaration> {
    QueueName::with_ladder(&settings.rungs()).into_iter().map(|q| declaration(q, settings)).collect()
}

/// A queue's name on the broker.
pub(crate) fn physical(queue: QueueName, settings: &QueueSettings) -> String {
    format!("{}{queue}", settings.prefix)
}

fn declaration(queue: QueueName, settings: &QueueSettings) -> QueueDeclaration {
    let mut arguments = BTreeMap::from([("x-queue-type", json!("quorum"))]);
    match queue {
        QueueName::Belt(belt, Lane::Main | Lane::Later) => {
            dies_into(&mut arguments, QueueName::Belt(belt, Lane::Lone), settings);
            arguments.insert("x-delivery-limit", json!(settings.delivery_limit));
        }
        QueueName::Belt(belt, Lane::Lone) => {
            dies_into(&mut arguments, QueueName::Dead(belt), settings);
            arguments.insert("x-delivery-limit", json!(settings.lone_delivery_limit));
        }
        QueueName::Retry(belt, rung) => {
            dies_into(&mut arguments, QueueName::Belt(belt, Lane::Main), settings);
            arguments.insert("x-message-ttl", json!(rung.wait().as_millis() as u64));
            arguments.insert("x-delivery-limit", json!(NO_LIMIT));
        }
        QueueName::Dead(_) | QueueName::Outcomes => {
            arguments.insert("x-delivery-limit", json!(NO_LIMIT));
        }
    }
    QueueDeclaration { name: physical(queue, settings), arguments }
}

fn dies_into(arguments: &mut BTreeMap<&'static str, Value>, target: QueueName, settings: &QueueSettings) {
    arguments.insert("x-overflow", json!("reject-publish"));
    arguments.insert("x-dead-letter-strategy", json!("at-least-once"));
    arguments.insert("x-dead-letter-exchange", json!(""));
    arguments.insert("x-dead-letter-routing-key", json!(physical(target, settings)));
}
