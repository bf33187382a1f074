//! The roles: which handlers, loops and pages a process runs.

use crate::chronicle::Notebook;
use crate::desk::Desk;
use crate::handlers;
use crate::house::House;
use crate::serve::{bind, serve};
use anyhow::Context;
use article::Timestamp;
use queue::{Chronicle, Handler, Worker};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What a process may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Says which feed is due; keeps the dead letters' ledger, serves the operator's page, forgets what is old.
    Scheduler,
    /// Reads feeds and pages.
    Fetcher,
    /// Compares articles.
    Deduplicator,
    /// Writes articles into the store.
    Publisher,
    /// Serves readers.
    Site,
    /// Carries webhooks.
    Courier,
}

impl Role {
    /// All of them: what `wireroom run` runs.
    pub const ALL: [Role; 6] =
        [Role::Scheduler, Role::Fetcher, Role::Deduplicator, Role::Publisher, Role::Site, Role::Courier];
}

/// Tasks of a process. The first that ends with an error ends the process; a stop ends all.
pub struct Tasks {
    set: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
}

impl Tasks {
    /// None yet.
    pub fn new(stop: CancellationToken) -> Self {
        Self { set: JoinSet::new(), stop }
    }

    /// Runs one more.
    pub fn spawn(&mut self, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.set.spawn(task);
    }

    /// Waits until all have ended. An error stops the others first and is returned.
    pub async fn join(mut self) -> anyhow::Result<()> {
        let mut first = Ok(());
        while let Some(ended) = self.set.join_next().await {
            let result = ended.context("a task panicked").and_then(|r| r);
            if result.is_err() && first.is_ok() {
                first = result;
                self.stop.cancel();
            }
        }
        first
    }
}

/// Runs these roles until told to stop.
pub async fn run(house: Arc<House>, roles: &[Role], stop: CancellationToken) -> anyhow::Result<()> {
    let mut tasks = Tasks::new(stop.clone());
    // A role that waits for its store or its index is told to stop like any other.
    stop.run_until_cancelled(start(&house, roles, &mut tasks, &stop)).await.transpose()?;
    tasks.join().await?;
    if let Some(queue) = house.opened_queue() {
        queue.close().await;
    }
    Ok(())
}

/// Starts these roles. What listens is bound before anything works, so that a taken port is said at once; the
/// process is ready once all that its roles stand on is open.
pub async fn start(
    house: &Arc<House>,
    roles: &[Role],
    tasks: &mut Tasks,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let settings = &house.settings;
    house.health.starting();
    if !settings.metrics.listen.is_empty() {
        let listener = bind("metrics.listen", &settings.metrics.listen).await?;
        let router = telemetry::router(house.health.clone());
        let stop = stop.clone();
        tasks.spawn(async move { Ok(serve(listener, router, stop).await?) });
    }
    let site = if roles.contains(&Role::Site) {
        settings.may_serve("site.listen", &settings.site.listen)?;
        Some(bind("site.listen", &settings.site.listen).await?)
    } else {
        None
    };
    let ops = if roles.contains(&Role::Scheduler) && !settings.ops.listen.is_empty() {
        settings.may_serve_ops()?;
        settings.ops.check()?;
        Some(bind("ops.listen", &settings.ops.listen).await?)
    } else {
        None
    };
    let hubs = match settings.websub.callback()? {
        Some(callback) if roles.contains(&Role::Fetcher) && settings.may_poll().is_ok() => {
            Some((bind("websub.listen", &settings.websub.listen).await?, callback))
        }
        _ => None,
    };
    for role in roles {
        match role {
            Role::Scheduler => scheduler(house, tasks, stop).await?,
            Role::Fetcher => fetcher(house, tasks, stop).await?,
            Role::Deduplicator => {
                let index = house.index().await?;
                let stop_measuring = stop.clone();
                tasks.spawn(async move {
                    let measured = deduplicator::Deduplicator::measure(index, Duration::from_secs(30));
                    stop_measuring.run_until_cancelled(measured).await;
                    Ok(())
                });
                work(house, handlers::deduplicator(house).await?, tasks, stop).await?;
            }
            Role::Publisher => {
                work(house, handlers::publisher(house).await?, tasks, stop).await?;
            }
            Role::Courier => {
                work(house, handlers::courier(house)?, tasks, stop).await?;
            }
            Role::Site => {}
        }
    }
    if let Some((listener, callback)) = hubs {
        listen_to_hubs(house, listener, callback, tasks, stop).await?;
    }
    if let Some(listener) = ops {
        let desk = Arc::new(Desk::new(house.clone(), stop.clone()));
        let state = publisher::ops::OpsState::new(house.store().await?, settings.ops.clone(), desk.clone());
        let (router, stop) = (publisher::ops::router(state), stop.clone());
        tracing::info!(address = %settings.ops.listen, "the operator's page is served");
        tasks.spawn(async move {
            serve(listener, router, stop).await?;
            desk.cleared().await;
            Ok(())
        });
    }
    if let Some(listener) = site {
        let state = publisher::site::SiteState::new(house.store().await?, settings.site.clone(), robot_facts(house)?);
        let (router, stop) = (publisher::site::router(state), stop.clone());
        tracing::info!(address = %settings.site.listen, "the site is served");
        tasks.spawn(async move { Ok(serve(listener, router, stop).await?) });
    }
    house.health.started();
    Ok(())
}

