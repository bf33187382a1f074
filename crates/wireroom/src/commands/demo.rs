//! `wireroom demo`: the simulated press and the whole pipeline, and a tour of what an operator can do.

use crate::cli::Demo as Asked;
use crate::commands::progress::Progress;
use crate::commands::tour::{Tour, Way};
use crate::house::House;
use crate::output::line;
use crate::roles::{Role, Tasks, start};
use crate::settings::Settings;
use anyhow::Context;
use press::{Press, PressSettings, RunningPress};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Runs the demo until told to stop, or for the time asked.
pub(crate) async fn run(mut settings: Settings, asked: Asked, stop: CancellationToken) -> anyhow::Result<()> {
    let began = Instant::now();
    let temporary;
    let folder = match &asked.data {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
            folder.clone()
        }
        None => {
            temporary = Folder::new()?;
            temporary.0.clone()
        }
    };
    let press = found(&asked).await?;
    adapt(&mut settings, &asked, &folder, press.addr());
    let file = folder.join("wireroom.toml");
    std::fs::write(&file, crate::settings::written(&settings))
        .with_context(|| format!("can't write {}", file.display()))?;

    let house = House::new(settings);
    let store = house.store().await?;
    for source in press.sources() {
        store.put_source(&source).await?;
    }
    let mut tasks = Tasks::new(stop.clone());
    let started = Instant::now();
    start(&house, &Role::ALL, &mut tasks, &stop).await?;
    line(format!("the site:  http://{}/", shown(&asked.listen)));
    line(format!("the press: {} publishers on {}, in nine languages", press.sources().len(), press.addr()));

    let guide = tokio::spawn(guide(store.clone(), press, asked.clone(), file, started, began, stop.clone()));
    let joined = tasks.join().await;
    stop.cancel();
    guide.await.context("the guide panicked")??;
    if let Some(queue) = house.opened_queue() {
        queue.close().await;
    }
    joined
}

/// A folder that goes with the demo.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("wireroom-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("can't make the folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn found(asked: &Asked) -> anyhow::Result<RunningPress> {
    let settings =
        PressSettings { seed: asked.seed, publishers: asked.publishers, rate: asked.rate, ..Default::default() };
    let address: SocketAddr =
        asked.press.parse().with_context(|| format!("--press {}: an address with a port is expected", asked.press))?;
    Press::new(settings).start(address).await.context("choose another port with --press")
}

/// The demo's own settings: everything in one folder, the web is the press, and news every second.
fn adapt(settings: &mut Settings, asked: &Asked, folder: &Path, press: SocketAddr) {
    let inside = |name: &str| format!("sqlite:{}", folder.join(name).display());
    if settings.queue.url.starts_with("sqlite:") {
        settings.queue.url = inside("queue.db");
        settings.index.url = inside("index.db");
        settings.store.url = inside("store.db");
    }
    settings.metrics.listen.clear();
    settings.site.listen.clone_from(&asked.listen);
    "Wireroom demo".clone_into(&mut settings.site.name);
    "The operator of this demo".clone_into(&mut settings.site.operator);
    "desk@localhost".clone_into(&mut settings.site.contact);
    if let Ok(url) = format!("http://{}", shown(&asked.listen)).parse() {
        settings.site.public_url = url;
    }
    if let Ok(press) = press.to_string().parse() {
        settings.web.resolve.insert("*".to_owned(), press);
    }
    if let Ok(loopback) = "127.0.0.0/8".parse() {
        settings.web.allow_networks.push(loopback);
    }
    settings.web.limits.ports.push(press.port());
    // The press has no visitors but us.
    settings.web.politeness.host_per_second = 200.0;
    settings.web.politeness.domain_per_second = 800;
    settings.web.politeness.connections_per_host = 4;
    settings.web.politeness.waiting_per_host = 64;
    settings.poller.min_interval_secs = 2;
    settings.poller.first_interval_secs = 2;
    settings.poller.max_interval_secs = 4;
}

/// As a browser is given it.
fn shown(listen: &str) -> String {
    listen.replacen("127.0.0.1", "localhost", 1).replacen("0.0.0.0", "localhost", 1)
}

/// Shows progress, and the tour once there is something to see.
async fn guide(
    store: store::Store,
    press: RunningPress,
    asked: Asked,
    settings: PathBuf,
    started: Instant,
    began: Instant,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut progress = Progress::new();
    let way = Way { site: format!("http://{}", shown(&asked.listen)), settings };
    let mut tour = Tour::new(way);
    let mut first = false;
    loop {
        let totals = store.totals().await?;
        if totals.stories > 0 && !first {
            first = true;
            progress.say(&format!(
                "the first story can be read {:.1} s after the pipeline's start ({:.1} s after the program's)",
                started.elapsed().as_secs_f64(),
                began.elapsed().as_secs_f64()
            ));
        }
        tour.step(&store, &press, &progress).await?;
        progress.show(&totals);
        if asked.seconds.is_some_and(|s| began.elapsed() >= Duration::from_secs(s)) {
            stop.cancel();
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
    progress.end();
    press.stop().await;
    Ok(())
}
