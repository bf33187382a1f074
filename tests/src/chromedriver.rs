//! A private ChromeDriver, through which tests use pages as a reader's browser does.

use crate::child::{Folder, Server, find};
use crate::{HarnessError, free_port};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A ChromeDriver of this process. Stopped, and every Chromium it started with it, when dropped.
#[derive(Debug)]
pub struct Chromedriver {
    _server: Server,
    folder: Folder,
    chromium: PathBuf,
    port: u16,
}

impl Chromedriver {
    /// Starts one; Chromium itself starts with a session.
    pub fn start() -> Result<Self, HarnessError> {
        let program = find("chromedriver", &["/usr/lib/chromium".into()], "chromium-driver")?;
        let chromium = find("chromium", &[], "chromium")?;
        let folder = Folder::new("chromedriver")?;
        let (port, log) = (free_port(), folder.join("chromedriver.log"));
        let mut command = Command::new(program);
        command.arg(format!("--port={port}")).env("TMPDIR", &*folder).env("HOME", &*folder);
        let mut server = Server::spawn(command, &log)?;
        server.await_port("chromedriver", port, &log, Duration::from_secs(30))?;
        Ok(Self { _server: server, folder, chromium, port })
    }

    /// Where it answers in the WebDriver protocol.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The browser it is to start.
    pub fn chromium(&self) -> String {
        self.chromium.display().to_string()
    }

    /// Where the browser is to keep its profile.
    pub fn profile(&self) -> String {
        self.folder.join("profile").display().to_string()
    }
}