async fn scheduler(house: &Arc<House>, tasks: &mut Tasks, stop: &CancellationToken) -> anyhow::Result<()> {
    let (store, queue) = (house.store().await?, house.queue().await?);
    let settings = &house.settings;

    let registrar = replay::Registrar::new(store.clone(), queue.clone());
    tasks.spawn({
        let stop = stop.clone();
        async move { Ok(registrar.run(stop).await?) }
    });
    tasks.spawn({
        let (store, settings, stop) = (store.clone(), settings.replay.clone(), stop.clone());
        async move {
            replay::forget(store, settings, stop).await;
            Ok(())
        }
    });
    tasks.spawn({
        let (queue, stop) = (queue.clone(), stop.clone());
        async move {
            queue.report_depths(Duration::from_secs(2), stop).await;
            Ok(())
        }
    });
    tasks.spawn(forget(store.clone(), settings.keep.clone(), stop.clone()));
    match settings.may_poll() {
        Ok(()) => {
            let revisits = fetcher::revisit::Revisits::new(store.clone(), queue.clone(), settings.revisits.clone());
            tasks.spawn({
                let stop = stop.clone();
                async move {
                    revisits.run(stop).await;
                    Ok(())
                }
            });
            let scheduler = fetcher::schedule::Scheduler::new(store, queue, settings.scheduler.clone());
            let stop = stop.clone();
            tasks.spawn(async move {
                scheduler.run(stop).await;
                Ok(())
            });
        }
        Err(why) => tracing::warn!("{why}"),
    }
    Ok(())
}

async fn fetcher(house: &Arc<House>, tasks: &mut Tasks, stop: &CancellationToken) -> anyhow::Result<()> {
    let settings = &house.settings;
    settings.may_poll().or_else(|why| {
        // One process for everything still serves the site; a fetcher alone would only wait.
        if settings.queue.url.starts_with("sqlite:") { Ok(()) } else { Err(why) }
    })?;
    let (poller, retriever) = handlers::fetcher(house).await?;
    work(house, poller, tasks, stop).await?;
    if settings.may_poll().is_ok() {
        rejudge(house, tasks, stop).await?;
    }
    work(house, retriever, tasks, stop).await
}

