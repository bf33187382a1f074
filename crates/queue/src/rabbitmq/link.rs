//! A connection that is rebuilt whenever it breaks.

use super::session::{CONNECT_LIMIT, ConnectError, Session};
use crate::backoff::Backoff;
use crate::error::PublishError;
use crate::{QueueError, QueueSettings};
use futures_util::StreamExt;
use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use std::sync::Arc;
use std::time::Duration;
use telemetry::Health;
use telemetry::events::belt::{BrokerConnection, ConnectionEvent};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// How long the first attempt may keep the process from starting.
const FIRST_LIMIT: Duration = Duration::from_secs(10);
/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Publish,
    Consume,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Publish => "publish",
            Purpose::Consume => "consume",
        }
    }

    /// The part in readiness.
    fn part(self) -> &'static str {
        match self {
            Purpose::Publish => "queue",
            Purpose::Consume => "queue.consume",
        }
    }
}

/// One of the two connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    current: watch::Receiver<Option<Arc<Session>>>,
    closing: CancellationToken,
    closed: CancellationToken,
}

impl Link {
    /// Connects once, and lets a supervisor go on with what came of it.
    pub(super) async fn open(
        purpose: Purpose,
        settings: Arc<QueueSettings>,
        health: Health,
    ) -> Result<Self, QueueError> {
        let target = Target::new(purpose, settings)?;
        let first = match timeout(FIRST_LIMIT, target.connect()).await {
            Ok(Ok(session)) => Some(Arc::new(session)),
            Ok(Err(ConnectError::Topology(why))) => return Err(why),
            Ok(Err(ConnectError::Away(why))) => {
                target.refused(&health, &why);
                None
            }
            Err(_) => {
                target.refused(&health, "no answer");
                None
            }
        };
        if first.is_some() {
            target.connected(&health);
        }
        let (slot, current) = watch::channel(first);
        let (closing, closed) = (CancellationToken::new(), CancellationToken::new());
        tokio::spawn(target.supervise(slot, health, closing.clone(), closed.clone()));
        Ok(Self { current, closing, closed })
    }

    /// The connection, if there is one.
    pub(super) fn current(&self) -> Option<Arc<Session>> {
        self.current.borrow().clone().filter(|s| !s.lost.is_cancelled())
    }

    /// Waits for a connection.
    pub(super) async fn session(&self, patience: Duration) -> Result<Arc<Session>, PublishError> {
        if self.closing.is_cancelled() {
            return Err(PublishError::Closed);
        }
        let mut current = self.current.clone();
        let waited =
            timeout(patience, current.wait_for(|session| session.as_ref().is_some_and(|s| !s.lost.is_cancelled())));
        match waited.await {
            Ok(Ok(session)) => session.clone().ok_or(PublishError::Closed),
            Ok(Err(_)) => Err(PublishError::Closed),
            Err(_) => Err(PublishError::Away("no connection to the broker".to_owned())),
        }
    }

    /// Whether it was closed by us.
    pub(super) fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    pub(super) async fn close(&self) {
        self.closing.cancel();
        let _ = timeout(Duration::from_secs(5), self.closed.cancelled()).await;
    }
}

/// Where to connect to and how.
struct Target {
    purpose: Purpose,
    settings: Arc<QueueSettings>,
    uri: AMQPUri,
    ca: Option<String>,
}

impl Target {
    fn new(purpose: Purpose, settings: Arc<QueueSettings>) -> Result<Self, QueueError> {
        let mut uri: AMQPUri =
            settings.url.parse().map_err(|_| QueueError::Url(telemetry::without_password(&settings.url)))?;
        uri.query.heartbeat = Some(settings.heartbeat_secs);
        uri.query.connection_timeout = Some(10_000);
        let ca = settings.ca_file.as_ref().map(|path| {
            std::fs::read_to_string(path)
                .map_err(|e| QueueError::CaFile { path: path.display().to_string(), why: e.to_string() })
        });
        Ok(Self { purpose, uri, ca: ca.transpose()?, settings })
    }

