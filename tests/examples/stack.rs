//! The demo on real servers: private RabbitMQ, Redis and PostgreSQL, the simulated press, and two processes of every
//! role, each of which may be killed. `make demo-stack` runs it.
//!
//! `stack WIREROOM [SITE [PRESS]]`: the binary, where the first site is served (127.0.0.1:8080; the second has the
//! next port) and where the press is (127.0.0.1:8090).
#![forbid(unsafe_code)]
// It talks to a person's terminal.
#![allow(clippy::print_stdout)]

use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use store::{Store, StoreSettings, Totals};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// What runs twice.
const ROLES: [&str; 6] = ["scheduler", "fetcher", "deduplicator", "publisher", "courier", "site"];
const REPLICAS: u16 = 2;
/// What has ended is started again after this: time to see that it is gone.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// How long processes may finish in when all is stopped: as the settings below say, and a little.
const DRAIN: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Where everything is.
struct Stack {
    program: PathBuf,
    folder: tempfile::TempDir,
    site: SocketAddr,
    press: SocketAddr,
    store_url: String,
}

/// A process of a role.
struct Replica {
    role: &'static str,
    number: u16,
    child: Child,
    ended: Option<Instant>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().context("usage: stack WIREROOM [SITE [PRESS]]")?;
    let mut address = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned()).parse::<SocketAddr>();
    let (site, press) = (address("127.0.0.1:8080")?, address("127.0.0.1:8090")?);
    let program = PathBuf::from(&program).canonicalize().with_context(|| format!("there is no {program}"))?;

    println!("starting RabbitMQ, Redis and PostgreSQL, private to this demo");
    let servers = tokio::task::spawn_blocking(|| {
        (harness::rabbitmq().vhost(), harness::redis().url(), harness::postgres().database())
    });
    let (queue, index, store_url) = servers.await?;
    let stack = Stack { program, folder: tempfile::tempdir()?, site, press, store_url };
    stack.write_settings(&queue, &index)?;
    stack.run().await
}

impl Stack {
    fn settings(&self) -> PathBuf {
        self.folder.path().join("wireroom.toml")
    }

    fn write_settings(&self, queue: &str, index: &str) -> anyhow::Result<()> {
        let Self { site, press, store_url, .. } = self;
        let port = press.port();
        let text = format!(
            r#"
[log]
filter = "warn"
[metrics]
listen = ""
[site]
name = "Wireroom demo"
public_url = "http://{site}"
operator = "The operator of this demo"
contact = "desk@localhost"
[queue]
url = "{queue}"
drain_secs = 5
[index]
url = "{index}"
[store]
url = "{store_url}"
[web]
allow_networks = ["127.0.0.0/8"]
resolve = {{ "*" = "http://{press}" }}
[web.limits]
ports = [80, 443, {port}]
# The press has no visitors but us.
[web.politeness]
host_per_second = 200.0
domain_per_second = 800
connections_per_host = 4
waiting_per_host = 64
[poller]
min_interval_secs = 2
first_interval_secs = 2
max_interval_secs = 10
"#
        );
        std::fs::write(self.settings(), text).context("writing the demo's settings")
    }

