//! Subscriptions at feeds' hubs (WebSub): what was asked of which hub, and for how long it holds.

use crate::row::{Reader, read_all};
use crate::{Store, StoreError};
use article::{FeedId, Timestamp};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use std::fmt;
use std::time::Duration;

/// A feed's subscription at its hub.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Which feed.
    pub feed: FeedId,
    /// The hub's address.
    pub hub: String,
    /// The feed's address as the hub knows it.
    pub topic: String,
    /// What its callback's address ends in: nobody but the hub knows it.
    pub token: String,
    /// With which the hub signs what it sends.
    pub secret: String,
    /// Until when the hub has promised to tell; the epoch if it never has.
    pub lease_until: Timestamp,
    /// Requests in a row that came to nothing.
    pub failures: u32,
}

/// Without its secrets: it is printed where something is wrong.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feed, hub, topic, lease_until, failures, .. } = self;
        write!(f, "Subscription({feed} at {hub} to {topic} until {lease_until}, {failures} failures)")
    }
}

const COLUMNS: &str = "feed, hub, topic, token, secret, lease_until, failures";

impl Store {
    /// The feed names this hub: it is asked as soon as possible, unless it was already. Where hub or topic are
    /// others than before, the old subscription is forgotten with its token.
    pub async fn want_subscription(&self, wanted: &Subscription, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO subscriptions (feed, hub, topic, token, secret, due) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (feed) DO UPDATE SET hub = excluded.hub, topic = excluded.topic, token = excluded.token,
                secret = excluded.secret, due = excluded.due, lease_until = 0, failures = 0
             WHERE subscriptions.hub <> excluded.hub OR subscriptions.topic <> excluded.topic",
        )
        .bind(wanted.feed.to_string())
        .bind(article::clean(&wanted.hub))
        .bind(article::clean(&wanted.topic))
        .bind(&wanted.token)
        .bind(&wanted.secret)
        .bind(now.millis())
        .execute(&self.db.write)
        .await?;
        Ok(())
    }

    /// The feed names no hub any more: what its old one still sends is not known here.
    pub async fn forget_subscription(&self, feed: &FeedId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM subscriptions WHERE feed = $1").bind(feed.to_string()).execute(&self.db.write).await?;
        Ok(())
    }

    /// A feed's subscription.
    pub async fn subscription(&self, feed: &FeedId) -> Result<Option<Subscription>, StoreError> {
        self.subscription_where("feed", &feed.to_string()).await
    }

    /// The subscription with this token.
    pub async fn subscription_by_token(&self, token: &str) -> Result<Option<Subscription>, StoreError> {
        self.subscription_where("token", token).await
    }

    async fn subscription_where(&self, column: &str, value: &str) -> Result<Option<Subscription>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM subscriptions WHERE {column} = $1");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(value).fetch_optional(&self.db.read).await?;
        row.as_ref().map(read_subscription).transpose()
    }

    /// Subscriptions whose hub is to be asked, again or for the first time: at most `limit`. Two callers never get
    /// the same one; one of which nothing more is heard is due again after `answer_within`. Those of feeds that
    /// were removed or retired are forgotten.
    pub async fn claim_subscriptions(
        &self,
        now: Timestamp,
        limit: u32,
        answer_within: Duration,
    ) -> Result<Vec<Subscription>, StoreError> {
        let mut tx = self.db.begin().await?;
        sqlx::query(
            "DELETE FROM subscriptions
             WHERE due <= $1 AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.id = subscriptions.feed AND f.retired = 0)",
        )
        .bind(now.millis())
        .execute(&mut *tx)
        .await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM subscriptions WHERE due <= $1 AND EXISTS
                (SELECT 1 FROM source_feeds l JOIN sources s ON s.id = l.source
                 WHERE l.feed = subscriptions.feed AND s.paused = 0)
             ORDER BY due, feed LIMIT $2{}",
            self.db.skip_locked()
        );
        let rows =
            sqlx::query(AssertSqlSafe(sql)).bind(now.millis()).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
        let claimed = read_all(&rows, read_subscription)?;
        for subscription in &claimed {
            sqlx::query("UPDATE subscriptions SET due = $2 WHERE feed = $1")
                .bind(subscription.feed.to_string())
                .bind(now.plus(answer_within).millis())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// The hub has promised to tell until `lease_until`, and is to be asked again at `due`.
    pub async fn subscription_holds(
        &self,
        token: &str,
        lease_until: Timestamp,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE subscriptions SET lease_until = $2, due = $3, failures = 0 WHERE token = $1")
            .bind(token)
            .bind(lease_until.millis())
            .bind(due.millis())
            .execute(&self.db.write)
            .await?;
        Ok(())
    }

    /// The hub can't be asked, or has said no; it is asked again at `due`.
    pub async fn subscription_failed(&self, token: &str, due: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE subscriptions SET due = $2, failures = failures + 1 WHERE token = $1")
            .bind(token)
            .bind(due.millis())
            .execute(&self.db.write)
            .await?;
        Ok(())
    }

    /// The hub says that there is something new: the feed is due now, but not sooner than `apart` after its last
    /// poll. A poll that is under way and was answered before this is followed by another.
    pub async fn hear_feed(&self, feed: &FeedId, now: Timestamp, apart: Duration) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let sql = format!("SELECT last_polled FROM feeds WHERE id = $1{}", self.db.for_update());
        let row = sqlx::query(AssertSqlSafe(sql)).bind(feed.to_string()).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(()) };
        let soonest = row.maybe_time("last_polled")?.map_or(now, |last| now.max(last.plus(apart)));
        for sql in [
            "UPDATE feeds SET next_due = $2 WHERE id = $1 AND next_due > $2",
            "UPDATE subscriptions SET heard_at = $2 WHERE feed = $1",
        ] {
            sqlx::query(sql).bind(feed.to_string()).bind(soonest.millis()).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn read_subscription(row: &AnyRow) -> Result<Subscription, StoreError> {
    Ok(Subscription {
        feed: row.id("feed")?,
        hub: row.text("hub")?,
        topic: row.text("topic")?,
        token: row.text("token")?,
        secret: row.text("secret")?,
        lease_until: row.time("lease_until")?,
        failures: row.small("failures")?,
    })
}
