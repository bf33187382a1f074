//! A private Prometheus that scrapes what a test runs.

use crate::child::{Folder, Server, find};
use crate::{HarnessError, free_port};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A Prometheus of this process. Stopped, and its data removed, when dropped.
#[derive(Debug)]
pub struct Prometheus {
    _server: Server,
    _folder: Folder,
    port: u16,
}

impl Prometheus {
    /// Starts one that asks `targets` (`127.0.0.1:9090`) every second, as the job `job`, and evaluates `rules` as often.
    pub fn start(job: &str, targets: &[String], rules: Option<&Path>) -> Result<Self, HarnessError> {
        let program = find("prometheus", &[], "prometheus")?;
        let folder = Folder::new("prometheus")?;
        let targets: Vec<String> = targets.iter().map(|t| format!("{t:?}")).collect();
        let mut text = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nscrape_configs: [{{job_name: {job}, static_configs: [{{targets: [{}]}}]}}]\n",
            targets.join(", ")
        );
        if let Some(rules) = rules {
            text.push_str(&format!("rule_files: [{:?}]\n", rules.display().to_string()));
        }
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, text).map_err(HarnessError::io("writing prometheus.yml"))?;
        let (port, log) = (free_port(), folder.join("prometheus.log"));
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let mut server = Server::spawn(command, &log)?;
        server.await_port("prometheus", port, &log, Duration::from_secs(30))?;
        Ok(Self { _server: server, _folder: folder, port })
    }

    /// Where its HTTP API is: `http://127.0.0.1:PORT/api/v1`.
    pub fn api(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1", self.port)
    }
}
