//! A message as a row.

use crate::{Envelope, QueueName};
use article::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, query::Query};

/// What is to be inserted for a message.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it is taken from: on a rung it is already in its lane, not yet to be seen.
    pub(super) queue: QueueName,
    rung: Option<QueueName>,
    visible_at: i64,
    /// The envelope without its body, JSON.
    facts: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Row {
    pub(super) fn new(envelope: &Envelope) -> Self {
        let now = Timestamp::now();
        let (queue, rung, visible_at) = match envelope.queue {
            QueueName::Retry(belt, rung) => {
                (QueueName::Belt(belt, envelope.lane), Some(envelope.queue), now.plus(rung.wait()))
            }
            queue => (queue, None, now),
        };
        let mut facts = envelope.clone();
        let body = std::mem::take(&mut facts.body);
        facts.queue = queue;
        // Strings and numbers: nothing that JSON can't hold.
        let facts = serde_json::to_vec(&facts).unwrap_or_default();
        Self { queue, rung, visible_at: visible_at.millis(), facts, body }
    }

    /// Whether it can be taken at once.
    pub(super) fn is_ready(&self) -> bool {
        self.rung.is_none()
    }

    /// Binds the columns of [`insert_sql`].
    pub(super) fn bind<'q>(
        &'q self,
        query: Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Query<'q, Sqlite, sqlx::sqlite::SqliteArguments> {
        query
            .bind(self.queue.to_string())
            .bind(self.rung.map(|r| r.to_string()))
            .bind(self.visible_at)
            .bind(self.facts.as_slice())
            .bind(self.body.as_slice())
    }
}

/// An insert of `n` rows in one statement.
pub(super) fn insert_sql(n: usize) -> String {
    let values = vec!["(?, ?, ?, ?, ?)"; n].join(", ");
    format!("INSERT INTO message (queue, rung, visible_at, facts, body) VALUES {values}")
}

/// A row that was claimed.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) id: i64,
    pub(super) deliveries: i64,
    pub(super) facts: Vec<u8>,
    pub(super) envelope: Envelope,
}

/// The columns of a claimed row.
pub(super) const CLAIMED: &str = "id, deliveries, facts, body";

impl Claimed {
    /// Facts that can't be read are a row from elsewhere: its bytes become a message that nobody can
    /// decode, and so a dead letter that a person sees.
    pub(super) fn read(row: &SqliteRow, queue: QueueName) -> Result<Self, sqlx::Error> {
        let (id, deliveries): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (facts, body): (Vec<u8>, Vec<u8>) = (row.try_get(2)?, row.try_get(3)?);
        let envelope = serde_json::from_slice::<Envelope>(&facts);
        let mut envelope = envelope.unwrap_or_else(|_| Envelope::unreadable(queue, &format!("row-{id}")));
        envelope.body = body;
        envelope.queue = queue;
        Ok(Self { id, deliveries, facts, envelope })
    }
}
