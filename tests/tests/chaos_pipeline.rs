//! The whole pipeline, two processes of every role, in a seeded storm on real servers: RabbitMQ killed, frozen, cut
//! off and out of memory, Redis killed and emptied, PostgreSQL killed in the middle of transactions, processes killed
//! and stopped. Every kind of fault strikes while news is under way. Afterwards each article is looked up by its id.
//!
//! Lost is an article of the press that the store hasn't got. Doubled is one that it has under a second name, or with a
//! second revision, though the press changed nothing. Copies that stand apart from their originals are a difference too.
//!
//! A short seed in every test run. `WIREROOM_CHAOS_SEEDS=10` tries ten, `WIREROOM_CHAOS_SEED=7` one;
//! `WIREROOM_CHAOS_ARTICLES=5000` makes them real.

use crate::chaos_pipeline_storm::{STORM, Servers, Storm, installed};
use crate::chaos_seed::{Tally, number, seeds};
use crate::end_to_end::{disagreement_but, press, stored_as_published};
use article::ArticleId;
use press::{Expected, RunningPress, TruthRow};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::{DeadFilter, Store};

/// Articles of a seed in every test run.
const SHORT: u64 = 400;
/// Articles that are there when it begins.
const FIRST: u32 = 30;
/// Of a thousand stories, how many may hold articles of another: as many as without a storm.
const MIXED: usize = 10;

/// What became of the press's articles, by id.
#[derive(Debug, PartialEq, Eq, Default)]
struct Count {
    lost: BTreeSet<ArticleId>,
    doubled: BTreeSet<ArticleId>,
}

impl Count {
    /// `revised` are articles with more than one revision.
    fn of(truth: &[TruthRow], have: &BTreeSet<ArticleId>, revised: impl IntoIterator<Item = ArticleId>) -> Self {
        let wanted = truth.iter().filter(|t| t.expected != Expected::Nothing).map(|t| t.id.clone());
        let wanted: BTreeSet<ArticleId> = wanted.collect();
        Self {
            lost: wanted.difference(have).cloned().collect(),
            doubled: have.difference(&wanted).cloned().chain(revised).collect(),
        }
    }
}

async fn run(servers: &Servers, seed: u64, articles: u32, tally: &mut Tally) -> Result<String, String> {
    let press = Arc::new(press(FIRST, seed).await);
    let listed = Arc::new(AtomicU32::new(FIRST));
    let publishing = tokio::spawn(publish(press.clone(), listed.clone()));
    let (mut storm, store) = installed(servers, &press, seed, listed.clone()).await;
    let schedule = storm.draws.schedule(STORM.to_vec());
    eprintln!("chaos, seed {seed}, {articles} articles: {schedule:?}");
    storm.installation.start();
    let mut report = String::new();
    let began = Instant::now();
    let share = articles.div_ceil(u32::try_from(schedule.len()).unwrap());
    for (pause, fault) in schedule {
        // News comes as long as the storm lasts, and each fault finds some of it under way.
        let before = listed.load(Ordering::SeqCst);
        listed.store((before + share).min(articles).max(before), Ordering::SeqCst);
        storm.reach(before).await?;
        tokio::time::sleep(pause).await;
        let flow = storm.reach(before).await?;
        let at = began.elapsed();
        storm.strike(fault).await.map_err(|what| format!("{fault:?}: {what}"))?;
        let took = began.elapsed() - at;
        let _ = writeln!(
            report,
            "  {at:>6.0?} {fault:?} ({took:.0?}): {} articles under way, {} stored",
            flow.under_way(),
            flow.stored
        );
    }
    let mut published = press.changes();
    let all = listed.load(Ordering::SeqCst) as usize;
    published.wait_for(|n| *n >= all).await.unwrap();
    publishing.abort();
    let truth = press.truth();
    let wanted = truth.iter().filter(|t| t.expected != Expected::Nothing).count() as i64;
    // Whatever is lost never comes: the count tells.
    let whole = storm.until(|flow| flow.stored >= wanted).await;
    storm.settles().await?;
    let dead = revive(&storm, &store).await;
    let verdict = judge(&storm, &truth, &store).await;
    let (count, facts) = verdict.map_err(|what| format!("{what}\n{report}{}", storm.installation.logs()))?;
    let _ = writeln!(
        report,
        "  {} articles sent, lost {}, doubled {}; {facts}{dead}; {:.0?}",
        wanted,
        count.lost.len(),
        count.doubled.len(),
        began.elapsed()
    );
    tally.add(STORM.len(), wanted.unsigned_abs(), count.lost.len(), count.doubled.len());
    whole.map(|_| report)
}

