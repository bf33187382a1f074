//! A press at work: its server, its clock, and the hands that tests lay on it.

use crate::fault::Fault;
use crate::newsroom::{Change, Newsroom};
use crate::server::{self, Shared};
use crate::settings::PressSettings;
use crate::traffic::HostTraffic;
use crate::truth::{self, TruthRow};
use crate::web::Web;
use article::{ArticleId, Source, SourceId, Timestamp, WithdrawalCause};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What can go wrong with a press.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// Its port can't be listened on.
    #[error("the press can't listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no such article, or it is not in a state for what was asked.
    #[error("the press has no article {0} to which that can be done")]
    Article(ArticleId),
    /// There is no such publisher.
    #[error("the press has no publisher “{0}”")]
    Publisher(SourceId),
    /// The truth can't be written.
    #[error("the truth can't be written to {path}: {source}")]
    Truth {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// A press that is not yet served.
pub struct Press {
    room: Newsroom,
}

impl Press {
    /// Founds the publishers and writes the articles that are there from the start.
    pub fn new(settings: PressSettings) -> Self {
        Self { room: Newsroom::open(settings) }
    }

    /// Serves it on `addr`; port 0 takes any free one. Every publisher is a host on this one port.
    pub async fn start(self, addr: SocketAddr) -> Result<RunningPress, PressError> {
        let listen = |source| PressError::Listen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let settings = &self.room.settings;
        let web = Web { suffix: settings.suffix.clone(), port: settings.port_in_addresses.then(|| addr.port()) };
        let (stop, stopping) = watch::channel(false);
        let (changes, _) = watch::channel(self.room.log.len());
        let shared = Arc::new(Shared::new(self.room, web, stopping.clone(), changes));
        let tasks = vec![
            tokio::spawn(server::serve(listener, shared.clone(), stopping.clone())),
            tokio::spawn(server::appear(shared.clone(), stopping)),
        ];
        Ok(RunningPress { shared, addr, stop, tasks })
    }
}

/// A press that is served. It stops when this is dropped; [`RunningPress::stop`] also waits for it.
pub struct RunningPress {
    shared: Arc<Shared>,
    addr: SocketAddr,
    /// Ends the server, the clock and every answer that never comes.
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl RunningPress {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// All publishers' hosts, for a resolver that takes them to [`RunningPress::addr`].
    pub fn hosts(&self) -> Vec<String> {
        self.shared.room().roster.publishers.iter().map(|p| self.shared.web.host(&p.label)).collect()
    }

    /// The publishers as an operator would add them, faulty ones last.
    pub fn sources(&self) -> Vec<Source> {
        self.shared.room().roster.publishers.iter().map(|p| p.source(&self.shared.web)).collect()
    }

    /// The truth about every article, in the order in which they appeared.
    pub fn truth(&self) -> Vec<TruthRow> {
        let room = self.shared.room();
        (0..).map_while(|number| truth::row(&room, &self.shared.web, number)).collect()
    }

    /// The truth about one article.
    pub fn truth_of(&self, id: &ArticleId) -> Option<TruthRow> {
        let number = self.shared.number_of(id)?;
        truth::row(&self.shared.room(), &self.shared.web, number)
    }

    /// The truth about each article that appeared, changed or went after `position`, as it is now, and the
    /// position to ask from next. The first position is 0.
    pub fn truth_after(&self, position: usize) -> (Vec<TruthRow>, usize) {
        let room = self.shared.room();
        let rows = room.log.iter().skip(position).filter_map(|n| truth::row(&room, &self.shared.web, *n)).collect();
        (rows, room.log.len())
    }

    /// Wakes whoever waits for something to appear, change or go; the value is the log's position.
    pub fn changes(&self) -> watch::Receiver<usize> {
        self.shared.changes.subscribe()
    }

    /// Writes the truth as JSON Lines, a row an article.
    pub fn write_truth(&self, path: &Path) -> Result<(), PressError> {
        let failed = |source| PressError::Truth { path: path.display().to_string(), source };
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).map_err(failed)?);
        for row in self.truth() {
            serde_json::to_writer(&mut out, &row).map_err(|e| failed(e.into()))?;
            out.write_all(b"\n").map_err(failed)?;
        }
        out.flush().map_err(failed)
    }

    /// Lets the next article appear at once, whatever the clock says. None where the press is full.
    pub fn publish_next(&self) -> Option<TruthRow> {
        let published = self.shared.change(|room| {
            let changes = room.step();
            changes.into_iter().find_map(|c| if let Change::Published(n) = c { Some(n) } else { None })
        });
        truth::row(&self.shared.room(), &self.shared.web, published?)
    }

    /// Changes an article's text.
    pub fn revise(&self, id: &ArticleId) -> Result<TruthRow, PressError> {
        self.on(id, |room, number| room.revise(number, Timestamp::now()))
    }

    /// Takes an article down.
    pub fn withdraw(&self, id: &ArticleId, cause: WithdrawalCause) -> Result<TruthRow, PressError> {
        self.on(id, |room, number| room.withdraw(number, cause))
    }

    /// Puts an article up again.
    pub fn restore(&self, id: &ArticleId) -> Result<TruthRow, PressError> {
        self.on(id, Newsroom::restore)
    }

    fn on(&self, id: &ArticleId, act: impl FnOnce(&mut Newsroom, u32) -> bool) -> Result<TruthRow, PressError> {
        let unknown = || PressError::Article(id.clone());
        let number = self.shared.number_of(id).ok_or_else(unknown)?;
        if !self.shared.change(|room| act(room, number)) {
            return Err(unknown());
        }
        truth::row(&self.shared.room(), &self.shared.web, number).ok_or_else(unknown)
    }

    /// Lets a publisher do something wrong from now on.
    pub fn break_source(&self, id: &SourceId, fault: Fault) -> Result<(), PressError> {
        self.shared.set_fault(id, Some(fault)).ok_or_else(|| PressError::Publisher(id.clone()))
    }

    /// Lets a publisher do everything right again, also one that was founded faulty.
    pub fn mend_source(&self, id: &SourceId) -> Result<(), PressError> {
        self.shared.set_fault(id, None).ok_or_else(|| PressError::Publisher(id.clone()))
    }

    /// What each host was asked.
    pub fn traffic(&self) -> BTreeMap<String, HostTraffic> {
        self.shared.traffic.seen()
    }

    /// Lets [`RunningPress::traffic`] begin anew.
    pub fn forget_traffic(&self) {
        self.shared.traffic.forget();
    }

    /// Stops and waits until nothing listens any more.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            // It ends by itself; a panic in it has been printed.
            let _ = task.await;
        }
    }
}

impl Drop for RunningPress {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
