//! Two to four deduplicators on one Redis in a seeded storm: processes killed with articles in hand, Redis killed and
//! started again with its append-only file, every article delivered twice now and then. Afterwards the stories are
//! exactly the truth's: no story has fallen apart, no two have become one, and whatever came again got its verdict back.
//!
//! A short seed in every test run. `WIREROOM_CHAOS_SEEDS=10` tries ten, `WIREROOM_CHAOS_SEED=7` one;
//! `WIREROOM_CHAOS_ARTICLES=5000` makes them real.

use crate::chaos_seed::{Draws, number, seeds};
use crate::contract_index::copies::framed;
use crate::contract_index::texts::{edited, story};
use crate::contract_queue_support::{On, settings};
use crate::installation::{Installation, Parts};
use article::{
    Arrival, Article, ArticleId, Block, CanonicalUrl, Carry, PrimaryHints, Rights, Section, SourceId, StoryId,
    Timestamp, Verdict,
};
use harness::Redis;
use queue::{Belt, Lane, Outgoing, Queue, QueueName, QueueSettings, Story};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use telemetry::Health;

/// Articles of a seed in every test run.
const SHORT: u64 = 600;
/// Carriers of a story.
const CARRIERS: u32 = 12;
/// Nothing may stand still for longer: Redis is away for two seconds, the longest rung is five.
const STILL: Duration = Duration::from_secs(60);
const NOON: Timestamp = Timestamp(1_795_000_000_000);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fault {
    ReplicaKilled,
    RedisKilled,
}

const STORM: [Fault; 7] = [
    Fault::ReplicaKilled,
    Fault::RedisKilled,
    Fault::ReplicaKilled,
    Fault::ReplicaKilled,
    Fault::RedisKilled,
    Fault::ReplicaKilled,
    Fault::ReplicaKilled,
];

/// Article `number`: its story's text as one of its carriers has it, word for word, framed, edited or both.
fn article(number: u32) -> Article {
    let (told, carrier) = (u64::from(number / CARRIERS), u64::from(number % CARRIERS));
    let text = story(5_000 + told, 250);
    let text = match carrier % 4 {
        0 => text,
        1 => framed(2 * carrier, &text),
        2 => edited(&text, 25, carrier),
        _ => framed(2 * carrier, &edited(&text, 25, carrier)),
    };
    let url = CanonicalUrl::parse(&format!("https://carrier{carrier}.example/{told}")).unwrap();
    let blocks = vec![Block::Paragraph { text }];
    Article {
        id: ArticleId::of(&url),
        content_hash: Article::compute_hash(&url, "A headline", &blocks),
        source: SourceId::from_name(url.domain()),
        source_name: url.domain().to_owned(),
        url,
        aliases: Vec::new(),
        feed: None,
        title: "A headline".to_owned(),
        subtitle: None,
        authors: Vec::new(),
        language: Some("en".to_owned()),
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        blocks,
        published: None,
        modified: None,
        observed_at: NOON,
        rights: Rights::from_source(Carry::Full),
        primary: PrimaryHints::default(),
    }
}

/// What came out, by article: its verdicts, one unless something is wrong; and how many messages there were.
#[derive(Default)]
struct Told {
    verdicts: BTreeMap<ArticleId, Vec<Verdict>>,
    messages: usize,
}

impl Told {
    fn take(&mut self, story: Story) {
        let verdict = story.verdict.unwrap();
        let verdicts = self.verdicts.entry(story.arrival.id().clone()).or_default();
        self.messages += 1;
        if !verdicts.contains(&verdict) {
            verdicts.push(verdict);
        }
    }

    /// What differs from the truth, if anything does.
    fn difference(&self, articles: u32) -> Option<String> {
        let mut stories: BTreeMap<u32, BTreeSet<&StoryId>> = BTreeMap::new();
        for number in 0..articles {
            let id = article(number).id;
            match self.verdicts.get(&id).map(Vec::as_slice) {
                Some([verdict]) => stories.entry(number / CARRIERS).or_default().insert(&verdict.story),
                other => return Some(format!("article {number} got {other:?}")),
            };
        }
        if let Some((told, apart)) = stories.iter().find(|(_, ids)| ids.len() > 1) {
            return Some(format!("story {told} has fallen apart: {apart:?}"));
        }
        let distinct: BTreeSet<_> = stories.values().flatten().collect();
        (distinct.len() < stories.len()).then(|| format!("{} stories became {}", stories.len(), distinct.len()))
    }
}

struct Storm {
    redis: Redis,
    installation: Installation,
    replicas: usize,
    draws: Draws,
    told: Arc<Mutex<Told>>,
}