/// Asks feeds' hubs to tell of news, and serves their calls.
async fn listen_to_hubs(
    house: &Arc<House>,
    listener: tokio::net::TcpListener,
    public: url::Url,
    tasks: &mut Tasks,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    use fetcher::websub::{Subscriber, callback};
    let (store, settings) = (house.store().await?, &house.settings);
    let apart = Duration::from_secs(settings.poller.min_interval_secs);
    let state = callback::CallbackState::new(store.clone(), settings.websub.clone(), apart);
    tracing::info!(address = %settings.websub.listen, "hubs are listened to");
    tasks.spawn({
        let stop = stop.clone();
        async move { Ok(serve(listener, callback::router(state), stop).await?) }
    });
    let (client, politeness) = (house.client()?, house.politeness().await?);
    let subscriber = Subscriber::new(store, client, politeness, settings.websub.clone(), public);
    let stop = stop.clone();
    tasks.spawn(async move {
        subscriber.run(stop).await;
        Ok(())
    });
    Ok(())
}

/// Judges again what was published. Here, and not with the scheduler: it asks hosts for their rules, and only
/// fetchers may reach the web.
async fn rejudge(house: &Arc<House>, tasks: &mut Tasks, stop: &CancellationToken) -> anyhow::Result<()> {
    let settings = &house.settings;
    let (client, politeness) = (house.client()?, house.politeness().await?);
    let mut rules = settings.web.robots.clone();
    rules.ttl_secs = rules.ttl_secs.min(settings.rejudge.every().as_secs());
    let robots = Arc::new(web::Robots::new(client.clone(), politeness.clone(), rules));
    let (store, queue) = (house.store().await?, house.queue().await?);
    let (tdm_file, settings) = (settings.retriever.tdm_file, settings.rejudge.clone());
    let rejudge = fetcher::rejudge::Rejudge::new(store, queue, client, robots, politeness, tdm_file, settings);
    let stop = stop.clone();
    tasks.spawn(async move {
        rejudge.run(stop).await;
        Ok(())
    });
    Ok(())
}

/// Runs a worker around a handler.
async fn work<H: Handler>(
    house: &Arc<House>,
    handler: H,
    tasks: &mut Tasks,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let queue = house.queue().await?;
    let (notebook, writer) = Notebook::open(house.store().await?, stop.clone());
    let settings = house.settings.queue.worker(H::STAGE);
    let worker = Worker::new(queue, handler, settings, Some(Arc::new(notebook) as Arc<dyn Chronicle>));
    let stop = stop.clone();
    tasks.spawn(async move {
        worker.run(stop).await?;
        writer.await.context("writing decisions")
    });
    Ok(())
}

/// Forgets what is older than its time, every now and then.
async fn forget(
    store: store::Store,
    keep: crate::settings::KeepSettings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let days = |n: u64| Duration::from_secs(n * 86_400);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(Duration::from_secs(keep.every_secs.max(1))) => {}
        }
        let now = Timestamp::now();
        let rounds = [
            store.prune_captures(now.minus(Duration::from_secs(keep.captures_hours * 3600)), keep.captures_bytes).await,
            store.prune_decisions(now.minus(days(keep.decisions_days))).await,
            store.prune_hashes(now.minus(days(keep.hashes_days))).await,
            store.prune_changes(now.minus(days(keep.changes_days))).await,
        ];
        for failed in rounds.into_iter().filter_map(Result::err) {
            tracing::warn!(error = %failed, "forgetting what is old failed; it is tried again");
        }
    }
}

/// What the site tells of the robot: from the same settings that the robot obeys.
fn robot_facts(house: &House) -> anyhow::Result<publisher::site::RobotFacts> {
    let settings = &house.settings;
    let politeness = &settings.web.politeness;
    Ok(publisher::site::RobotFacts {
        user_agent: house.client()?.user_agent().to_owned(),
        product: settings.web.robots.agent.clone(),
        poll_min: Duration::from_secs(settings.poller.min_interval_secs),
        poll_max: Duration::from_secs(settings.poller.max_interval_secs),
        host_interval: Duration::from_secs_f64(1.0 / politeness.host_per_second.max(0.001)),
        crawl_delay_max: Duration::from_secs(politeness.crawl_delay_cap_secs),
    })
}

#[cfg(test)]
mod tests;
