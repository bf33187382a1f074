//! Every queue and its arguments: what workers declare and manifests repeat.
//!
//! Correctness rests on arguments: a policy's word on strategy and route does not count beside them, and of two limits
//! the lower does. RabbitMQ: `quorum`, overflow `reject-publish` and strategy `at-least-once` only work together; with
//! one of them missing the broker falls back to losing silently. Overflow is the one on which a policy has the last
//! word; that is looked for at start.
//!
//! Dead letters and outcomes have no bound of ours that could refuse a death. Where a policy gives them one all the
//! same, it refuses: deaths then wait where they are, and the oldest letters are not dropped for them.

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

/// The name of a queue that lives for a moment, to see what this broker does.
pub(crate) fn physical_probe(settings: &QueueSettings) -> String {
    format!("{}probe.{:016x}", settings.prefix, rand::random::<u64>())
}

/// The arguments without which the broker loses a letter that it can't deliver.
pub(crate) fn at_least_once(target: &str) -> [(&'static str, String); 5] {
    [
        ("x-queue-type", "quorum".to_owned()),
        ("x-overflow", "reject-publish".to_owned()),
        ("x-dead-letter-strategy", "at-least-once".to_owned()),
        ("x-dead-letter-exchange", String::new()),
        ("x-dead-letter-routing-key", target.to_owned()),
    ]
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
            arguments.insert("x-overflow", json!("reject-publish"));
            arguments.insert("x-delivery-limit", json!(NO_LIMIT));
        }
    }
    QueueDeclaration { name: physical(queue, settings), arguments }
}

fn dies_into(arguments: &mut BTreeMap<&'static str, Value>, target: QueueName, settings: &QueueSettings) {
    let needed = at_least_once(&physical(target, settings));
    arguments.extend(needed.into_iter().map(|(key, value)| (key, Value::from(value))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Belt, Rung};
    use std::time::Duration;

    fn named(settings: &QueueSettings, name: &str) -> Value {
        let found = topology(settings).into_iter().find(|q| q.name == name);
        serde_json::to_value(found.unwrap().arguments).unwrap()
    }

    #[test]
    fn a_belt_dies_into_its_lone_lane_and_that_into_the_dead_letters() {
        let settings = QueueSettings::default();
        insta::assert_snapshot!(named(&settings, "pages"), @r#"{"x-dead-letter-exchange":"","x-dead-letter-routing-key":"pages.lone","x-dead-letter-strategy":"at-least-once","x-delivery-limit":5,"x-overflow":"reject-publish","x-queue-type":"quorum"}"#);
        insta::assert_snapshot!(named(&settings, "pages.lone"), @r#"{"x-dead-letter-exchange":"","x-dead-letter-routing-key":"pages.dead","x-dead-letter-strategy":"at-least-once","x-delivery-limit":2,"x-overflow":"reject-publish","x-queue-type":"quorum"}"#);
        insta::assert_snapshot!(named(&settings, "pages.retry.30s"), @r#"{"x-dead-letter-exchange":"","x-dead-letter-routing-key":"pages","x-dead-letter-strategy":"at-least-once","x-delivery-limit":2147483647,"x-message-ttl":30000,"x-overflow":"reject-publish","x-queue-type":"quorum"}"#);
        insta::assert_snapshot!(named(&settings, "pages.dead"), @r#"{"x-delivery-limit":2147483647,"x-overflow":"reject-publish","x-queue-type":"quorum"}"#);
    }

    /// At-least-once falls back to losing, silently, where one of these is missing.
    #[test]
    fn wherever_the_broker_dead_letters_it_does_so_at_least_once() {
        for queue in topology(&QueueSettings::default()) {
            let has = |key: &str, value: &str| queue.arguments.get(key).is_some_and(|v| v == value);
            assert!(has("x-queue-type", "quorum"), "{}", queue.name);
            assert!(queue.arguments.contains_key("x-delivery-limit"), "{}: 4.x would set 20", queue.name);
            assert!(has("x-overflow", "reject-publish"), "{}: a policy's length would drop the oldest", queue.name);
            if queue.arguments.contains_key("x-dead-letter-exchange") {
                assert!(has("x-dead-letter-strategy", "at-least-once"), "{}", queue.name);
            }
            for bound in ["x-max-length", "x-max-length-bytes", "x-expires"] {
                assert!(!queue.arguments.contains_key(bound), "{}: nothing refuses or loses a death", queue.name);
            }
        }
    }

    #[test]
    fn a_prefix_reaches_every_name_and_every_route() {
        let settings = QueueSettings { prefix: "trial.".to_owned(), ..QueueSettings::default() };
        for queue in topology(&settings) {
            assert!(queue.name.starts_with("trial."), "{}", queue.name);
            let target = queue.arguments.get("x-dead-letter-routing-key").and_then(Value::as_str);
            assert!(target.is_none_or(|t| t.starts_with("trial.")), "{}", queue.name);
        }
    }

    #[test]
    fn another_ladder_is_other_queues() {
        let ladder = vec![Rung::of(Duration::from_millis(200))];
        let names: Vec<String> =
            topology(&QueueSettings { ladder, ..QueueSettings::default() }).into_iter().map(|q| q.name).collect();
        assert!(names.contains(&"feeds.retry.200ms".to_owned()) && !names.contains(&"feeds.retry.5s".to_owned()));
        assert_eq!(names.len(), 1 + Belt::ALL.len() * 5);
    }
}
