//! The one task that writes.

use super::claim::{Held, Subscription, taken};
use super::database::{self, Load};
use super::rows::{CLAIMED, Claimed, Row, insert_sql};
use crate::backend::Taken;
use crate::backoff::Backoff;
use crate::error::PublishError;
use crate::{Lane, QueueName, QueueSettings};
use article::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::collections::HashMap;
use std::time::Duration;
use telemetry::Health;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Operations in one transaction: at 64 the price of `synchronous = FULL` has vanished.
const BATCH: usize = 64;
/// Rows in one insert statement; the rest goes in smaller powers of two, so that few statements are prepared.
const ROWS_A_STATEMENT: usize = 32;
/// How often other processes' messages and rungs that ran out are looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How often the counts that bound the belts are corrected by what other processes did.
const COUNT: Duration = Duration::from_secs(2);

/// What the writer is asked for.
pub(super) enum Op {
    Publish {
        rows: Vec<Row>,
        done: oneshot::Sender<Result<(), PublishError>>,
    },
    /// Publishes and acks in one transaction.
    Settle {
        row: Held,
        rows: Vec<Row>,
        done: oneshot::Sender<Result<(), PublishError>>,
    },
    /// A row that was dropped unsettled: it is to be taken again.
    Release {
        row: Held,
    },
    Get {
        queue: QueueName,
        reply: oneshot::Sender<Option<Taken>>,
    },
    Subscribe(Subscription),
    Unsubscribe(u64),
    Close,
}

pub(super) struct Writer {
    connection: SqliteConnection,
    waiting: mpsc::Receiver<Op>,
    /// For the hands it gives out; weak, so that the queue's end ends the writer.
    ops: mpsc::WeakSender<Op>,
    subscriptions: Vec<Subscription>,
    /// What lies in each queue: read now and then, and carried on with what this process does.
    loads: HashMap<QueueName, Load>,
    counted: Instant,
    max_messages: i64,
    max_bytes: i64,
    health: Health,
}

/// What a transaction is to do.
#[derive(Default)]
struct Work {
    inserts: Vec<Row>,
    deletes: Vec<i64>,
    releases: Vec<i64>,
    /// What all that changes in the loads; claims come on top.
    changes: HashMap<QueueName, Load>,
    confirms: Vec<oneshot::Sender<Result<(), PublishError>>>,
    gets: Vec<(QueueName, oneshot::Sender<Option<Taken>>)>,
}

/// What a transaction claimed, to be given out once it is committed.
#[derive(Default)]
struct Given {
    subscribed: Vec<(usize, Claimed)>,
    got: Vec<Option<Claimed>>,
    /// Subscriptions whose queue had no more to give.
    sated: Vec<usize>,
}

impl Work {
    fn change(&mut self, queue: QueueName, messages: i64, in_flight: i64, bytes: i64) {
        self.changes.entry(queue).or_default().add(Load { messages, in_flight, bytes });
    }
}

impl Writer {
    pub(super) fn new(
        connection: SqliteConnection,
        waiting: mpsc::Receiver<Op>,
        ops: mpsc::WeakSender<Op>,
        settings: &QueueSettings,
        health: Health,
    ) -> Self {
        Self {
            connection,
            waiting,
            ops,
            subscriptions: Vec::new(),
            loads: HashMap::new(),
            counted: Instant::now(),
            max_messages: i64::try_from(settings.belt_max_messages).unwrap_or(i64::MAX),
            max_bytes: i64::try_from(settings.belt_max_bytes).unwrap_or(i64::MAX),
            health,
        }
    }