    async fn connect(&self) -> Result<Session, ConnectError> {
        let away =
            |e: lapin::Error| ConnectError::Away(format!("{}: {e}", telemetry::without_password(&self.settings.url)));
        let name = format!("wireroom {}", self.purpose.as_str());
        let properties = ConnectionProperties::default().with_connection_name(name.as_str().into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: self.ca.clone() };
        let runtime = lapin::runtime::default_runtime().map_err(away)?;
        let connection =
            Connection::connect_uri_with_config(self.uri.clone(), properties, tls, runtime).await.map_err(away)?;
        let mut session = Session::over(connection, self.settings.clone());
        if self.purpose == Purpose::Publish {
            session.declare().await?;
            session.publishes().await.map_err(away)?;
        }
        Ok(session)
    }

    /// Holds a session until it is lost, then makes the next.
    async fn supervise(
        self,
        slot: watch::Sender<Option<Arc<Session>>>,
        health: Health,
        closing: CancellationToken,
        closed: CancellationToken,
    ) {
        let (min, max) = (self.settings.reconnect_min_ms, self.settings.reconnect_max_ms);
        let mut backoff = Backoff::new(Duration::from_millis(min), Duration::from_millis(max));
        let mut session = slot.borrow().clone();
        loop {
            if let Some(living) = session.take() {
                let why = tokio::select! {
                    biased;
                    () = closing.cancelled() => None,
                    why = self.watch(&living, &health) => Some(why),
                };
                let _ = slot.send(None);
                if why.is_none() {
                    living.acks_taken_in().await;
                }
                living.close().await;
                let Some(why) = why else { break };
                BrokerConnection { event: ConnectionEvent::Lost, link: self.purpose.as_str(), detail: &why }.emit();
                health.down(self.purpose.part(), format!("connection to the broker lost: {why}"));
            }
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                () = tokio::time::sleep(backoff.next()) => {}
            }
            let made = tokio::select! {
                biased;
                () = closing.cancelled() => break,
                made = timeout(CONNECT_LIMIT, self.connect()) => made,
            };
            match made {
                Ok(Ok(made)) => {
                    backoff.reset();
                    session = Some(Arc::new(made));
                    self.connected(&health);
                    let _ = slot.send(session.clone());
                }
                Ok(Err(why)) => self.refused(&health, &why.to_string()),
                Err(_) => self.refused(&health, "no answer"),
            }
        }
        closed.cancel();
    }

    /// Returns, saying why, when the session is dead.
    async fn watch(&self, session: &Session, health: &Health) -> String {
        let mut events = Box::pin(session.connection().events_listener());
        let mut looks = interval(Duration::from_millis(500));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = session.lost.cancelled() => return "the broker leaves us without an answer".to_owned(),
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(why)) => self.blocked(session, health, Some(&why)),
                    Some(Event::ConnectionUnblocked) => self.blocked(session, health, None),
                    Some(Event::Error(why)) => return why.to_string(),
                    Some(_) => {}
                    None => return "the connection ended".to_owned(),
                },
                _ = looks.tick() => {
                    if !session.connection().status().connected() {
                        return "the connection ended".to_owned();
                    }
                }
            }
        }
    }

    fn blocked(&self, session: &Session, health: &Health, why: Option<&str>) {
        session.blocked.send_replace(why.is_some());
        let (event, detail) = match why {
            Some(why) => (ConnectionEvent::Blocked, why),
            None => (ConnectionEvent::Unblocked, ""),
        };
        BrokerConnection { event, link: self.purpose.as_str(), detail }.emit();
        match why {
            Some(why) => health.down(self.purpose.part(), format!("the broker takes no messages ({why} alarm)")),
            None => health.up(self.purpose.part()),
        }
    }

    fn connected(&self, health: &Health) {
        BrokerConnection { event: ConnectionEvent::Connected, link: self.purpose.as_str(), detail: "" }.emit();
        health.up(self.purpose.part());
    }

    fn refused(&self, health: &Health, why: &str) {
        BrokerConnection { event: ConnectionEvent::Refused, link: self.purpose.as_str(), detail: why }.emit();
        health.down(self.purpose.part(), format!("waiting for the broker: {why}"));
    }
}
