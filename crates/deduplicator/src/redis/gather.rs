//! Decisions of many tasks, some in each call.

use super::call::{Packed, decide};
use super::link::Link;
use crate::IndexError;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot};

/// Most decisions of one call: some milliseconds of Redis' time, in which nobody else is answered. More would save little:
/// what a call costs beside its decisions is a quarter of one decision.
const MOST: usize = 16;

/// Calls under way at once: one that Redis works on, and one that it finds when it has.
const CALLS: usize = 2;

/// Decisions that may wait for a call; more wait in line at their askers.
const WAITING: usize = 256;

/// An article, and who wants its verdict.
struct Asked {
    article: Packed,
    answer: oneshot::Sender<Answer>,
}

/// What the script answered: a claim or a revision's story, as `verdict` in mod.rs reads them.
type Answer = Result<Vec<u8>, IndexError>;

/// Asks for decisions: those that come while calls are under way travel together in the next one. Each is as atomic as
/// alone, and in the order of asking. Cheap to clone; clones ask together.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    asked: mpsc::Sender<Asked>,
}

impl Gather {
    /// Over this connection, until the last clone is dropped.
    pub(super) fn over(link: Link) -> Self {
        let (asked, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(link, waiting));
        Self { asked }
    }

    /// The decision about one article.
    pub(super) async fn decide(&self, article: Packed) -> Answer {
        let ended = || IndexError::Away("the process is ending".to_owned());
        let (answer, reply) = oneshot::channel();
        self.asked.send(Asked { article, answer }).await.map_err(|_| ended())?;
        reply.await.map_err(|_| ended())?
    }
}

async fn run(link: Link, mut waiting: mpsc::Receiver<Asked>) {
    // In one task: calls go out in the order in which they were made.
    let mut calls = FuturesUnordered::new();
    loop {
        let mut batch = Vec::with_capacity(MOST);
        tokio::select! {
            Some(()) = calls.next(), if !calls.is_empty() => {}
            taken = waiting.recv_many(&mut batch, MOST), if calls.len() < CALLS => {
                if taken == 0 {
                    break;
                }
                calls.push(serve(&link, batch));
            }
        }
    }
    // What is under way is still answered.
    while calls.next().await.is_some() {}
}

/// One call for all. What one of them is refused for must not be the others' fault: then each is asked for alone.
async fn serve(link: &Link, batch: Vec<Asked>) {
    let (articles, askers): (Vec<Packed>, Vec<_>) =
        batch.into_iter().map(|asked| (asked.article, asked.answer)).unzip();
    let answers = match call(link, &articles).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(IndexError::Broken(_)) if articles.len() > 1 => {
            let mut alone = Vec::with_capacity(articles.len());
            for article in articles {
                alone.push(call(link, &[article]).await.map(|mut answers| answers.swap_remove(0)));
            }
            alone
        }
        Err(why) => articles.iter().map(|_| Err(why.clone())).collect::<Vec<_>>(),
    };
    for (asker, answer) in askers.into_iter().zip(answers) {
        // Whoever asked may have gone; then nobody needs the answer.
        let _ = asker.send(answer);
    }
}

/// As many answers as articles.
async fn call(link: &Link, articles: &[Packed]) -> Result<Vec<Vec<u8>>, IndexError> {
    let answers: Vec<Vec<u8>> = link.call(decide(articles)).await?;
    if answers.len() == articles.len() {
        Ok(answers)
    } else {
        Err(IndexError::Broken(format!("{} answers for {} articles", answers.len(), articles.len())))
    }
}
