//! May what was published still be carried? By its source's setting, its host's robots.txt and TDM file, and the
//! time its publisher set. No page is fetched.

use crate::retriever::{Doorman, Refusal, narrowed};
use article::{Article, Carry, CarryReason, Rights, Source, Timestamp};
use std::time::Duration;

/// How often a host without a free slot is asked for its files in one batch.
const TRIES: u32 = 3;

/// Longest wait for such a slot: the next pass comes.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What may be carried from now on, and which signal said so in which words.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Narrower {
    pub(super) rights: Rights,
    pub(super) evidence: String,
}

/// What its source, its host and its time leave of an article, if that is less than is carried. A host that can't
/// be asked has not said no.
pub(super) async fn judge(
    doorman: &Doorman,
    article: &Article,
    source: Option<&Source>,
) -> Result<Option<Narrower>, Refusal> {
    let mut narrower = Narrower { rights: article.rights.clone(), evidence: String::new() };
    if let Some(source) = source {
        narrower
            .narrow(source.carry, CarryReason::Source, || format!("the source's carry is {}", source.carry.as_str()));
    }
    if let Some(url) = article.url.url() {
        match leave(doorman, &url).await {
            Ok(leave) => {
                for signal in leave.reserved.against {
                    narrower.narrow(Carry::Headline, signal.reason, || signal.evidence);
                }
            }
            Err(Refusal::Disallowed { host }) => {
                narrower.narrow(Carry::Headline, CarryReason::Robots, || format!("robots.txt of {host} forbids it"));
            }
            // Ours: without slots nobody can be asked, and the batch waits.
            Err(away @ Refusal::SlotsAway(_)) => return Err(away),
            // The host's: too slow to be crawled, unreachable, busy. None of it is a no to what is there.
            Err(_) => {}
        }
    }
    Ok((narrower.rights != article.rights).then_some(narrower))
}

async fn leave(doorman: &Doorman, url: &url::Url) -> Result<crate::retriever::Leave, Refusal> {
    for _ in 1..TRIES {
        match doorman.leave(url).await {
            Err(Refusal::HostBusy { free_at }) => {
                tokio::time::sleep(free_at.since(Timestamp::now()).min(LONGEST_WAIT)).await;
            }
            other => return other,
        }
    }
    doorman.leave(url).await
}

impl Narrower {
    /// Its publisher's time for the text has come.
    pub(super) fn expired(article: &Article) -> Option<Self> {
        let until = article.rights.until?;
        let mut narrower = Self { rights: article.rights.clone(), evidence: String::new() };
        narrower.narrow(Carry::Headline, CarryReason::UnavailableAfter, || format!("unavailable_after {until}"));
        (narrower.rights != article.rights).then_some(narrower)
    }

    fn narrow(&mut self, carry: Carry, reason: CarryReason, evidence: impl FnOnce() -> String) {
        let before = (self.rights.carry, self.rights.reason);
        self.rights.narrow(carry, reason);
        if before != (self.rights.carry, self.rights.reason) {
            self.evidence = evidence();
        }
    }

    /// The article as it may be carried, a newer sighting of it than any before.
    pub(super) fn apply(&self, kept: &Article, at: Timestamp) -> Article {
        narrowed(kept, self.rights.clone(), at)
    }
}
