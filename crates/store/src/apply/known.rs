//! What the store holds of one article, and writing it.

use crate::dialect::Tx;
use crate::row::{Reader, to_json};
use crate::{Applied, ArticleState, StoreError, articles, keep};
use article::{Arrival, Article, ArticleId, ContentHash, StoryId, Timestamp, Verdict, Withdrawal};

/// The row of an article, before an arrival.
pub(super) struct Known {
    pub(super) state: ArticleState,
    pub(super) story: StoryId,
    /// When its newest sighting came.
    pub(super) observed_at: Timestamp,
    pub(super) content_hash: ContentHash,
    first_seen: Timestamp,
    placed_at: Timestamp,
    placed_hash: ContentHash,
    /// The newest sighting, without its blocks.
    facts: Article,
}

/// What the store holds before an arrival.
pub(super) struct Held {
    /// The article's row.
    pub(super) known: Option<Known>,
    /// Time of the newest withdrawal known, also of an article never seen.
    pub(super) withdrawn_at: Option<Timestamp>,
    /// What this very arrival changed when it came before.
    pub(super) applied: Option<Applied>,
}

impl Held {
    /// In one question: the transaction holds locks while it asks.
    pub(super) async fn read(tx: &mut Tx, arrival: &Arrival) -> Result<Self, StoreError> {
        let row = sqlx::query(
            "SELECT a.state, a.story, a.observed_at, a.content_hash, a.first_seen, a.placed_at, a.placed_hash, a.facts,
                w.observed_at AS withdrawn_at, c.applied
             FROM (SELECT CAST($1 AS TEXT) AS id) x LEFT JOIN articles a ON a.id = x.id
             LEFT JOIN withdrawals w ON w.article = x.id
             LEFT JOIN changes c ON c.article = x.id AND c.observed_at = $2 AND c.revision = $3",
        )
        .bind(arrival.id().to_string())
        .bind(arrival.observed_at().millis())
        .bind(revision(arrival))
        .fetch_one(&mut **tx)
        .await?;
        let known = match row.maybe_text("state")? {
            Some(_) => Some(Known {
                state: row.name("state", ArticleState::from_name)?,
                story: row.id("story")?,
                observed_at: row.time("observed_at")?,
                content_hash: row.id("content_hash")?,
                first_seen: row.time("first_seen")?,
                placed_at: row.time("placed_at")?,
                placed_hash: row.id("placed_hash")?,
                facts: row.json("facts")?,
            }),
            None => None,
        };
        let mut applied: Option<Applied> = row.maybe_json("applied")?;
        if let (Some(applied), Some(known)) = (&mut applied, &known) {
            // Its story may have been merged since.
            applied.story.clone_from(&known.story);
        }
        Ok(Self { known, withdrawn_at: row.maybe_time("withdrawn_at")?, applied })
    }
}

/// Names an arrival's revision: a withdrawal's is its cause.
pub(super) fn revision(arrival: &Arrival) -> String {
    match arrival {
        Arrival::Seen { article } => article.content_hash.to_string(),
        Arrival::Withdrawn { withdrawal } => withdrawal.cause.as_str().to_owned(),
    }
}

impl Known {
    /// Whether `article` is a newer sighting than the newest known. The content hash breaks ties.
    pub(super) fn is_older_than(&self, article: &Article) -> bool {
        (self.observed_at, &self.content_hash) < (article.observed_at, &article.content_hash)
    }

    /// Whether `article` is an older sighting than the one that placed it in its story.
    pub(super) fn was_placed_after(&self, article: &Article) -> bool {
        (self.placed_at, &self.placed_hash) > (article.observed_at, &article.content_hash)
    }

    /// Whether a reader could tell `article` from what is shown.
    pub(super) fn same_for_readers(&self, article: &Article) -> bool {
        let mut new = keep::permitted(article);
        new.blocks.clear();
        // Where and when it was seen is not what it says.
        new.observed_at = self.facts.observed_at;
        new.feed.clone_from(&self.facts.feed);
        new.aliases.clone_from(&self.facts.aliases);
        new == self.facts
    }
}

pub(super) async fn write_withdrawal(tx: &mut Tx, withdrawal: &Withdrawal) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO withdrawals (article, observed_at, cause) VALUES ($1, $2, $3)
         ON CONFLICT (article) DO UPDATE SET observed_at = excluded.observed_at, cause = excluded.cause
         WHERE excluded.observed_at > withdrawals.observed_at
            OR (excluded.observed_at = withdrawals.observed_at AND excluded.cause > withdrawals.cause)",
    )
    .bind(withdrawal.id.to_string())
    .bind(withdrawal.observed_at.millis())
    .bind(withdrawal.cause.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A revision is (article, content hash), known since its oldest sighting.
pub(super) async fn write_revision(tx: &mut Tx, article: &Article) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO revisions (article, content_hash, observed_at, title) VALUES ($1, $2, $3, $4)
         ON CONFLICT (article, content_hash) DO UPDATE SET observed_at = excluded.observed_at, title = excluded.title
         WHERE excluded.observed_at < revisions.observed_at",
    )
    .bind(article.id.to_string())
    .bind(article.content_hash.to_string())
    .bind(article.observed_at.millis())
    .bind(&article.title)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Aliases are only ever added: an old slug stays an address of the article.
