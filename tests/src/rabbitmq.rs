//! A private RabbitMQ, with its own epmd, management and Prometheus plugins.

use crate::child::{Folder, Server, find};
use crate::{Certificates, HarnessError, Host, free_port, unique};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
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
    how: How,
}

/// How it is to run.
#[derive(Clone, Debug, Default)]
struct How {
    /// Of the cluster's epmd; its own if none.
    epmd_port: Option<u16>,
    /// The host it runs on; this machine if none.
    host: Option<Host>,
    /// The feature flags it begins with; all if none.
    feature_flags: Option<&'static str>,
}

const BIN: &str = "/usr/lib/rabbitmq/bin";

impl RabbitMq {
    /// Starts one and waits until it takes connections.
    pub fn start() -> Result<Self, HarnessError> {
        Self::start_as(How::default())
    }

    /// Starts one on a host of its own. Partitions pause the minority, as in the manifests.
    pub fn start_on(host: &Host) -> Result<Self, HarnessError> {
        Self::start_as(How { host: Some(host.clone()), ..How::default() })
    }

    /// The same as a member of this one's cluster.
    pub fn join_on(&self, host: &Host) -> Result<Self, HarnessError> {
        let (epmd_port, host) = (Some(self.epmd_port), Some(host.clone()));
        self.joined(Self::start_as(How { epmd_port, host, ..How::default() })?)
    }

    /// Starts another node and makes it a member of this one's cluster.
    pub fn join(&self) -> Result<Self, HarnessError> {
        self.joined(Self::start_as(How { epmd_port: Some(self.epmd_port), ..How::default() })?)
    }

    fn joined(&self, node: Self) -> Result<Self, HarnessError> {
        node.ctl(&["stop_app"])?;
        node.ctl(&["join_cluster", &self.node_name()])?;
        node.ctl(&["start_app"])?;
        Ok(node)
    }

    /// Starts one that begins with these feature flags only, as one upgraded from an old release does; RabbitMQ 3.
    pub fn start_with_feature_flags(flags: &'static str) -> Result<Self, HarnessError> {
        Self::start_as(How { feature_flags: Some(flags), ..How::default() })
    }

    /// Nodes find each other by one epmd on each host and trust each other by one cookie.
    fn start_as(how: How) -> Result<Self, HarnessError> {
        let folder = Folder::new("rabbitmq")?;
        let certificates = Certificates::write(&folder)?;
        let this = Self {
            server: Mutex::new(None),
            epmd: Mutex::new(None),
            folder,
            epmd_port: how.epmd_port.unwrap_or_else(free_port),
            dist_port: free_port(),
            port: free_port(),
            tls_port: free_port(),
            management_port: free_port(),
            prometheus_port: free_port(),
            certificates,
            how,
        };
        let address = this.address();
        let mut config = format!(
            "listeners.tcp.1 = {address}:{}\nlisteners.ssl.1 = {address}:{}\n\
             ssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
             ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n\
             management.tcp.ip = {address}\nmanagement.tcp.port = {}\n\
             prometheus.tcp.ip = {address}\nprometheus.tcp.port = {}\n\
             disk_free_limit.absolute = 50MB\nlog.console = true\nlog.console.level = warning\nlog.file = false\n",
            this.port,
            this.tls_port,
            this.certificates.ca.display(),
            this.certificates.cert.display(),
            this.certificates.key.display(),
            this.management_port,
            this.prometheus_port,
        );
        if this.how.host.is_some() {
            // Clients come from another host, and guest is local by default.
            config.push_str("loopback_users = none\ncluster_partition_handling = pause_minority\n");
        }
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
        if this.how.epmd_port.is_none() || this.how.host.is_some() {
            this.start_epmd()?;
        }
        this.restart()?;
        Ok(this)
    }