    /// A command of the binary with the demo's settings; its errors go to a log of their own.
    fn command(&self, log: &str) -> anyhow::Result<Command> {
        let log = self.folder.path().join(format!("{log}.log"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.settings()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    async fn run(&self) -> anyhow::Result<()> {
        let mut press = self.start_press().await?;
        let store = Store::open(&StoreSettings { url: self.store_url.clone(), ..StoreSettings::default() }).await?;
        let mut replicas = Vec::new();
        for role in ROLES {
            for number in 0..REPLICAS {
                replicas.push(Replica { role, number, child: self.start(role, number)?, ended: None });
            }
        }
        self.introduce(&replicas);
        let supervised = self.supervise(&mut replicas, &mut press, &store).await;
        println!("stopping");
        stop(&mut replicas).await;
        // A press that is told to stop has nothing to finish.
        let _ = press.kill().await;
        supervised
    }

    /// The press, and its publishers as sources.
    async fn start_press(&self) -> anyhow::Result<Child> {
        let list = self.folder.path().join("press.toml");
        let mut press = self.command("press")?;
        press.arg("press").args(["--listen", &self.press.to_string(), "--rate", "2", "--sources"]).arg(&list);
        let mut press = press.spawn()?;
        while !list.exists() {
            if let Some(status) = press.try_wait()? {
                bail!("the press ended ({status}):\n{}", self.log("press"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let status = self.command("sources")?.args(["sources", "sync"]).arg(&list).status().await?;
        ensure!(status.success(), "the press's publishers were not taken as sources:\n{}", self.log("sources"));
        Ok(press)
    }

    fn start(&self, role: &str, number: u16) -> anyhow::Result<Child> {
        let mut command = self.command(&format!("{role}-{number}"))?;
        if role == "site" {
            let mut address = self.site;
            address.set_port(self.site.port() + number);
            command.args(["--set", &format!("site.listen={address}")]);
        }
        command.arg(role).spawn().with_context(|| format!("starting {role}"))
    }

    fn introduce(&self, replicas: &[Replica]) {
        println!("\nthe site:  http://{}/ and http://{}:{}/", self.site, self.site.ip(), self.site.port() + 1);
        println!("commands:  {} --config {} …", self.program.display(), self.settings().display());
        println!("logs:      {}\n", self.folder.path().display());
        println!("kill any of these; nothing is lost, and it is started again:");
        for role in ROLES {
            let of_role = replicas.iter().filter(|r| r.role == role);
            let pids: Vec<String> = of_role.map(|r| format!("kill -9 {}", r.child.id().unwrap_or_default())).collect();
            println!("  {role:<13}{}", pids.join("    "));
        }
        println!("\nCtrl-C stops everything.\n");
    }

    /// Starts again what has ended, and says how far the news is, until told to stop.
    async fn supervise(&self, replicas: &mut [Replica], press: &mut Child, store: &Store) -> anyhow::Result<()> {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let began = Instant::now();
        let (mut first, mut reported) = (false, began);
        loop {
            tokio::select! {
                biased;
                _ = interrupt.recv() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Some(status) = press.try_wait()? {
                bail!("the press ended ({status}):\n{}", self.log("press"));
            }
            for replica in replicas.iter_mut() {
                self.revive(replica)?;
            }
            let totals = store.totals().await?;
            if totals.stories > 0 && !first {
                first = true;
                println!(
                    "the first story can be read {:.1} s after the pipeline's start",
                    began.elapsed().as_secs_f64()
                );
            }
            if reported.elapsed() >= REPORT_EVERY {
                reported = Instant::now();
                report(&totals);
            }
        }
    }

    fn revive(&self, replica: &mut Replica) -> anyhow::Result<()> {
        let Replica { role, number, child, ended } = replica;
        match ended {
            None => {
                let pid = child.id();
                if let Some(status) = child.try_wait()? {
                    println!("{role} {number} (pid {}) {}", pid.unwrap_or_default(), how(status));
                    *ended = Some(Instant::now());
                }
            }
            Some(since) if since.elapsed() >= RESTART_AFTER => {
                *child = self.start(role, *number)?;
                *ended = None;
                println!("{role} {number} runs again: kill -9 {}", child.id().unwrap_or_default());
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The end of a process's log.
    fn log(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

fn report(totals: &Totals) {
    println!("stories {:>6}   articles {:>6}   copies found {:>6}", totals.stories, totals.articles, totals.copies);
}

fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("was ended by signal {signal}"),
        None => format!("ended ({status})"),
    }
}

/// SIGTERM to all, and SIGKILL to what has not ended in time.
async fn stop(replicas: &mut [Replica]) {
    for pid in replicas.iter().filter_map(|r| r.child.id()) {
        // One that has just ended needs no signal.
        let _ = Command::new("kill").arg(pid.to_string()).stderr(Stdio::null()).status().await;
    }
    let ended = async {
        for replica in replicas.iter_mut() {
            let _ = replica.child.wait().await;
        }
    };
    // What is left is killed when it is dropped.
    let _ = tokio::time::timeout(DRAIN, ended).await;
}
