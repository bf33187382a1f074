//! Sources and their feeds.

use crate::row::{Reader, read_all};
use crate::{Store, StoreError};
use article::{Carry, Feed, FeedId, Origin, Section, Source, SourceId, Timestamp};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

impl Store {
    /// Adds a source or makes the stored one equal to `source`, feeds included; feeds new to the store are
    /// due at once, known feeds keep their state. Returns whether the source is new.
    pub async fn put_source(&self, source: &Source) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let old = sqlx::query("SELECT id FROM sources WHERE id = $1")
            .bind(source.id.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO sources (id, name, home, language, country, section, carry, licensed, paused, origin)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, home = excluded.home,
                language = excluded.language, country = excluded.country, section = excluded.section,
                carry = excluded.carry, licensed = excluded.licensed, paused = excluded.paused,
                origin = excluded.origin",
        )
        .bind(source.id.as_str())
        .bind(&source.name)
        .bind(source.home.clone())
        .bind(source.language.clone())
        .bind(source.country.clone())
        .bind(source.section.map(Section::as_str))
        .bind(source.carry.as_str())
        .bind(i64::from(source.licensed))
        .bind(i64::from(source.paused))
        .bind(source.origin.as_str())
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM source_feeds WHERE source = $1").bind(source.id.as_str()).execute(&mut *tx).await?;
        let now = Timestamp::now().millis();
        for (place, feed) in (0i64..).zip(&source.feeds) {
            let id = feed.id.to_string();
            sqlx::query("INSERT INTO feeds (id, url, next_due) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING")
                .bind(&id)
                .bind(&feed.url)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "INSERT INTO source_feeds (source, feed, place, section) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (source, feed) DO NOTHING",
            )
            .bind(source.id.as_str())
            .bind(&id)
            .bind(place)
            .bind(feed.section.map(Section::as_str))
            .execute(&mut *tx)
            .await?;
        }
        drop_unlisted_feeds(&mut tx).await?;
        tx.commit().await?;
        Ok(old.is_none())
    }

    /// All sources with their feeds, by name.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sources ORDER BY name, id").fetch_all(&self.db.read).await?;
        let feeds = sqlx::query(
            "SELECT l.source, l.section, f.id, f.url FROM source_feeds l JOIN feeds f ON f.id = l.feed
             ORDER BY l.source, l.place",
        )
        .fetch_all(&self.db.read)
        .await?;
        let mut by_source: BTreeMap<String, Vec<Feed>> = BTreeMap::new();
        for row in &feeds {
            by_source.entry(row.text("source")?).or_default().push(read_feed(row)?);
        }
        rows.iter()
            .map(|row| {
                let feeds = by_source.remove(&row.text("id")?).unwrap_or_default();
                read_source(row, feeds)
            })
            .collect()
    }

    /// One source.
    pub async fn source(&self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        let Some(row) =
            sqlx::query("SELECT * FROM sources WHERE id = $1").bind(id.as_str()).fetch_optional(&self.db.read).await?
        else {
            return Ok(None);
        };
        let feeds = sqlx::query(
            "SELECT l.section, f.id, f.url FROM source_feeds l JOIN feeds f ON f.id = l.feed
             WHERE l.source = $1 ORDER BY l.place",
        )
        .bind(id.as_str())
        .fetch_all(&self.db.read)
        .await?;
        Ok(Some(read_source(&row, read_all(&feeds, read_feed)?)?))
    }

    /// Removes a source; feeds that no other source lists go with it. Its articles stay. Returns whether it was there.
    pub async fn remove_source(&self, id: &SourceId) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let gone = sqlx::query("DELETE FROM sources WHERE id = $1").bind(id.as_str()).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM source_feeds WHERE source = $1").bind(id.as_str()).execute(&mut *tx).await?;
        drop_unlisted_feeds(&mut tx).await?;
        tx.commit().await?;
        Ok(gone.rows_affected() > 0)
    }

    /// Stops or starts a source. Returns whether it was there.
    pub async fn pause_source(&self, id: &SourceId, paused: bool) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE sources SET paused = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(i64::from(paused))
            .execute(&self.db.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

async fn drop_unlisted_feeds(tx: &mut crate::dialect::Tx) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM feeds WHERE NOT EXISTS (SELECT 1 FROM source_feeds l WHERE l.feed = feeds.id)")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn read_source(row: &AnyRow, feeds: Vec<Feed>) -> Result<Source, StoreError> {
    Ok(Source {
        id: row.source("id")?,
        name: row.text("name")?,
        home: row.maybe_text("home")?,
        language: row.maybe_text("language")?,
        country: row.maybe_text("country")?,
        section: row.maybe_name("section", Section::from_name)?,
        carry: row.name("carry", Carry::from_name)?,
        licensed: row.flag("licensed")?,
        paused: row.flag("paused")?,
        origin: row.name("origin", Origin::from_name)?,
        feeds,
    })
}

fn read_feed(row: &AnyRow) -> Result<Feed, StoreError> {
    Ok(Feed {
        id: row.id::<FeedId>("id")?,
        url: row.text("url")?,
        section: row.maybe_name("section", Section::from_name)?,
    })
}
