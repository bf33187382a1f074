//! A house in small: feeds whose entries become pages, articles and stories, and a store that outlives every
//! crash. The handlers follow the contract; each can be told to break it.

use super::broker::Broker;
use crate::backend::Backend;
use crate::dice::draw;
use crate::{
    Belt, Delivery, Done, DropReason, Envelope, Handler, Lane, Message, MessageId, Outcome, Outgoing, RetryReason,
    Stage, Then, ThenError,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

pub(super) const FEEDS: u32 = 4;
pub(super) const ENTRIES: u32 = 5;
/// The one page that kills its process, where the seed has one.
pub(super) const POISON: u32 = 7;

/// A mistake in a handler rather than in the worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    /// A claim on a text does not say whose it is: a redelivery takes its own claim for another's.
    NamelessClaim,
    /// A dead letter counts as replayed before the replay is confirmed.
    MarkedBeforeConfirm,
}

/// What outlives a crash.
#[derive(Default)]
pub(super) struct Store {
    /// Entries seen, by article.
    pub(super) seen: BTreeSet<u32>,
    /// Text to the article that had it first.
    pub(super) claims: BTreeMap<u32, u32>,
    /// Article to its story.
    pub(super) published: BTreeMap<u32, u32>,
    /// Dead letters by message and death count, and whether they were replayed.
    pub(super) ledger: BTreeMap<(String, u32), (Envelope, bool)>,
}

pub(super) struct World {
    pub(super) store: Mutex<Store>,
    pub(super) broker: Broker,
    pub(super) mistake: Option<Mistake>,
    pub(super) poisoned: bool,
    pub(super) crash: Notify,
    /// The store does not answer.
    pub(super) away: Mutex<bool>,
    pub(super) calm: Mutex<bool>,
}

/// Two articles in five carry the text of an article of another feed.
pub(super) fn text_of(article: u32) -> u32 {
    if article % 5 >= 3 { article % 5 } else { article }
}

impl World {
    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    /// An effect takes time, and a process may die in it. In trouble it may also fail.
    async fn effect(&self) -> Result<(), Outcome> {
        sleep(Duration::from_micros((2_000.0 * draw()) as u64 + 1)).await;
        if *self.away.lock().unwrap() {
            return Err(Outcome::retry(RetryReason::DependencyAway, "store: away"));
        }
        let fate = if *self.calm.lock().unwrap() { 1.0 } else { draw() };
        match fate {
            f if f < 0.03 => Err(Outcome::retry(RetryReason::CutOff, "cut")),
            f if f < 0.05 => Err(Outcome::retry(RetryReason::HostBusy, "busy")),
            // A panic without the hook's words: there are thousands.
            f if f < 0.06 => std::panic::resume_unwind(Box::new("a mistake of ours")),
            f if f < 0.07 => std::future::pending().await,
            f if f < 0.09 => Err(Outcome::dead(crate::DeadReason::Extraction, "unreadable")),
            _ => Ok(()),
        }
    }

    pub(super) fn poll(&self, feed: u32, round: u32) -> Envelope {
        let now = self.broker.now();
        Envelope::first(Outgoing::new(&Poll { feed, round }), None, now)
    }
}

macro_rules! belt_message {
    ($name:ident, $belt:ident, $kind:literal, $($field:ident),+) => {
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub(super) struct $name {
            $(pub(super) $field: u32,)+
        }

        impl Message for $name {
            const BELT: Belt = Belt::$belt;
            const KIND: &'static str = $kind;
            const SCHEMA: u16 = 1;

            fn message_id(&self) -> MessageId {
                MessageId(format!(concat!($kind, "{:?}"), ($(self.$field,)+)))
            }
        }
    };
}

belt_message!(Poll, Feeds, "poll", feed, round);
belt_message!(Page, Pages, "page", article);
belt_message!(Text, Articles, "text", article);
belt_message!(Judged, Stories, "judged", article, story);

pub(super) struct Poller(pub(super) Arc<World>);

impl Handler for Poller {
    const STAGE: Stage = Stage::Poller;
    type Message = Poll;

    async fn handle(&self, poll: &Poll, _: &Delivery) -> Outcome {
        let world = self.0.clone();
        if let Err(outcome) = world.effect().await {
            return outcome;
        }
        // A feed grows: each round lists one entry more.
        let listed = (0..ENTRIES.min(poll.round + 2)).map(|n| poll.feed * ENTRIES + n);
        let new: Vec<u32> = listed.filter(|a| !world.store().seen.contains(a)).collect();
        let publish = new.iter().map(|article| Outgoing::new(&Page { article: *article })).collect();
        let then = Then::new(move || async move {
            world.effect().await.map_err(|o| ThenError(o.detail().to_owned()))?;
            world.store().seen.extend(new);
            Ok(())
        });
        Outcome::Done(Done { publish, then: Some(then), note: String::new() })
    }