pub(super) async fn write_aliases(tx: &mut Tx, article: &Article) -> Result<(), StoreError> {
    let own = article.url.as_str();
    for alias in article.aliases.iter().map(|a| articles::alias_form(a)).filter(|a| !a.is_empty() && a != own) {
        sqlx::query("INSERT INTO aliases (url, article) VALUES ($1, $2) ON CONFLICT (url, article) DO NOTHING")
            .bind(alias)
            .bind(article.id.to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// What a sighting changes in the article's row.
pub(super) struct Sighting<'a> {
    pub(super) article: &'a Article,
    pub(super) verdict: Option<&'a Verdict>,
    /// The state after it.
    pub(super) state: ArticleState,
    /// It is the newest: it becomes the article.
    pub(super) newest: bool,
    /// It is the oldest: it places the article.
    pub(super) first: bool,
    /// The story of a new article, until it is placed.
    pub(super) story: &'a StoryId,
}

impl Sighting<'_> {
    pub(super) async fn write(&self, tx: &mut Tx, known: Option<&Known>) -> Result<(), StoreError> {
        let Sighting { article, state, .. } = self;
        let id = article.id.to_string();
        if self.newest {
            self.write_newest(tx, &id).await?;
        }
        if self.first && known.is_some() {
            sqlx::query("UPDATE articles SET placed_at = $2, placed_hash = $3 WHERE id = $1")
                .bind(&id)
                .bind(article.observed_at.millis())
                .bind(article.content_hash.to_string())
                .execute(&mut **tx)
                .await?;
        }
        if known.is_some_and(|k| article.observed_at < k.first_seen) {
            sqlx::query("UPDATE articles SET first_seen = $2 WHERE id = $1")
                .bind(&id)
                .bind(article.observed_at.millis())
                .execute(&mut **tx)
                .await?;
        }
        if *state != ArticleState::Shown {
            hide(tx, &article.id, *state).await?;
        }
        Ok(())
    }

    /// Writes the row, or all of it that follows the newest sighting. A new article's newest sighting is
    /// its oldest as well.
    async fn write_newest(&self, tx: &mut Tx, id: &str) -> Result<(), StoreError> {
        let Sighting { article, verdict, state, story, .. } = self;
        let mut kept = keep::permitted(article);
        let excerpt = keep::list_excerpt(&kept);
        let blocks = to_json(&kept.blocks)?;
        kept.blocks.clear();
        sqlx::query(
            "INSERT INTO articles (id, url, source, source_name, state, carry, section, language, time, observed_at,
                content_hash, hints, facts, blocks, excerpt, verdict, verdict_kind, doc, story, first_seen, placed_at,
                placed_hash, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $10, $10, $11, $20)
             ON CONFLICT (id) DO UPDATE SET url = excluded.url, source = excluded.source,
                source_name = excluded.source_name, state = excluded.state, carry = excluded.carry,
                section = excluded.section, language = excluded.language, time = excluded.time,
                observed_at = excluded.observed_at, content_hash = excluded.content_hash, hints = excluded.hints,
                facts = excluded.facts, blocks = excluded.blocks, excerpt = excluded.excerpt,
                verdict = excluded.verdict, verdict_kind = excluded.verdict_kind, expires_at = excluded.expires_at",
        )
        .bind(id)
        .bind(kept.url.as_str())
        .bind(kept.source.as_str())
        .bind(&kept.source_name)
        .bind(state.as_str())
        .bind(kept.rights.carry.as_str())
        .bind(kept.section.as_str())
        .bind(kept.language.as_deref().map(primary_subtag))
        .bind(kept.time().millis())
        .bind(kept.observed_at.millis())
        .bind(kept.content_hash.to_string())
        .bind(to_json(&kept.primary)?)
        .bind(to_json(&kept)?)
        .bind(blocks)
        .bind(excerpt)
        .bind(verdict.map(to_json).transpose()?)
        .bind(verdict.map(|v| v.kind.as_str()))
        .bind(document_number(&article.id))
        .bind(story.to_string())
        .bind(kept.rights.until.map(Timestamp::millis))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Takes an article off the site: its text is gone, its place in its story stays.
pub(crate) async fn hide(tx: &mut Tx, id: &ArticleId, state: ArticleState) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT facts FROM articles WHERE id = $1").bind(id.to_string()).fetch_one(&mut **tx).await?;
    let mut facts: Article = row.json("facts")?;
    if state == ArticleState::TakenDown {
        keep::only_address(&mut facts);
    } else {
        keep::only_headline(&mut facts);
    }
    sqlx::query("UPDATE articles SET state = $2, facts = $3, hints = $4, blocks = '[]', excerpt = '' WHERE id = $1")
        .bind(id.to_string())
        .bind(state.as_str())
        .bind(to_json(&facts)?)
        .bind(to_json(&facts.primary)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The article's number in the search index: 63 bits of its id. A collision is refused by a unique index;
/// among a hundred million articles one is to be expected once in a thousand stores.
fn document_number(id: &ArticleId) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&id.bytes()[..8]);
    i64::from_be_bytes(bytes) & i64::MAX
}

/// `de` of `de-AT`: what readers choose by.
fn primary_subtag(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or_default().to_lowercase()
}
