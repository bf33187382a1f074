//! A whole Wireroom in separate processes, as an operator runs it: one `wireroom run`, or two of every role.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use store::{Store, StoreSettings};

/// On which parts it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// One process on SQLite.
    Embedded,
    /// RabbitMQ, Redis and PostgreSQL; two processes of every role.
    Stack,
}

const ROLES: [&str; 5] = ["scheduler", "fetcher", "deduplicator", "publisher", "courier"];

/// A running installation. Dropped, its processes are killed.
pub(crate) struct Installation {
    mode: Mode,
    folder: tempfile::TempDir,
    settings: PathBuf,
    store_url: String,
    /// `--set` of every process.
    sets: Vec<String>,
    processes: Vec<Process>,
}

struct Process {
    role: &'static str,
    number: usize,
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where an installation's parts are.
pub(crate) struct Parts {
    pub(crate) queue: String,
    pub(crate) index: String,
    pub(crate) store: String,
}

impl Installation {
    /// Settings for a web that is all at `press`; nothing is started. `more` is TOML added to them.
    pub(crate) fn new(mode: Mode, press: std::net::SocketAddr, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display();
        let parts = match mode {
            Mode::Embedded => Parts {
                queue: format!("sqlite:{data}/queue.db"),
                index: format!("sqlite:{data}/index.db"),
                store: format!("sqlite:{data}/store.db"),
            },
            Mode::Stack => Parts {
                queue: harness::rabbitmq().vhost(),
                index: harness::redis().url(),
                store: harness::postgres().database(),
            },
        };
        Self::on(mode, folder, parts, press, more)
    }

    /// The same on servers that a test has for itself, to ill-treat them.
    pub(crate) fn on_own_servers(parts: Parts, press: std::net::SocketAddr, more: &str) -> Self {
        Self::on(Mode::Stack, tempfile::tempdir().unwrap(), parts, press, more)
    }

    fn on(mode: Mode, folder: tempfile::TempDir, parts: Parts, press: std::net::SocketAddr, more: &str) -> Self {
        let Parts { queue, index, store: store_url } = parts;
        let prefix = harness::unique("i");
        let text = format!(
            r#"
[log]
format = "json"
filter = "info,sqlx=warn"
[metrics]
listen = ""
[site]
listen = "127.0.0.1:0"
contact = "desk@wireroom.example"
[queue]
url = "{queue}"
ladder = ["200ms", "1s", "5s"]
lone_every_ms = 100
reconnect_max_ms = 500
[index]
url = "{index}"
prefix = "{prefix}"
[store]
url = "{store_url}"
[web]
allow_networks = ["127.0.0.0/8"]
resolve = {{ "*" = "http://{press}" }}
[web.limits]
ports = [80, 443, {port}]
[web.politeness]
host_per_second = 500
domain_per_second = 2000
connections_per_host = 8
waiting_per_host = 64
[poller]
min_interval_secs = 1
max_interval_secs = 2
first_interval_secs = 1
first_poll_pages = 10000
pages_per_poll = 10000
[scheduler]
lease_secs = 10
{more}
"#,
            port = press.port(),
        );
        let settings = folder.path().join("wireroom.toml");
        std::fs::write(&settings, text).unwrap();
        Self { mode, folder, settings, store_url, sets: Vec::new(), processes: Vec::new() }
    }

    /// Another value for a setting, as `section.key=value`, in every process started from now on.
    pub(crate) fn set(&mut self, setting: impl Into<String>) {
        self.sets.push(setting.into());
    }

    /// Starts every process.
    pub(crate) fn start(&mut self) {
        match self.mode {
            Mode::Embedded => self.spawn("run", 0),
            Mode::Stack => {
                for role in ROLES {
                    (0..2).for_each(|number| self.spawn(role, number));
                }
            }
        }
    }

    /// The roles' names with their processes' numbers.
    pub(crate) fn running(&self) -> Vec<(&'static str, usize)> {
        self.processes.iter().map(|p| (p.role, p.number)).collect()
    }

    /// SIGKILL to one process, and another in its place.
    pub(crate) fn kill_and_restart(&mut self, role: &'static str, number: usize) {
        let at = self.processes.iter().position(|p| p.role == role && p.number == number).unwrap();
        drop(self.processes.remove(at));
        self.spawn(role, number);
    }

    /// SIGKILL to every process of a role.
    pub(crate) fn kill_role(&mut self, role: &str) {
        self.processes.retain(|p| p.role != role);
    }

    /// Two new processes of a role.
    pub(crate) fn start_role(&mut self, role: &'static str) {
        self.start_replicas(role, 2);
    }

    /// So many new processes of a role.
    pub(crate) fn start_replicas(&mut self, role: &'static str, replicas: usize) {
        (0..replicas).for_each(|number| self.spawn(role, number));
    }

    /// Sends a signal (`STOP`, `CONT`) to one process.
    pub(crate) fn signal(&self, role: &str, number: usize, signal: &str) {
        let process = self.processes.iter().find(|p| p.role == role && p.number == number).unwrap();
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(process.child.id().to_string()).status();
        assert!(sent.is_ok_and(|s| s.success()), "{signal} to {role}-{number}");
    }

    /// Runs a command of the binary to its end; gives whether it succeeded, standard output and standard error.
    pub(crate) fn command(&self, arguments: &[&str]) -> (bool, String, String) {
        let output = wireroom()
            .arg("--config")
            .arg(&self.settings)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    /// Its store.
    pub(crate) async fn store(&self) -> Store {
        let settings = StoreSettings { url: self.store_url.clone(), ..StoreSettings::default() };
        Store::open(&settings).await.unwrap()
    }

    /// Where its data is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The ends of its processes' logs, for a failed test's message.
    pub(crate) fn logs(&self) -> String {
        let mut out = String::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap().flatten() {
            if entry.path().extension().is_some_and(|e| e == "log") {
                let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
                let lines: Vec<&str> = text
                    .lines()
                    .filter(|l| l.contains("\"WARN\"") || l.contains("\"ERROR\"") || !l.starts_with('{'))
                    .collect();
                out.push_str(&format!("--- {}\n", entry.file_name().to_string_lossy()));
                out.push_str(&lines[lines.len().saturating_sub(15)..].join("\n"));
                out.push('\n');
            }
        }
        out
    }

    fn spawn(&mut self, role: &'static str, number: usize) {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join(format!("{role}-{number}.log")))
            .unwrap();
        let child = wireroom()
            .arg("--config")
            .arg(&self.settings)
            .args(self.sets.iter().flat_map(|set| ["--set", set]))
            .arg(role)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.processes.push(Process { role, number, child });
    }
}

/// The binary under test without what the environment says to the tests: it knows its own settings only.
fn wireroom() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|n| n.starts_with("WIREROOM_CHAOS_") || n.starts_with("WIREROOM_TEST_")) {
            command.env_remove(name);
        }
    }
    command
}

/// The binary under test, built (or found built) once.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--quiet", "--package", "wireroom", "--bin", "wireroom"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.is_ok_and(|s| s.success()), "building wireroom failed");
        // This test's own program is in target/PROFILE/deps.
        std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("wireroom")
    })
}

/// Waits until `done` gives `None`; after `within` panics with what it last gave.
pub(crate) async fn eventually<F, Fut>(within: Duration, mut done: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<String>>,
{
    let deadline = Instant::now() + within;
    loop {
        let Some(missing) = done().await else { return };
        assert!(Instant::now() < deadline, "after {within:?}: {missing}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
