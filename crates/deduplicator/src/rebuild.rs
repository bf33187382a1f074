//! The index made anew from the store, and compared with it.

use crate::{Index, IndexError, Query};
use article::{ArticleId, Evidence, StoryId, Timestamp, Verdict, VerdictKind};
use futures_util::future::try_join_all;
use serde::Serialize;
use store::{ArticleState, Store, StoreError, StoredArticle};

/// Articles read from the store at once.
const PAGE: u32 = 500;

/// Why a rebuild or a check stopped.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Of the index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a rebuild is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Progress {
    /// Articles read.
    pub read: u64,
    /// Articles put into the index.
    pub restored: u64,
}

/// Empties the index and fills it from the store: every article seen since `since`, in the story the store
/// has it in, with the text that is kept of it, shown or withheld. What was taken down has none any more and is left
/// out. Begin when the stories belt has run empty, or articles on their way are judged against an index that lacks
/// them; the store's own gates then still hold.
///
/// Can be repeated: after a death run it again.
pub async fn rebuild(
    store: &Store,
    index: &dyn Index,
    since: Timestamp,
    now: Timestamp,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Progress, RebuildError> {
    index.clear().await?;
    let mut done = Progress::default();
    // Those who opened their stories first: what others have beyond them is no part of the story.
    for openers in [true, false] {
        let mut after: Option<ArticleId> = None;
        loop {
            let page = store.kept_after(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.article.id.clone());
            let read: Vec<&StoredArticle> = page.iter().filter(|s| opens(s) == openers).collect();
            let kept = read.iter().filter(|s| is_compared(s, since));
            let asks: Vec<(Query, Verdict)> = kept.map(|s| (Query::of(&s.article), verdict(s))).collect();
            // At once: those that wait together share a batch.
            try_join_all(asks.iter().map(|(query, verdict)| index.restore(query, verdict, now))).await?;
            done.read += read.len() as u64;
            done.restored += asks.len() as u64;
            progress(done);
        }
    }
    Ok(done)
}

/// Whether the index is to know it.
fn is_compared(stored: &StoredArticle, since: Timestamp) -> bool {
    stored.state != ArticleState::TakenDown && stored.article.observed_at >= since
}

fn opens(stored: &StoredArticle) -> bool {
    StoryId::opened_by(&stored.article.id) == stored.story
}

/// The store keeps stories, not judgements: who opened its story is new, everyone else is a copy.
fn verdict(stored: &StoredArticle) -> Verdict {
    if opens(stored) {
        return Verdict::new_story(&stored.article.id);
    }
    let evidence = Evidence::default();
    let story = stored.story.clone();
    Verdict { kind: VerdictKind::NearCopy, story, of: None, score: 1.0, evidence, also: Vec::new() }
}

/// Where index and store disagree.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Mismatch {
    /// The store has it, the index doesn't.
    Missing {
        /// Which.
        article: ArticleId,
    },
    /// The index names another story, which the publisher may have merged since.
    OtherStory {
        /// Which.
        article: ArticleId,
        /// The store's.
        stored: StoryId,
        /// The index's.
        indexed: StoryId,
    },
}

/// What a check found.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Verified {
    /// Articles compared.
    pub articles: u64,
    /// How many disagree.
    pub mismatches: u64,
    /// The first hundred of them.
    pub first: Vec<Mismatch>,
}

/// Compares the index with the store, article by article, for those seen since `since`. Changes nothing.
///
/// What was taken down is not compared: until the next rebuild the index still knows the text, and its copies by it.
pub async fn verify(store: &Store, index: &dyn Index, since: Timestamp) -> Result<Verified, RebuildError> {
    let mut verified = Verified::default();
    let mut after: Option<ArticleId> = None;
    loop {
        let page = store.articles_after(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.article.id.clone());
        for stored in page.iter().filter(|s| is_compared(s, since)) {
            verified.articles += 1;
            let known = index.known(&stored.article.id).await?;
            if let Some(mismatch) = mismatch(stored, known.map(|k| k.verdict.story)) {
                verified.mismatches += 1;
                if verified.first.len() < 100 {
                    verified.first.push(mismatch);
                }
            }
        }
    }
    Ok(verified)
}

fn mismatch(stored: &StoredArticle, indexed: Option<StoryId>) -> Option<Mismatch> {
    let article = stored.article.id.clone();
    match indexed {
        None => Some(Mismatch::Missing { article }),
        Some(indexed) if indexed != stored.story => {
            Some(Mismatch::OtherStory { article, stored: stored.story.clone(), indexed })
        }
        Some(_) => None,
    }
}