/// Lets articles appear as far as they are listed.
async fn publish(press: Arc<RunningPress>, listed: Arc<AtomicU32>) {
    let mut published = FIRST;
    loop {
        while published < listed.load(Ordering::SeqCst) {
            press.publish_next();
            published += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A dead letter is not lost: an operator replays it. How many there were, and of what.
async fn revive(storm: &Storm<'_>, store: &Store) -> String {
    let groups = store.dead_groups(&DeadFilter::default()).await.unwrap();
    if groups.is_empty() {
        return "; no dead letters".to_owned();
    }
    let (_, said, _) = storm.installation.command(&["dead", "replay", "--wait", "60", "--force"]);
    let of: Vec<String> = groups.iter().map(|g| format!("{} {} at {}", g.count, g.reason, g.stage)).collect();
    format!("; dead letters: {}; {}", of.join(", "), said.trim())
}

async fn judge(storm: &Storm<'_>, truth: &[TruthRow], store: &Store) -> Result<(Count, String), String> {
    let have = stored_as_published(truth, store).await.into_keys().collect();
    let revised: Vec<String> = sqlx::query_scalar("SELECT article FROM revisions GROUP BY article HAVING COUNT(*) > 1")
        .fetch_all(&storm.pool)
        .await
        .map_err(|e| e.to_string())?;
    let count = Count::of(truth, &have, revised.iter().filter_map(|id| id.parse().ok()));
    if count != Count::default() {
        let (lost, doubled) = (count.lost.len(), count.doubled.len());
        let what = disagreement_but(truth, store, MIXED).await.unwrap_or_default();
        return Err(format!("lost {lost}, doubled {doubled}: {count:?}\n{what}"));
    }
    if let Some(what) = disagreement_but(truth, store, MIXED).await {
        return Err(what);
    }
    let (decided, looks): (i64, i64) =
        sqlx::query_as("SELECT (SELECT COUNT(*) FROM decisions), (SELECT COUNT(*) FROM changes)")
            .fetch_one(&storm.pool)
            .await
            .map_err(|e| e.to_string())?;
    let again = looks - have.len() as i64;
    Ok((count, format!("{decided} decisions, {again} articles read again and known")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_in_a_storm_agrees_with_the_truth() {
    let servers = tokio::task::spawn_blocking(Servers::start).await.unwrap();
    let articles = u32::try_from(number("WIREROOM_CHAOS_ARTICLES").unwrap_or(SHORT)).unwrap();
    let mut tally = Tally::default();
    for seed in seeds() {
        let ended = run(&servers, seed, articles, &mut tally).await;
        let report = ended.unwrap_or_else(|what| panic!("seed {seed}: {what}\nrepeat it: WIREROOM_CHAOS_SEED={seed}"));
        eprint!("chaos, the whole pipeline, seed {seed}:\n{report}");
    }
    eprintln!("chaos, the whole pipeline: {tally}");
}

/// The count would see what it counts.
#[tokio::test]
async fn the_count_sees_a_loss_and_both_kinds_of_double() {
    let press = press(20, 3).await;
    let truth = press.truth();
    let whole: BTreeSet<ArticleId> = truth.iter().map(|t| t.id.clone()).collect();
    assert_eq!(Count::of(&truth, &whole, []), Count::default());
    let mut have = whole.clone();
    let lost = have.pop_first().unwrap();
    let another = ArticleId::of(&article::CanonicalUrl::parse("https://a-second-name.example/").unwrap());
    have.insert(another.clone());
    let twice = whole.last().unwrap().clone();
    let count = Count::of(&truth, &have, [twice.clone()]);
    assert_eq!(count, Count { lost: [lost].into(), doubled: [another, twice].into() });
}