impl Storm {
    async fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::ReplicaKilled => {
                let which = self.draws.draw(self.replicas);
                self.installation.kill_and_restart("deduplicator", which);
            }
            Fault::RedisKilled => {
                self.redis.kill();
                tokio::time::sleep(Duration::from_secs(2)).await;
                self.redis.restart().unwrap();
            }
        }
    }

    fn arrived(&self) -> usize {
        self.told.lock().unwrap().verdicts.len()
    }

    /// Waits until so many articles have come out; fails when none comes any more.
    async fn reach(&self, articles: usize) -> Result<(), String> {
        let mut last = (self.arrived(), Instant::now());
        while self.arrived() < articles {
            if self.arrived() != last.0 {
                last = (self.arrived(), Instant::now());
            }
            if last.1.elapsed() > STILL {
                return Err(format!("{} of {articles} articles, and no more\n{}", last.0, self.installation.logs()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

/// Plays the publisher: takes every story, and remembers its verdict.
async fn take(queue: Queue, told: Arc<Mutex<Told>>) {
    let mut stories = queue.consume(QueueName::Belt(Belt::Stories, Lane::Main), 100).await.unwrap();
    while let Some(delivery) = stories.next().await {
        told.lock().unwrap().take(serde_json::from_slice(&delivery.envelope.body).unwrap());
        delivery.ack().await.unwrap();
    }
}

/// The articles in an order of the seed's, one in five of them twice.
fn deliveries(draws: &mut Draws, articles: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..articles).chain((0..articles).filter(|n| n % 5 == 0)).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, draws.draw(i + 1));
    }
    order
}

async fn storm(seed: u64, articles: u32) -> Result<String, String> {
    let mut draws = Draws::of(seed);
    let replicas = 2 + draws.draw(3);
    let schedule = draws.schedule(STORM.to_vec());
    let order = deliveries(&mut draws, articles);
    // What Redis answered must be what it remembers: then nothing but our own mistakes can part a story.
    let redis = Redis::start_durable().unwrap();
    let (queue_url, store) = (harness::rabbitmq().vhost(), harness::postgres().database());
    let parts = Parts { queue: queue_url.clone(), index: redis.url(), store };
    let mut installation = Installation::on_own_servers(parts, ([127, 0, 0, 1], 9).into(), "");
    installation.store().await;
    installation.start_replicas("deduplicator", replicas);
    let queue =
        Queue::open(&QueueSettings { url: queue_url, ..settings(On::Embedded).0 }, Health::new()).await.unwrap();
    let told = Arc::new(Mutex::new(Told::default()));
    let taking = tokio::spawn(take(queue.clone(), told.clone()));
    let mut storm = Storm { redis, installation, replicas, draws, told };
    let mut struck: BTreeMap<Fault, u32> = BTreeMap::new();
    let mut under_way = Vec::new();
    let share = order.len().div_ceil(schedule.len());
    let mut sent: BTreeSet<u32> = BTreeSet::new();
    for ((_, fault), batch) in schedule.into_iter().zip(order.chunks(share)) {
        let arrived = storm.arrived();
        queue.publish(batch.iter().map(|n| arrival(*n)).collect()).await.unwrap();
        sent.extend(batch);
        // As soon as the first of them has come out, the others are in hand.
        storm.reach((arrived + 1).min(sent.len())).await?;
        under_way.push(sent.len() - storm.arrived());
        *struck.entry(fault).or_default() += 1;
        storm.strike(fault).await;
    }
    storm.reach(articles as usize).await?;
    let began = Instant::now();
    let held = || queue.depths();
    while held().await.unwrap().iter().any(|d| d.ready + d.in_flight.unwrap_or(0) > 0) && began.elapsed() < STILL {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    taking.abort();
    queue.close().await;
    let told = storm.told.lock().unwrap();
    if let Some(what) = told.difference(articles) {
        return Err(format!("{what}\n{}", storm.installation.logs()));
    }
    Ok(format!(
        "{replicas} replicas, {struck:?} struck {under_way:?} articles under way; {articles} articles in {} stories, \
         {} messages came out, {} of them again",
        articles.div_ceil(CARRIERS),
        told.messages,
        told.messages - told.verdicts.len()
    ))
}

fn arrival(number: u32) -> Outgoing {
    Outgoing::new(&Arrival::Seen { article: Box::new(article(number)) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deduplicators_in_a_storm_tell_exactly_the_stories_there_are() {
    let articles = u32::try_from(number("WIREROOM_CHAOS_ARTICLES").unwrap_or(SHORT)).unwrap();
    for seed in seeds() {
        let report = storm(seed, articles).await;
        let report = report.unwrap_or_else(|what| panic!("seed {seed}: {what}\nrepeat it: WIREROOM_CHAOS_SEED={seed}"));
        eprintln!("chaos, the index, seed {seed}: {report}");
    }
}

/// The count would see what it counts.
#[test]
fn the_count_sees_a_story_apart_two_in_one_and_a_second_verdict() {
    let of = |number: u32, opener: u32| {
        let verdict = Verdict::new_story(&article(opener).id);
        Story { arrival: Arrival::Seen { article: Box::new(article(number)) }, verdict: Some(verdict) }
    };
    let told = |stories: &[(u32, u32)]| {
        let mut told = Told::default();
        stories.iter().for_each(|(number, opener)| told.take(of(*number, *opener)));
        told.difference(CARRIERS + 1)
    };
    let right: Vec<(u32, u32)> = (0..CARRIERS).map(|n| (n, 3)).chain([(CARRIERS, CARRIERS), (0, 3)]).collect();
    assert_eq!(told(&right), None);
    let with =
        |wrong: (u32, u32)| right.iter().copied().map(|r| if r.0 == wrong.0 { wrong } else { r }).collect::<Vec<_>>();
    assert!(told(&with((5, 5))).unwrap().contains("story 0 has fallen apart"));
    assert!(told(&with((CARRIERS, 3))).unwrap().contains("2 stories became 1"));
    assert!(told(&right[1..CARRIERS as usize]).unwrap().contains("article 0 got None"));
    assert!(told(&[right.as_slice(), &[(0, 4)]].concat()).unwrap().contains("article 0 got Some"));
}