    pub(super) async fn run(mut self) {
        self.count().await;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let closed = tokio::select! {
                biased;
                n = self.waiting.recv_many(&mut batch, BATCH) => n == 0,
                _ = looks.tick() => {
                    self.subscriptions.iter_mut().for_each(|s| s.hungry = true);
                    if self.counted.elapsed() >= COUNT {
                        self.count().await;
                    }
                    false
                }
            };
            let (work, close) = self.admit(&mut batch);
            self.write(work).await;
            if closed || close {
                let _ = self.connection.close().await;
                return;
            }
        }
    }

    /// Sorts operations into one transaction's work; refuses what would overfill a belt. `true` if it is to be the last.
    fn admit(&mut self, batch: &mut Vec<Op>) -> (Work, bool) {
        let mut work = Work::default();
        let mut close = false;
        for op in batch.drain(..) {
            match op {
                Op::Publish { rows, done } => self.admit_rows(&mut work, rows, None, done),
                Op::Settle { row, rows, done } => self.admit_rows(&mut work, rows, Some(row), done),
                Op::Release { row } => {
                    row.let_go();
                    work.change(row.queue, 0, -1, 0);
                    work.releases.push(row.id);
                }
                Op::Get { queue, reply } => work.gets.push((queue, reply)),
                Op::Subscribe(subscription) => self.subscriptions.push(subscription),
                Op::Unsubscribe(id) => self.subscriptions.retain(|s| s.id != id),
                Op::Close => close = true,
            }
        }
        (work, close)
    }

    fn admit_rows(
        &mut self,
        work: &mut Work,
        rows: Vec<Row>,
        ack: Option<Held>,
        done: oneshot::Sender<Result<(), PublishError>>,
    ) {
        if let Some(full) = rows.iter().find(|r| r.is_ready() && self.is_full(r.queue)) {
            let _ = done.send(Err(PublishError::Full(full.queue)));
            return;
        }
        for row in &rows {
            work.change(row.queue, 1, 0, row.body.len() as i64);
            // Counted at once, for the next one's admission.
            self.loads.entry(row.queue).or_default().add(Load {
                messages: 1,
                in_flight: 0,
                bytes: row.body.len() as i64,
            });
            if row.is_ready() {
                let fed = self.subscriptions.iter_mut().filter(|s| s.queue == row.queue);
                fed.for_each(|s| s.hungry = true);
            }
        }
        if let Some(held) = ack {
            work.change(held.queue, -1, -1, -held.bytes);
            self.loads.entry(held.queue).or_default().add(Load { messages: -1, in_flight: 0, bytes: -held.bytes });
            work.deletes.push(held.id);
            // The hand is free for what this transaction claims.
            held.let_go();
        }
        work.inserts.extend(rows);
        work.confirms.push(done);
    }

    /// Only what brings new work is bounded: rungs, lone lanes and dead letters always have room.
    fn is_full(&self, queue: QueueName) -> bool {
        let load = self.loads.get(&queue).copied().unwrap_or_default();
        matches!(queue, QueueName::Belt(_, Lane::Main | Lane::Later))
            && (load.messages >= self.max_messages || load.bytes >= self.max_bytes)
    }

    /// Writes until it is written: a full disk or another's lock is waited out, with nothing confirmed
    /// and nothing acked meanwhile.
    async fn write(&mut self, work: Work) {
        self.subscriptions.retain(|s| !s.out.is_closed());
        let idle = work.inserts.is_empty() && work.deletes.is_empty() && work.releases.is_empty();
        if idle && work.gets.is_empty() && !self.subscriptions.iter().any(|s| s.hungry) {
            work.confirms.into_iter().for_each(|done| drop(done.send(Ok(()))));
            return;
        }
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let mut failed = false;
        loop {
            let written = self.transaction(&work).await;
            if written.is_err() {
                // A full disk has rolled back already, and then there is nothing to roll back.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await;
            }
            match written {
                Ok(given) => {
                    if failed {
                        self.health.up("queue");
                    }
                    return self.settle(work, given);
                }
                Err(why) if is_transient(&why) => {
                    failed = true;
                    self.health.down("queue", told(&why));
                    tokio::time::sleep(backoff.next()).await;
                }
                Err(why) => {
                    tracing::error!(why = %why, "the queue's file refuses to be written");
                    self.health.down("queue", why.to_string());
                    let why = PublishError::Away(why.to_string());
                    work.confirms.into_iter().for_each(|done| drop(done.send(Err(why.clone()))));
                    return;
                }
            }
        }
    }

    /// One attempt. What it claims is not given out before it is committed. The statements are written out
    /// because sqlx's own count of open transactions does not survive SQLite rolling back by itself.
    async fn transaction(&mut self, work: &Work) -> Result<Given, sqlx::Error> {
        let tx = &mut self.connection;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *tx).await?;
        insert(tx, &work.inserts).await?;
        if !work.deletes.is_empty() {
            sqlx::query("DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))")
                .bind(serde_json::json!(work.deletes).to_string())
                .execute(&mut *tx)
                .await?;
        }
        for id in &work.releases {
            sqlx::query("UPDATE message SET claimed = 0 WHERE id = ?").bind(id).execute(&mut *tx).await?;
        }
        let mut changes = work.changes.clone();
        let mut given = Given::default();
        for (queue, _) in &work.gets {
            let got = claim(tx, *queue, 1).await?.pop();
            changes.entry(*queue).or_default().in_flight += i64::from(got.is_some());
            given.got.push(got);
        }
        for (index, subscription) in self.subscriptions.iter().enumerate().filter(|(_, s)| s.hungry) {
            let free = subscription.hands.available_permits().min(BATCH);
            if free == 0 {
                continue;
            }
            let rows = claim(tx, subscription.queue, free).await?;
            if rows.len() < free {
                given.sated.push(index);
            }
            if !rows.is_empty() {
                changes.entry(subscription.queue).or_default().in_flight += rows.len() as i64;
            }
            given.subscribed.extend(rows.into_iter().map(|claimed| (index, claimed)));
        }
        changes.retain(|_, by| *by != Load::default());
        database::change(tx, &changes).await?;
        sqlx::query("COMMIT").execute(tx).await?;
        Ok(given)
    }

    /// After the commit: confirms, and what was claimed into its hands.
    fn settle(&mut self, work: Work, given: Given) {
        for done in work.confirms {
            let _ = done.send(Ok(()));
        }
        for index in given.sated {
            self.subscriptions[index].hungry = false;
        }
        // None only while the queue is being dropped: claimed rows then come again at the next start.
        let Some(ops) = self.ops.upgrade() else { return };
        for ((queue, reply), claimed) in work.gets.into_iter().zip(given.got) {
            let _ = reply.send(claimed.map(|c| taken(c, queue, None, ops.clone())));
        }
        // Two workers on one queue take turns: who is behind the last that was given something is asked first next time.
        let next = given.subscribed.last().map_or(0, |(index, _)| index + 1);
        for (index, claimed) in given.subscribed {
            let to = &self.subscriptions[index];
            // Only this task takes hands, so as many as it claimed for are still free; the channel is as
            // wide. A receiver that is gone gives its rows back as they are dropped.
            to.hands.forget_permits(1);
            let _ = to.out.try_send(taken(claimed, to.queue, Some(to.hands.clone()), ops.clone()));
        }
        self.subscriptions.rotate_left(next);
    }

    /// Reads what lies in the belts, others' messages included.
    async fn count(&mut self) {
        self.counted = Instant::now();
        if let Ok(loads) = database::loads(&mut self.connection).await {
            self.loads = loads;
        }
    }
}

