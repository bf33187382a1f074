//! A private Redis.

use crate::child::{Folder, Server, find};
use crate::{Certificates, HarnessError, free_port};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A Redis of this process.
#[derive(Debug)]
pub struct Redis {
    server: Mutex<Option<Server>>,
    folder: Folder,
    /// Plain port.
    pub port: u16,
    /// TLS port.
    pub tls_port: u16,
    certificates: Certificates,
    /// When its append-only file is on the disk: `everysec`, `always`.
    fsync: &'static str,
}

impl Redis {
    /// Starts one: append-only file on, no eviction, plain and TLS.
    pub fn start() -> Result<Self, HarnessError> {
        Self::start_with("everysec")
    }

    /// Starts one whose every answer is on the disk first: killed, it has forgotten nothing that it said.
    pub fn start_durable() -> Result<Self, HarnessError> {
        Self::start_with("always")
    }

    fn start_with(fsync: &'static str) -> Result<Self, HarnessError> {
        let folder = Folder::new("redis")?;
        let certificates = Certificates::write(&folder)?;
        let (port, tls_port) = (free_port(), free_port());
        let redis = Self { server: Mutex::new(None), folder, port, tls_port, certificates, fsync };
        redis.restart()?;
        Ok(redis)
    }

    /// Starts it (again) on the same ports with the same data.
    pub fn restart(&self) -> Result<(), HarnessError> {
        let program = find("redis-server", &[], "redis-server")?;
        let log = self.folder.join("redis.log");
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--daemonize", "no", "--appendonly", "yes", "--appendfsync", self.fsync]);
        command.args(["--save", "", "--maxmemory-policy", "noeviction", "--tls-auth-clients", "no"]);
        command.arg("--port").arg(self.port.to_string()).arg("--tls-port").arg(self.tls_port.to_string());
        command.arg("--dir").arg(&*self.folder);
        command.arg("--tls-ca-cert-file").arg(&self.certificates.ca);
        command.arg("--tls-cert-file").arg(&self.certificates.cert).arg("--tls-key-file").arg(&self.certificates.key);
        let mut server = Server::spawn(command, &log)?;
        server.await_port("redis-server", self.port, &log, Duration::from_secs(20))?;
        *self.lock() = Some(server);
        Ok(())
    }

    /// SIGKILL.
    pub fn kill(&self) {
        if let Some(mut server) = self.lock().take() {
            server.kill();
        }
    }

    /// SIGKILL, and its data is gone; [`Redis::restart`] starts it empty.
    pub fn lose(&self) -> Result<(), HarnessError> {
        self.kill();
        let data = self.folder.join("appendonlydir");
        match std::fs::remove_dir_all(&data) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                Err(HarnessError::io(format!("removing {}", data.display()))(why))
            }
            _ => Ok(()),
        }
    }

    /// Stops answering without closing a connection.
    pub fn freeze(&self) {
        if let Some(server) = self.lock().as_ref() {
            server.signal("STOP");
        }
    }

    /// Answers again.
    pub fn thaw(&self) {
        if let Some(server) = self.lock().as_ref() {
            server.signal("CONT");
        }
    }

    /// `redis://127.0.0.1:PORT/0`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// `rediss://localhost:PORT/0`; trust [`Redis::ca_file`].
    pub fn tls_url(&self) -> String {
        format!("rediss://localhost:{}/0", self.tls_port)
    }

    /// The authority that signed its certificate.
    pub fn ca_file(&self) -> &Path {
        &self.certificates.ca
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