    /// Starts it (again) on the same ports with the same data.
    pub fn restart(&self) -> Result<(), HarnessError> {
        let program = find("rabbitmq-server", &[PathBuf::from(BIN)], "rabbitmq-server")?;
        let log = self.folder.join("rabbitmq.log");
        let mut command = self.on_host(program);
        self.environment(&mut command);
        let mut server = Server::spawn(command, &log)?;
        let management = (self.address(), self.management_port);
        server.await_port("rabbitmq-server", (self.address(), self.port), &log, Duration::from_secs(90))?;
        server.wait_until("rabbitmq-server", &log, Duration::from_secs(60), || {
            http(management, "GET", "/api/overview", "").is_ok_and(|status| status == 200)
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

    /// Raises its memory alarm: publishers are blocked.
    pub fn raise_alarm(&self) -> Result<(), HarnessError> {
        self.ctl(&["set_vm_memory_high_watermark", "absolute", "1MB"]).map(drop)
    }

    /// Ends its memory alarm.
    pub fn end_alarm(&self) -> Result<(), HarnessError> {
        self.ctl(&["set_vm_memory_high_watermark", "0.4"]).map(drop)
    }

    /// Closes every connection to the vhost of this URL, as an operator does.
    pub fn close_connections(&self, url: &str) -> Result<(), HarnessError> {
        let vhost = url.rsplit('/').next().unwrap_or_default();
        self.ctl(&["close_all_connections", "--vhost", vhost, "maintenance"]).map(drop)
    }

    /// Runs `rabbitmqctl` against it and gives its standard output.
    pub fn ctl(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let program = find("rabbitmqctl", &[PathBuf::from(BIN)], "rabbitmq-server")?;
        let mut command = self.on_host(program);
        self.environment(&mut command);
        let output = command.args(arguments).output().map_err(HarnessError::io("running rabbitmqctl"))?;
        if !output.status.success() {
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(HarnessError::NotStarted { what: format!("rabbitmqctl {arguments:?}"), log });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Messages in each queue of a URL's vhost: ready, in hand, and held to be dead-lettered.
    pub fn messages(&self, url: &str) -> Result<BTreeMap<String, u64>, HarnessError> {
        let vhost = url.rsplit('/').next().unwrap_or_default();
        let listed = self.ctl(&["list_queues", "--silent", "--no-table-headers", "-p", vhost, "name", "messages"])?;
        let read = |line: &str| {
            let (name, messages) = line.split_once(char::is_whitespace)?;
            Some((name.to_owned(), messages.trim().parse().ok()?))
        };
        Ok(listed.lines().filter_map(read).collect())
    }

    /// The URL of a new, empty vhost.
    pub fn vhost(&self) -> String {
        format!("amqp://guest:guest@{}:{}/{}", self.address(), self.port, self.new_vhost())
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
        format!("amqp://guest:guest@{}:{}/{name}", self.address(), self.port)
    }

    fn address(&self) -> Ipv4Addr {
        self.how.host.as_ref().map_or(Ipv4Addr::LOCALHOST, |host| host.address)
    }

    /// A command that runs where the server does.
    fn on_host(&self, program: PathBuf) -> Command {
        let Some(host) = &self.how.host else { return Command::new(program) };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &host.namespace]).arg(program);
        command
    }

    fn node_name(&self) -> String {
        match &self.how.host {
            Some(host) => format!("wireroom{}@{}", self.port, host.address),
            None => format!("wireroom{}@localhost", self.port),
        }
    }

    fn new_vhost(&self) -> String {
        let name = unique("v");
        for (path, body) in [
            (format!("/api/vhosts/{name}"), ""),
            (format!("/api/permissions/{name}/guest"), r#"{"configure":".*","write":".*","read":".*"}"#),
        ] {
            let status = http((self.address(), self.management_port), "PUT", &path, body);
            assert!(status.as_ref().is_ok_and(|s| (200..300).contains(s)), "PUT {path}: {status:?}");
        }
        name
    }

    fn start_epmd(&self) -> Result<(), HarnessError> {
        let mut command = self.on_host(find("epmd", &[], "rabbitmq-server")?);
        command.arg("-port").arg(self.epmd_port.to_string()).arg("-address").arg(self.address().to_string());
        let log = self.folder.join("epmd.log");
        let mut epmd = Server::spawn(command, &log)?;
        epmd.await_port("epmd", (self.address(), self.epmd_port), &log, Duration::from_secs(10))?;
        *lock(&self.epmd) = Some(epmd);
        Ok(())
    }

    /// Everything that could make it touch the machine's own RabbitMQ is set.
    fn environment(&self, command: &mut Command) {
        let file = |name: &str| self.folder.join(name);
        command
            .env("HOME", &*self.folder)
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("ERL_EPMD_ADDRESS", self.address().to_string())
            .env("RABBITMQ_NODENAME", self.node_name())
            .env("RABBITMQ_USE_LONGNAME", if self.how.host.is_some() { "true" } else { "false" })
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
        if let Some(flags) = self.how.feature_flags {
            command.env("RABBITMQ_FEATURE_FLAGS", flags);
        }
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
fn http(address: (Ipv4Addr, u16), method: &str, path: &str, body: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
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