async fn insert(connection: &mut SqliteConnection, rows: &[Row]) -> Result<(), sqlx::Error> {
    let mut rest = rows;
    while !rest.is_empty() {
        let n = ROWS_A_STATEMENT.min(1 << rest.len().ilog2());
        let (now, later) = rest.split_at(n);
        let sql = insert_sql(n);
        let query = now.iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, row| row.bind(query));
        query.execute(&mut *connection).await?;
        rest = later;
    }
    Ok(())
}

/// Claims up to `n` rows, oldest first; their delivery counts are committed before anybody sees them. Only on a
/// rung does a row wait for its time: a clock that was set back must not make the news wait until it has caught up.
async fn claim(connection: &mut SqliteConnection, queue: QueueName, n: usize) -> Result<Vec<Claimed>, sqlx::Error> {
    let sql = format!(
        "UPDATE message SET claimed = 1, deliveries = deliveries + 1, rung = NULL
         WHERE id IN (
             SELECT id FROM (
                 SELECT * FROM (SELECT id, visible_at FROM message
                                WHERE queue = ?1 AND claimed = 0 AND rung IS NULL
                                ORDER BY visible_at, id LIMIT ?3)
                 UNION ALL
                 SELECT * FROM (SELECT id, visible_at FROM message
                                WHERE queue = ?1 AND claimed = 0 AND rung IS NOT NULL AND visible_at <= ?2
                                ORDER BY visible_at, id LIMIT ?3))
             ORDER BY visible_at, id LIMIT ?3)
         RETURNING {CLAIMED}"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(queue.to_string())
        .bind(Timestamp::now().millis())
        .bind(i64::try_from(n).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    let mut claimed = rows.iter().map(|row| Claimed::read(row, queue)).collect::<Result<Vec<_>, _>>()?;
    // RETURNING promises no order.
    claimed.sort_by_key(|c| c.id);
    Ok(claimed)
}

/// SQLite's result codes (primary) that waiting can mend: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL,
/// CANTOPEN, PROTOCOL.
fn is_transient(error: &sqlx::Error) -> bool {
    primary_code(error).is_some_and(|code| matches!(code, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15))
}

fn primary_code(error: &sqlx::Error) -> Option<i64> {
    let code: i64 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn told(error: &sqlx::Error) -> String {
    match primary_code(error) {
        Some(13) => "the disk is full: nothing is acked until there is room".to_owned(),
        Some(5 | 6) => "another process holds the queue's file locked".to_owned(),
        _ => error.to_string(),
    }
}
