//! A private RabbitMQ, with its own epmd, management and Prometheus plugins.

use crate::child::{Folder, Server, find};
use crate::{Certificates, HarnessError, free_port, unique};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A RabbitMQ of this process.
#[derive(Debug)]
pub struct RabbitMq {
    server: Mutex<Option<Server>>,
    epmd: Mutex<Option<Server>>,
    folder: Folder,
    epmd_port: u16,
    dist_port: u16,
    /// AMQP port.
    pub port: u16,
    /// AMQP over TLS port.
    pub tls_port: u16,
    /// Management API's port.
    pub management_port: u16,
    /// Prometheus plugin's port.
    pub prometheus_port: u16,
    certificates: Certificates,
}

const BIN: &str = "/usr/lib/rabbitmq/bin";

impl RabbitMq {
    /// Starts one and waits until it takes connections.
    pub fn start() -> Result<Self, HarnessError> {
        Self::start_beside(None)
    }

    /// Starts another node and makes it a member of this one's cluster.
    pub fn join(&self) -> Result<Self, HarnessError> {
        let node = Self::start_beside(Some(self.epmd_port))?;
        node.ctl(&["stop_app"])?;
        node.ctl(&["join_cluster", &self.node_name()])?;
        node.ctl(&["start_app"])?;
        Ok(node)
    }

    /// Nodes find each other by one epmd and trust each other by one cookie.
    fn start_beside(epmd_port: Option<u16>) -> Result<Self, HarnessError> {
        let folder = Folder::new("rabbitmq")?;
        let certificates = Certificates::write(&folder)?;
        let this = Self {
            server: Mutex::new(None),
            epmd: Mutex::new(None),
            folder,
            epmd_port: epmd_port.unwrap_or_else(free_port),
            dist_port: free_port(),
            port: free_port(),
            tls_port: free_port(),
            management_port: free_port(),
            prometheus_port: free_port(),
            certificates,
        };
        let config = format!(
            "listeners.tcp.1 = 127.0.0.1:{}\nlisteners.ssl.1 = 127.0.0.1:{}\n\
             ssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
             ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n\
             management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {}\n\
             prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {}\n\
             disk_free_limit.absolute = 50MB\nlog.console = true\nlog.console.level = warning\nlog.file = false\n",
            this.port,
            this.tls_port,
            this.certificates.ca.display(),
            this.certificates.cert.display(),
            this.certificates.key.display(),
            this.management_port,
            this.prometheus_port,
        );
        this.write("rabbitmq.conf", &config)?;
        this.write("enabled_plugins", "[rabbitmq_management,rabbitmq_prometheus].\n")?;
        // Held dead letters are tried again after seconds, not after the three minutes of the default.
        // A node that is gone is gone after seconds, not after the minute of the default.
        let advanced =
            "[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 5000}]}, {kernel, [{net_ticktime, 8}]}].\n";
        this.write("advanced.config", advanced)?;
        this.write(".erlang.cookie", "wireroom")?;
        let cookie = this.folder.join(".erlang.cookie");
        std::fs::set_permissions(&cookie, std::fs::Permissions::from_mode(0o400))
            .map_err(HarnessError::io(format!("closing {}", cookie.display())))?;
        if epmd_port.is_none() {
            this.start_epmd()?;
        }
        this.restart()?;
        Ok(this)
    }

    /// Starts it (again) on the same ports with the same data.
    pub fn restart(&self) -> Result<(), HarnessError> {
        let program = find("rabbitmq-server", &[PathBuf::from(BIN)], "rabbitmq-server")?;
        let log = self.folder.join("rabbitmq.log");
        let mut command = Command::new(program);
        self.environment(&mut command);
        let mut server = Server::spawn(command, &log)?;
        let port = self.management_port;
        server.await_port("rabbitmq-server", self.port, &log, Duration::from_secs(90))?;
        server.wait_until("rabbitmq-server", &log, Duration::from_secs(60), || {
            http(port, "GET", "/api/overview", "").is_ok_and(|status| status == 200)
        })?;
        *lock(&self.server) = Some(server);
        Ok(())
    }

    /// SIGKILL.
    pub fn kill(&self) {
        if let Some(mut server) = lock(&self.server).take() {
            server.kill();
        }
    }

