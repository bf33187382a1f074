//! A private PostgreSQL.

use crate::child::{Folder, Server, find, pause};
use crate::{Certificates, HarnessError, free_port, unique};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A PostgreSQL of this process.
#[derive(Debug)]
pub struct Postgres {
    server: Mutex<Option<Server>>,
    folder: Folder,
    bin: PathBuf,
    /// Its port.
    pub port: u16,
    certificates: Certificates,
}

impl Postgres {
    /// Makes a cluster and starts it. TLS is on, and not required.
    pub fn start() -> Result<Self, HarnessError> {
        let bin = bin_folder()?;
        let folder = Folder::new("postgres")?;
        let certificates = Certificates::write(&folder)?;
        let this = Self { server: Mutex::new(None), folder, bin, port: free_port(), certificates };
        this.own(&this.folder)?;
        for file in [&this.certificates.cert, &this.certificates.key, &this.certificates.ca] {
            this.own(file)?;
        }
        run("chmod", Command::new("chmod").arg("600").arg(&this.certificates.key))?;
        let mut initdb = this.as_postgres("initdb");
        initdb.arg("-D").arg(this.data());
        initdb.args(["-U", "wireroom", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]).stdout(Stdio::null());
        run("initdb", &mut initdb)?;
        this.restart()?;
        Ok(this)
    }

    /// Starts it (again) on the same port with the same data.
    pub fn restart(&self) -> Result<(), HarnessError> {
        let log = self.folder.join("postgres.log");
        let mut command = self.as_postgres("postgres");
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string()).arg("-k").arg(&*self.folder);
        for setting in ["listen_addresses=127.0.0.1", "max_connections=300", "shared_buffers=64MB", "ssl=on"] {
            command.arg("-c").arg(setting);
        }
        command.arg("-c").arg(format!("ssl_cert_file={}", self.certificates.cert.display()));
        command.arg("-c").arg(format!("ssl_key_file={}", self.certificates.key.display()));
        let mut server = Server::spawn(command, &log)?;
        let port = self.port;
        let psql = find("psql", std::slice::from_ref(&self.bin), "postgresql")?;
        server.wait_until("postgres", &log, Duration::from_secs(30), || {
            psql_command(&psql, port, "postgres", "SELECT 1").status().is_ok_and(|s| s.success())
        })?;
        *self.lock() = Some(server);
        Ok(())
    }

    /// SIGKILL, as a power cut.
    pub fn kill(&self) {
        if let Some(mut server) = self.lock().take() {
            server.kill();
            // The postmaster's children notice its death by themselves; the lock file goes with the next start.
            let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
            pause(Duration::from_millis(200));
        }
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = unique("w");
        if let Ok(psql) = find("psql", std::slice::from_ref(&self.bin), "postgresql") {
            let made = psql_command(&psql, self.port, "postgres", &format!("CREATE DATABASE {name}")).status();
            assert!(made.is_ok_and(|s| s.success()), "CREATE DATABASE {name} failed");
        }
        format!("postgres://wireroom@127.0.0.1:{}/{name}?sslmode=disable", self.port)
    }

    /// The authority that signed its certificate.
    pub fn ca_file(&self) -> &Path {
        &self.certificates.ca
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// PostgreSQL refuses to run as root: then it runs as the package's own user.
    fn as_postgres(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        }
    }

    fn own(&self, path: &Path) -> Result<(), HarnessError> {
        if is_root() { run("chown", Command::new("chown").arg("postgres:postgres").arg(path)) } else { Ok(()) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

fn psql_command(psql: &Path, port: u16, database: &str, sql: &str) -> Command {
    let mut command = Command::new(psql);
    command.args(["-h", "127.0.0.1", "-U", "wireroom", "-d", database, "-q", "-c", sql]);
    command.arg("-p").arg(port.to_string()).stdout(Stdio::null()).stderr(Stdio::null()).env("PGCONNECT_TIMEOUT", "2");
    command
}

fn run(what: &str, command: &mut Command) -> Result<(), HarnessError> {
    let output = command.output().map_err(HarnessError::io(format!("running {what}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(HarnessError::NotStarted { what: what.to_owned(), log: String::from_utf8_lossy(&output.stderr).into_owned() })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"))
}

/// Debian keeps the server's programs out of PATH, in a folder per version: the newest is taken.
fn bin_folder() -> Result<PathBuf, HarnessError> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .filter(|b| b.join("initdb").is_file())
        .collect();
    folders.sort_by_key(|f| {
        f.parent().and_then(Path::file_name).and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok())
    });
    folders.pop().ok_or_else(|| HarnessError::Missing {
        program: "/usr/lib/postgresql/*/bin/initdb".to_owned(),
        package: "postgresql",
    })
}
