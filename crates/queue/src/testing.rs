//! What this crate's tests share.

use crate::{Belt, Message, MessageId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A message of the articles belt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) number: u32,
}

pub(crate) fn ticket(number: u32) -> Ticket {
    Ticket { number }
}

impl Message for Ticket {
    const BELT: Belt = Belt::Articles;
    const KIND: &'static str = "ticket";
    const SCHEMA: u16 = 2;

    fn message_id(&self) -> MessageId {
        MessageId(format!("ticket-{}", self.number))
    }
}

/// Waits for a condition, for at most ten seconds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
