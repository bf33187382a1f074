//! Starting servers and making sure that none outlives the tests.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// First of the ports that servers get, and how many there are.
const FIRST_PORT: u16 = 16_000;
const PORTS: u16 = 16_000;

/// A server that can't be started.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// Its program isn't there.
    #[error("{program} is not installed: apt-get install {package}")]
    Missing {
        /// What was looked for.
        program: String,
        /// Debian's package that has it.
        package: &'static str,
    },
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Its word.
        source: std::io::Error,
    },
    /// It ended or did not answer in time.
    #[error("{what} did not start: {log}")]
    NotStarted {
        /// Which server.
        what: String,
        /// The end of what it printed.
        log: String,
    },
}

impl HarnessError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// A port of 127.0.0.1 that nobody listened on a moment ago. Below those that Linux gives outgoing connections (32768
/// and up): the port of a server that is killed and started again must not be taken by a client meanwhile.
pub fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Each process of tests begins somewhere else, and goes on from there.
    let begin = std::process::id().wrapping_mul(97);
    for _ in 0..PORTS {
        let step = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % u32::from(PORTS);
        let port = FIRST_PORT + u16::try_from(step).unwrap_or_default();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    0
}

/// Where a server is to listen.
pub(crate) struct Listening(SocketAddr);

impl From<u16> for Listening {
    fn from(port: u16) -> Self {
        Self((Ipv4Addr::LOCALHOST, port).into())
    }
}

impl From<(Ipv4Addr, u16)> for Listening {
    fn from(address: (Ipv4Addr, u16)) -> Self {
        Self(address.into())
    }
}

/// A running server in a process group of its own.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Dropping it lets the watchdog end the group.
    watchdog: Option<(Child, ChildStdin)>,
}

impl Server {
    /// Starts `command` with its output in `log`.
    pub(crate) fn spawn(mut command: Command, log: &Path) -> Result<Self, HarnessError> {
        let out = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .map_err(HarnessError::io(format!("opening {}", log.display())))?;
        let err = out.try_clone().map_err(HarnessError::io("duplicating a log file"))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(HarnessError::io(format!("starting {program}")))?;
        let group = child.id().to_string();
        let watchdog = when_gone(r#"kill -s KILL -- "-$1""#, group.as_ref())?;
        Ok(Self { child, watchdog: Some(watchdog) })
    }

    /// Waits until `port` of this machine, or another address, accepts connections.
    pub(crate) fn await_port(
        &mut self,
        what: &str,
        port: impl Into<Listening>,
        log: &Path,
        within: Duration,
    ) -> Result<(), HarnessError> {
        let Listening(address) = port.into();
        self.wait_until(what, log, within, || TcpStream::connect(address).is_ok())
    }

    /// Waits until `ready` says so, the server ends, or time is up.
    pub(crate) fn wait_until(
        &mut self,
        what: &str,
        log: &Path,
        within: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<(), HarnessError> {
        let deadline = Instant::now() + within;
        loop {
            if ready() {
                return Ok(());
            }
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if ended || Instant::now() > deadline {
                return Err(HarnessError::NotStarted { what: what.to_owned(), log: tail(log) });
            }
            pause(Duration::from_millis(50));
        }
    }

    /// SIGKILL to the whole group, and waits for its end.
    pub(crate) fn kill(&mut self) {
        signal("KILL", self.child.id());
        let _ = self.child.wait();
        if let Some((mut watchdog, pipe)) = self.watchdog.take() {
            drop(pipe);
            let _ = watchdog.wait();
        }
    }

    /// Sends a signal (`STOP`, `CONT`, `TERM`) to the whole group.
    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn signal(name: &str, group: u32) {
    let _ = Command::new("kill").args([&format!("-{name}"), "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}

/// A process that waits for the end of this one, or for its guard's drop, and then runs `script` with `argument` as
/// `$1`.
pub(crate) fn when_gone(script: &str, argument: &std::ffi::OsStr) -> Result<(Child, ChildStdin), HarnessError> {
    let mut child = Command::new("sh")
        .args(["-c", &format!("cat >/dev/null; {script}"), "watchdog"])
        .arg(argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(HarnessError::io("starting a watchdog"))?;
    let Some(pipe) = child.stdin.take() else {
        return Err(HarnessError::NotStarted {
            what: "watchdog".to_owned(),
            log: "it has no standard input".to_owned(),
        });
    };
    Ok((child, pipe))
}

/// Blocking is right here: the servers are started by whichever test comes first, and the others wait.
#[allow(clippy::disallowed_methods)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Finds a program in PATH or in one of `folders`.
pub(crate) fn find(program: &str, folders: &[PathBuf], package: &'static str) -> Result<PathBuf, HarnessError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&path))
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| HarnessError::Missing { program: program.to_owned(), package })
}

/// A folder for a server's data, gone when the guard or this process is.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _watchdog: (Child, ChildStdin),
}

impl Folder {
    pub(crate) fn new(stem: &str) -> Result<Self, HarnessError> {
        let path = tempfile::Builder::new()
            .prefix(&format!("wireroom-{stem}-"))
            .tempdir()
            .map(tempfile::TempDir::keep)
            .map_err(HarnessError::io("making a temporary folder"))?;
        // The servers' own watchdogs end them first; one that still writes would make the folder anew.
        let watchdog = when_gone(r#"sleep 1; rm -rf -- "$1""#, path.as_os_str())?;
        Ok(Self { path, _watchdog: watchdog })
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.path
    }
}