    async fn probe(&self) -> Result<(), String> {
        probe(&self.0)
    }
}

pub(super) struct Retriever(pub(super) Arc<World>);

impl Handler for Retriever {
    const STAGE: Stage = Stage::Retriever;
    type Message = Page;

    async fn handle(&self, page: &Page, delivery: &Delivery) -> Outcome {
        if self.0.poisoned && page.article == POISON {
            self.0.crash.notify_one();
            return std::future::pending().await;
        }
        if let Err(outcome) = self.0.effect().await {
            return outcome;
        }
        if page.article % 6 == 1 && delivery.waits == 0 {
            let slot = self.0.broker.now().plus(Duration::from_millis(7_300));
            return Outcome::retry_at(RetryReason::HostBusy, slot, "its slot");
        }
        Outcome::publish(vec![Outgoing::on(lane(page.article), &Text { article: page.article })])
    }

    async fn probe(&self) -> Result<(), String> {
        probe(&self.0)
    }
}

fn lane(article: u32) -> Lane {
    if article.is_multiple_of(4) { Lane::Later } else { Lane::Main }
}

pub(super) struct Deduplicator(pub(super) Arc<World>);

impl Handler for Deduplicator {
    const STAGE: Stage = Stage::Deduplicator;
    type Message = Text;

    async fn handle(&self, text: &Text, _: &Delivery) -> Outcome {
        let world = &self.0;
        let article = text.article;
        if let Err(outcome) = world.effect().await {
            return outcome;
        }
        let story = if world.mistake == Some(Mistake::NamelessClaim) {
            let taken = !world.store().claims.contains_key(&text_of(article));
            world.store().claims.entry(text_of(article)).or_insert(u32::MAX);
            if !taken && text_of(article) == article {
                return Outcome::drop(DropReason::Stale, "had it");
            }
            text_of(article)
        } else {
            // The claim names its article, so that a redelivery gets its own answer again.
            *world.store().claims.entry(text_of(article)).or_insert(article)
        };
        if let Err(outcome) = world.effect().await {
            return outcome;
        }
        Outcome::publish(vec![Outgoing::new(&Judged { article, story })])
    }

    async fn probe(&self) -> Result<(), String> {
        probe(&self.0)
    }
}

pub(super) struct Publisher(pub(super) Arc<World>);

impl Handler for Publisher {
    const STAGE: Stage = Stage::Publisher;
    type Message = Judged;

    async fn handle(&self, judged: &Judged, _: &Delivery) -> Outcome {
        if let Err(outcome) = self.0.effect().await {
            return outcome;
        }
        self.0.store().published.entry(judged.article).or_insert(judged.story);
        if let Err(outcome) = self.0.effect().await {
            return outcome;
        }
        Outcome::passed()
    }

    async fn probe(&self) -> Result<(), String> {
        probe(&self.0)
    }
}

fn probe(world: &World) -> Result<(), String> {
    if *world.away.lock().unwrap() { Err("store: away".to_owned()) } else { Ok(()) }
}

/// Moves dead letters into the ledger: commit, then ack.
pub(super) async fn registrar(world: Arc<World>, belt: Belt) {
    let Ok(mut dead) = world.broker.consume(crate::QueueName::Dead(belt), 8).await else { return };
    while let Some(mut taken) = dead.next().await {
        sleep(Duration::from_micros((1_000.0 * draw()) as u64)).await;
        let letter = taken.envelope.clone();
        let key = (letter.message_id.0.clone(), letter.replays);
        world.store().ledger.entry(key).or_insert((letter, false));
        let _ = taken.settle.ack().await;
    }
}

/// Reads outcomes; the ledger in small needs none of them.
pub(super) async fn outcomes(world: Arc<World>) {
    let Ok(mut told) = world.broker.consume(crate::QueueName::Outcomes, 8).await else { return };
    while let Some(mut taken) = told.next().await {
        let _ = taken.settle.ack().await;
    }
}

/// Brings the dead back: publish, confirm, mark.
pub(super) async fn replayer(world: Arc<World>) {
    loop {
        sleep(Duration::from_millis((4_000.0 * draw()) as u64 + 1)).await;
        let dead =
            world.store().ledger.iter().find(|(_, (_, replayed))| !replayed).map(|(k, (l, _))| (k.clone(), l.clone()));
        let Some((key, letter)) = dead else { continue };
        if world.poisoned && letter.message_id == (Page { article: POISON }).message_id() {
            world.store().ledger.get_mut(&key).unwrap().1 = true;
            continue;
        }
        let revived = [letter.revived(1, world.broker.now())];
        if world.mistake == Some(Mistake::MarkedBeforeConfirm) {
            world.store().ledger.get_mut(&key).unwrap().1 = true;
            let _ = world.broker.publish(&revived).await;
        } else if world.broker.publish(&revived).await.is_ok() {
            world.store().ledger.get_mut(&key).unwrap().1 = true;
        }
    }
}
