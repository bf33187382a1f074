//! The publisher's one transaction: what an arrival does to the store.
//!
//! Every step is a function of what is known of the article and its story after it, never of the order in
//! which it became known: the newest sighting is the article, the oldest places it, the newest withdrawal
//! counts against the newest sighting, stories are the connected groups of what shares a key
//! ([`placement`]), and each is led by an election over all its members ([`mod@settle`]).

mod components;
mod known;
mod placement;
mod settle;

use crate::dialect::Tx;
use crate::row::to_json;
use crate::stories::{Applied, Change, PublishPolicy};
use crate::takedowns::{self, Gate};
use crate::{ArticleState, Store, StoreError};
use article::{Arrival, Article, StoryId, Timestamp, Verdict, Withdrawal};
use known::{Held, Known, Sighting};
use placement::{Keys, Placed};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use telemetry::events::store::{ApplyConflicted, ArrivalApplied};

pub(crate) use known::hide;
pub(crate) use placement::Group;
pub(crate) use settle::settle;

/// Tries before a conflict becomes the caller's. Conflicts need another publisher on the same story within
/// the same few milliseconds; four in a row mean that something else is wrong.
const TRIES: u32 = 5;

impl Store {
    /// The publisher's one transaction, with locks in id order: gates (tombstones, age, the exact hash within
    /// the window, the article's existing story), then article, revision, story, primary and face.
    ///
    /// Idempotent, and indifferent to order: any order of the same arrivals ends in the same articles, the
    /// same partition into stories, the same primaries and faces. Only a story's address may differ: it is
    /// the older one's, and the other redirects. A conflict with another publisher is tried again here,
    /// a bounded few times.
    ///
    /// The same arrival again gets the change that it made the first time, so that what it caused can be
    /// published again by a worker that died before doing so.
    pub async fn apply(
        &self,
        arrival: &Arrival,
        verdict: Option<&Verdict>,
        policy: &PublishPolicy,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let started = Instant::now();
        let article = arrival.id().to_string();
        let mut attempt = 1;
        loop {
            match self.apply_once(arrival, verdict, policy, now).await {
                Err(StoreError::Conflict(error)) => {
                    let again = attempt < TRIES;
                    ApplyConflicted { article: &article, attempt, again, error: &error }.emit();
                    if !again {
                        return Err(StoreError::Conflict(error));
                    }
                    // Doubling, and each article with its own first step, so that two do not meet again.
                    let step = 4 + u64::from(arrival.id().bytes()[0] % 8);
                    tokio::time::sleep(Duration::from_millis(step << attempt)).await;
                    attempt += 1;
                }
                Ok(applied) => {
                    ArrivalApplied {
                        change: applied.change.as_str(),
                        article: &article,
                        story: &applied.story.to_string(),
                        merged: applied.merged.len(),
                        seconds: started.elapsed().as_secs_f64(),
                    }
                    .emit();
                    return Ok(applied);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What [`Store::apply`] would change now. Nothing is changed: the transaction is given up at its end.
    pub async fn foresee(
        &self,
        arrival: &Arrival,
        verdict: Option<&Verdict>,
        policy: &PublishPolicy,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let mut tx = self.db.begin().await?;
        let applied = self.apply_within(&mut tx, arrival, verdict, policy, now).await;
        tx.rollback().await?;
        applied
    }

    async fn apply_once(
        &self,
        arrival: &Arrival,
        verdict: Option<&Verdict>,
        policy: &PublishPolicy,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let mut tx = self.db.begin().await?;
        let applied = self.apply_within(&mut tx, arrival, verdict, policy, now).await?;
        tx.commit().await?;
        Ok(applied)
    }

    async fn apply_within(
        &self,
        tx: &mut Tx,
        arrival: &Arrival,
        verdict: Option<&Verdict>,
        policy: &PublishPolicy,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let keys = match arrival {
            Arrival::Seen { article } => Some(Keys::of(article, verdict)),
            Arrival::Withdrawn { .. } => None,
        };
        let mut names: BTreeSet<String> = keys.iter().flat_map(Keys::names).collect();
        names.insert(arrival.id().to_string());

        self.db.lock_names(tx, &names).await?;
        match takedowns::stands_against(&self.db, tx, arrival, now).await? {
            Gate::Open => {}
            Gate::Closed => return refused(tx, arrival).await,
            Gate::Erased(story) => {
                let applied = Applied { erased_at: Some(now), ..Applied::nothing(story, Change::TakenDown) };
                record(tx, arrival, &applied, now).await?;
                return Ok(applied);
            }
        }
        let held = Held::read(tx, arrival).await?;
        if let Some(applied) = held.applied {
            return Ok(applied);
        }
        let step = Step { store: self, now, window: policy.exact_window };
        let applied = match (arrival, keys) {
            (Arrival::Seen { article }, Some(keys)) => {
                step.seen(tx, article, verdict, keys, held.known, held.withdrawn_at).await?
            }
            (Arrival::Seen { .. }, None) => return Err(StoreError::Broken("a sighting without keys".to_owned())),
            (Arrival::Withdrawn { withdrawal }, _) => step.withdrawn(tx, withdrawal, held.known).await?,
        };
        record(tx, arrival, &applied, now).await?;
        Ok(applied)
    }
}

/// What one application needs beside the arrival.
struct Step<'a> {
    store: &'a Store,
    now: Timestamp,
    window: Duration,
}

impl Step<'_> {
    async fn seen(
        &self,
        tx: &mut Tx,
        article: &Article,
        verdict: Option<&Verdict>,
        keys: Keys,
        known: Option<Known>,
        withdrawn_at: Option<Timestamp>,
    ) -> Result<Applied, StoreError> {
        let db = &self.store.db;
        let newest = known.as_ref().is_none_or(|k| k.is_older_than(article));
        let first = known.as_ref().is_none_or(|k| k.was_placed_after(article));

        let seen_at =
            if newest { article.observed_at } else { known.as_ref().map_or(article.observed_at, |k| k.observed_at) };
        let state = match withdrawn_at {
            Some(at) if at >= seen_at => ArticleState::Withdrawn,
            _ => ArticleState::Shown,
        };
        let change = change_of(article, known.as_ref(), newest, state);

        known::write_revision(tx, article).await?;
        known::write_aliases(tx, article).await?;
        // The oldest sighting places the article; a younger one's verdict changes nothing: the article's
        // existing story wins. An older one that came late places it anew.
        let stories =
            placement::involved(db, tx, &article.id, first.then_some(&keys), article.observed_at, self.window).await?;
        if first {
            placement::write_keys(tx, &article.id, &keys, article.observed_at, known.is_some()).await?;
        }
        let sighting = Sighting { article, verdict, state, newest, first, story: &keys.story };
        sighting.write(tx, known.as_ref()).await?;
        let replaced = first && known.is_some();
        let placed = placement::place(tx, &article.id, &keys.story, &stories, replaced, self.window).await?;
        let visible = !matches!(change, Change::Unchanged | Change::Older);
        self.finish(tx, article.id.clone(), change, placed, visible).await
    }

    async fn withdrawn(
        &self,
        tx: &mut Tx,
        withdrawal: &Withdrawal,
        known: Option<Known>,
    ) -> Result<Applied, StoreError> {
        known::write_withdrawal(tx, withdrawal).await?;
        let Some(known) = known else {
            // Never seen here: remembered, so that an older sighting that comes later stays off the site.
            return Ok(Applied::nothing(StoryId::opened_by(&withdrawal.id), Change::Unchanged));
        };
        if known.observed_at > withdrawal.observed_at {
            return Ok(Applied::nothing(known.story, Change::Older));
        }
        if known.state == ArticleState::Withdrawn {
            return Ok(Applied::nothing(known.story, Change::Unchanged));
        }
        let stories =
            placement::involved(&self.store.db, tx, &withdrawal.id, None, withdrawal.observed_at, self.window).await?;
        known::hide(tx, &withdrawal.id, ArticleState::Withdrawn).await?;
        let placed = placement::place(tx, &withdrawal.id, &known.story, &stories, false, self.window).await?;
        self.finish(tx, withdrawal.id.clone(), Change::Withdrawn, placed, true).await
    }

    /// Elects anew in every story that was touched, and says what the arrival did to its own.
    async fn finish(
        &self,
        tx: &mut Tx,
        article: article::ArticleId,
        change: Change,
        placed: Placed,
        visible: bool,
    ) -> Result<Applied, StoreError> {
        let mut applied = Applied::nothing(placed.own.clone(), change);
        for group in &placed.groups {
            let own = group.story == placed.own;
            let outcome = settle(&self.store.db, tx, group, &article, self.now, visible && own).await?;
            if own {
                applied.merged.clone_from(&group.merged);
                applied.primary_changed = outcome.primary_changed;
                if change == Change::Opened && outcome.members > 1 {
                    applied.change = Change::Joined;
                }
            }
        }
        Ok(applied)
    }
}

/// What a sighting means to a reader, given what was known before it.
fn change_of(article: &Article, known: Option<&Known>, newest: bool, state: ArticleState) -> Change {
    match known {
        // Its publisher has taken it down since: it never reaches a reader.
        None if state == ArticleState::Withdrawn => Change::Older,
        None => Change::Opened,
        Some(known) if known.content_hash == article.content_hash && !newest => Change::Unchanged,
        Some(_) if !newest => Change::Older,
        Some(_) if state == ArticleState::Withdrawn => Change::Older,
        Some(known) if known.state != ArticleState::Shown => Change::Restored,
        Some(known) if known.same_for_readers(article) => Change::Unchanged,
        Some(_) => Change::Revised,
    }
}

/// What an arrival is told that a tombstone stands against: if it was this one that erased its article, the same again.
async fn refused(tx: &mut Tx, arrival: &Arrival) -> Result<Applied, StoreError> {
    let before = Held::read(tx, arrival).await?.applied.filter(|a| a.change == Change::TakenDown);
    Ok(before.unwrap_or_else(|| Applied::nothing(StoryId::opened_by(arrival.id()), Change::TakenDown)))
}

/// Remembers what an arrival changed. One that erases its article may have revised it before.
async fn record(tx: &mut Tx, arrival: &Arrival, applied: &Applied, now: Timestamp) -> Result<(), StoreError> {
    let silent = matches!(applied.change, Change::Unchanged | Change::Older);
    if silent && applied.merged.is_empty() && !applied.primary_changed {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO changes (article, observed_at, revision, applied, made_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (article, observed_at, revision) DO UPDATE SET applied = excluded.applied, made_at = excluded.made_at",
    )
    .bind(arrival.id().to_string())
    .bind(arrival.observed_at().millis())
    .bind(known::revision(arrival))
    .bind(to_json(applied)?)
    .bind(now.millis())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