    /// Stops answering without closing a connection, as a half-open network does.
    pub fn freeze(&self) {
        if let Some(server) = lock(&self.server).as_ref() {
            server.signal("STOP");
        }
    }

    /// Answers again.
    pub fn thaw(&self) {
        if let Some(server) = lock(&self.server).as_ref() {
            server.signal("CONT");
        }
    }

    /// Runs `rabbitmqctl` against it and gives its standard output.
    pub fn ctl(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let program = find("rabbitmqctl", &[PathBuf::from(BIN)], "rabbitmq-server")?;
        let mut command = Command::new(program);
        self.environment(&mut command);
        let output = command.args(arguments).output().map_err(HarnessError::io("running rabbitmqctl"))?;
        if !output.status.success() {
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(HarnessError::NotStarted { what: format!("rabbitmqctl {arguments:?}"), log });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The URL of a new, empty vhost.
    pub fn vhost(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/{}", self.port, self.new_vhost())
    }

    /// The same over TLS; trust [`RabbitMq::ca_file`].
    pub fn tls_vhost(&self) -> String {
        format!("amqps://guest:guest@localhost:{}/{}", self.tls_port, self.new_vhost())
    }

    /// The authority that signed its certificate.
    pub fn ca_file(&self) -> &Path {
        &self.certificates.ca
    }

    /// The same vhost on another node of its cluster.
    pub fn on_this_node(&self, vhost: &str) -> String {
        let name = vhost.rsplit('/').next().unwrap_or_default();
        format!("amqp://guest:guest@127.0.0.1:{}/{name}", self.port)
    }

    fn node_name(&self) -> String {
        format!("wireroom{}@localhost", self.port)
    }

    fn new_vhost(&self) -> String {
        let name = unique("v");
        for (path, body) in [
            (format!("/api/vhosts/{name}"), ""),
            (format!("/api/permissions/{name}/guest"), r#"{"configure":".*","write":".*","read":".*"}"#),
        ] {
            let status = http(self.management_port, "PUT", &path, body);
            assert!(status.as_ref().is_ok_and(|s| (200..300).contains(s)), "PUT {path}: {status:?}");
        }
        name
    }

    fn start_epmd(&self) -> Result<(), HarnessError> {
        let mut command = Command::new(find("epmd", &[], "rabbitmq-server")?);
        command.arg("-port").arg(self.epmd_port.to_string()).args(["-address", "127.0.0.1"]);
        let log = self.folder.join("epmd.log");
        let mut epmd = Server::spawn(command, &log)?;
        epmd.await_port("epmd", self.epmd_port, &log, Duration::from_secs(10))?;
        *lock(&self.epmd) = Some(epmd);
        Ok(())
    }

    /// Everything that could make it touch the machine's own RabbitMQ is set.
    fn environment(&self, command: &mut Command) {
        let file = |name: &str| self.folder.join(name);
        command
            .env("HOME", &*self.folder)
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", self.node_name())
            .env("RABBITMQ_DIST_PORT", self.dist_port.to_string())
            .env("RABBITMQ_MNESIA_BASE", file("mnesia"))
            .env("RABBITMQ_LOG_BASE", file("log"))
            .env("RABBITMQ_SCHEMA_DIR", file("schema"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", file("config"))
            .env("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", file("advanced.config"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", file("enabled_plugins"))
            .env("RABBITMQ_CONF_ENV_FILE", file("no-env.conf"))
            .env("RABBITMQ_PID_FILE", file("rabbitmq.pid"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 +sbwt none")
            .current_dir(&*self.folder);
    }

    fn write(&self, name: &str, text: &str) -> Result<(), HarnessError> {
        let file = self.folder.join(name);
        std::fs::write(&file, text).map_err(HarnessError::io(format!("writing {}", file.display())))
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        self.kill();
        *lock(&self.epmd) = None;
    }
}

fn lock(server: &Mutex<Option<Server>>) -> std::sync::MutexGuard<'_, Option<Server>> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request to the management API as guest; gives the status.
fn http(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    // Base64 of guest:guest.
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = String::from_utf8_lossy(&answer[..answer.len().min(64)]).into_owned();
    Ok(head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default())
}
