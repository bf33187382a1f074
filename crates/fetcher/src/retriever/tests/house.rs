//! A retriever with its own store and a publisher on loopback.

use crate::loopback::{self, Loopback};
use crate::retriever::{Retriever, RetrieverSettings};
use article::{Arrival, Article, CanonicalUrl, Carry, Origin, Source, SourceId, Timestamp};
use queue::{Delivery, Handler, Lane, Message, Outcome, Page, Visit};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use store::{PublishPolicy, Store};
use web::{Client, Politeness, Robots, RobotsSettings};

pub(super) use crate::loopback::{Answer, ok, status};

pub(super) const PERMALINK: &str = "http://aurora.localhost/world/bridge";

/// One time for all: the feed says the same of a page at every visit.
static LISTED: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);

pub(super) fn html(body: impl Into<String>) -> Answer {
    loopback::ok("text/html; charset=utf-8", body.into())
}

/// A page of an article with a few paragraphs; `head` goes into its `<head>`.
pub(super) fn bridge(head: &str) -> String {
    let paragraphs: String = (1..=6)
        .map(|n| {
            format!(
                "<p>Paragraph {n} says that the old bridge over the river, closed since spring, was opened again.</p>"
            )
        })
        .collect();
    format!(
        "<html lang=en><head><title>Bridge opened again | Aurora</title>{head}</head>
         <body><nav><a href=/>Home</a></nav><article><h1>Bridge opened again</h1>{paragraphs}</article></body></html>"
    )
}

pub(super) struct House {
    pub(super) store: Store,
    pub(super) retriever: Retriever,
    pub(super) client: Client,
    pub(super) robots: Arc<Robots>,
    pub(super) politeness: Arc<Politeness>,
    loopback: Loopback,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(RetrieverSettings::default()).await
    }

    pub(super) async fn with(settings: RetrieverSettings) -> Self {
        let loopback = Loopback::new().await;
        let (store, client) = (loopback.store.clone(), loopback.client.clone());
        let (robots, politeness) = (loopback.robots.clone(), loopback.politeness.clone());
        let retriever = Retriever::new(store.clone(), client.clone(), robots.clone(), politeness.clone(), settings);
        let house = Self { store, retriever, client, robots, politeness, loopback };
        house.put_source(Carry::Full, false).await;
        house
    }

    /// Another retriever over the same store, which knows nothing yet of any host's files.
    pub(super) fn later(&self) -> Retriever {
        let robots = Arc::new(Robots::new(self.client.clone(), self.politeness.clone(), RobotsSettings::default()));
        let (store, settings) = (self.store.clone(), RetrieverSettings::default());
        Retriever::new(store, self.client.clone(), robots, self.politeness.clone(), settings)
    }

    pub(super) async fn put_source(&self, carry: Carry, paused: bool) {
        let source = Source { paused, ..Source::new("Aurora", carry, Origin::Person, Vec::new()) };
        self.store.put_source(&source).await.unwrap();
    }

    /// At a path of the publisher's own host, or at another host's `host/path`.
    pub(super) fn serve(&self, path: &str, answer: Answer) {
        self.loopback.serve(path, answer);
    }

    /// Only what is asked for from now on counts.
    pub(super) fn forget_asked(&self) {
        self.loopback.forget_asked();
    }

    /// Pages asked for so far.
    pub(super) fn asked(&self) -> Vec<String> {
        let own = |path: &String| !path.ends_with("/robots.txt") && !path.contains("/.well-known/");
        self.loopback.asked().into_iter().filter(own).collect()
    }

    pub(super) async fn decide(&self, page: &Page) -> Outcome {
        self.retriever.handle(page, &delivery(page)).await
    }

    /// What is said of an outcome: its name, its reason and its words.
    pub(super) async fn said(&self, page: &Page) -> String {
        let outcome = self.decide(page).await;
        format!("{} {}: {}", outcome.name(), outcome.reason(), outcome.detail())
    }

    pub(super) async fn article(&self, page: &Page) -> Article {
        match arrival(&self.decide(page).await) {
            Arrival::Seen { article } => *article,
            Arrival::Withdrawn { withdrawal } => panic!("withdrawn: {withdrawal:?}"),
        }
    }

    /// One look with all that comes after the decision: the arrival is on the site, its record made.
    pub(super) async fn look(&self, page: &Page) -> Outcome {
        let mut outcome = self.decide(page).await;
        if let Outcome::Done(done) = &mut outcome {
            for message in &done.publish {
                self.apply(serde_json::from_slice(&message.body).unwrap()).await;
            }
            if let Some(then) = done.then.take() {
                then.run().await.unwrap();
            }
        }
        outcome
    }

    /// The one page that is watched, as it will be asked for again.
    pub(super) async fn watched(&self) -> Page {
        let (soon, moment) = (Timestamp::now().plus(Duration::from_secs(1)), Duration::from_secs(9));
        let due = self.store.claim_due_revisits(soon, &[Duration::ZERO], 9, moment).await.unwrap();
        serde_json::from_str(&due[0].page).unwrap()
    }

    /// Puts an article on the site, as the publisher would.
    pub(super) async fn publish(&self, article: Article) {
        self.apply(Arrival::Seen { article: Box::new(article) }).await;
    }

    pub(super) async fn apply(&self, arrival: Arrival) {
        let verdict = article::Verdict::new_story(arrival.id());
        let policy = PublishPolicy { exact_window: Duration::from_secs(3600) };
        self.store.apply(&arrival, Some(&verdict), &policy, Timestamp::now()).await.unwrap();
    }
}

#[track_caller]
pub(super) fn arrival(outcome: &Outcome) -> Arrival {
    let Outcome::Done(done) = outcome else { panic!("not done: {outcome:?}") };
    assert_eq!(done.publish.len(), 1);
    serde_json::from_slice(&done.publish[0].body).unwrap()
}

/// The page that the feed listed, at an address.
pub(super) fn page_at(permalink: &str) -> Page {
    Page {
        feed: None,
        source: SourceId::from_name("aurora"),
        permalink: CanonicalUrl::parse(permalink).unwrap(),
        guid: None,
        title: Some("Bridge opened again".to_owned()),
        summary: None,
        authors: vec!["Ada Byron".to_owned()],
        categories: Vec::new(),
        published: Some(*LISTED),
        updated: None,
        language: Some("en".to_owned()),
        section: None,
        listed_at: *LISTED,
        visit: Visit::First,
    }
}

pub(super) fn page() -> Page {
    page_at(PERMALINK)
}

pub(super) fn visit(visit: Visit) -> Page {
    Page { visit, ..page() }
}

pub(super) fn delivery(page: &Page) -> Delivery {
    Delivery {
        message_id: page.message_id(),
        attempt: 1,
        waits: 0,
        first_seen: page.listed_at,
        received_at: Timestamp::now(),
        lane: Lane::Main,
        traceparent: None,
        replay: None,
        replays: 0,
        redelivered: false,
    }
}
