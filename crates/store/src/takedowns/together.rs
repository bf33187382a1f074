//! Asking about tombstones, for many articles at once.

use crate::{Store, StoreError};
use article::ArticleId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long after a question the next one is asked: a stage that handles thousands of messages a second asks of some in
/// each, and one that handles few waits for none.
const PAUSE: Duration = Duration::from_millis(5);

/// Whether an article has a tombstone, for a stage that asks of every message while many are under way: while one
/// question travels, and for a moment after it, those that come are gathered, and the next one asks for them all. No answer
/// is older than its question. Cheap to clone; clones ask together.
#[derive(Clone, Debug)]
pub struct Tombstones {
    store: Store,
    waiting: Arc<Mutex<Vec<Asked>>>,
    /// Held by who asks the store; not before then.
    turn: Arc<tokio::sync::Mutex<Instant>>,
}

/// One article, and who wants to know.
#[derive(Debug)]
struct Asked {
    article: ArticleId,
    answer: oneshot::Sender<bool>,
}

impl Tombstones {
    /// Those of this store.
    pub fn of(store: Store) -> Self {
        Self { store, waiting: Arc::default(), turn: Arc::new(tokio::sync::Mutex::new(Instant::now())) }
    }

    /// The store that is asked.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether a tombstone stands for the article. Errors are the store's.
    pub async fn stands_for(&self, article: &ArticleId) -> Result<bool, StoreError> {
        let (answer, mut reply) = oneshot::channel();
        self.waiting().push(Asked { article: article.clone(), answer });
        // Held until all are answered, so that whoever comes next is either answered or still on the list.
        let mut turn = tokio::select! {
            biased;
            answered = &mut reply => match answered {
                Ok(stands) => return Ok(stands),
                // Who asked for it failed or was dropped; each learns why by asking itself.
                Err(_) => return self.ask_for(article).await,
            },
            turn = self.turn.lock() => turn,
        };
        if let Ok(stands) = reply.try_recv() {
            return Ok(stands);
        }
        tokio::time::sleep_until(*turn).await;
        let asked = std::mem::take(&mut *self.waiting());
        let articles: Vec<ArticleId> = asked.iter().map(|a| a.article.clone()).collect();
        let stand: HashSet<ArticleId> = self.store.tombstoned(&articles).await?.into_iter().collect();
        *turn = Instant::now() + PAUSE;
        for Asked { article, answer } in asked {
            // Nobody is left to be told where a handler was dropped.
            let _ = answer.send(stand.contains(&article));
        }
        match reply.try_recv() {
            Ok(stands) => Ok(stands),
            Err(_) => self.ask_for(article).await,
        }
    }

    async fn ask_for(&self, article: &ArticleId) -> Result<bool, StoreError> {
        Ok(!self.store.tombstoned(std::slice::from_ref(article)).await?.is_empty())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Asked>> {
        // A panic while the list was held leaves a list that is still whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
