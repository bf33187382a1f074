//! A connection that is rebuilt whenever it breaks.

use super::publisher::{Publisher, Request};
use crate::backoff::Backoff;
use crate::error::PublishError;
use crate::settings::hidden;
use crate::topology::topology;
use crate::{Envelope, QueueError, QueueSettings};
use futures_util::StreamExt;
use lapin::options::{ConfirmSelectOptions, QueueDeclareOptions};
use lapin::tcp::OwnedTLSConfig;
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, Event};
use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use telemetry::Health;
use telemetry::events::belt::{BrokerConnection, ConnectionEvent};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// How long a connection may take to be made, topology included: some dozens of quorum queues.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(60);
/// How long the first attempt may keep the process from starting.
const FIRST_LIMIT: Duration = Duration::from_secs(10);
/// How long after the last ack a channel is kept open. A channel of the broker hands a quorum queue 32 commands at
/// once (the soft limit of `rabbit_fifo_client`); acks beyond them wait in the channel, and one that closes takes them
/// along: their messages would come again, and each time would count as a delivery.
const ACKS_TAKEN_IN: Duration = Duration::from_millis(300);
/// Publishes of this process that may wait for the publisher; more wait at their sender.
const WAITING: usize = 256;

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

/// A connection that lives.
pub(super) struct Session {
    connection: Connection,
    settings: Arc<QueueSettings>,
    /// To the task that publishes; only on the publishing connection.
    publisher: Option<mpsc::Sender<Request>>,
    /// For passive declares; opened anew when a missing queue has closed it.
    asking: Mutex<Option<Channel>>,
    /// Set when it is known to be dead, by whoever notices first.
    pub(super) lost: CancellationToken,
    /// Whether the broker takes no publishes.
    pub(super) blocked: watch::Sender<bool>,
    /// When the last ack went out.
    acked: std::sync::Mutex<Option<Instant>>,
}

impl Session {
    /// A channel of its own.
    pub(super) async fn channel(&self) -> Result<Channel, lapin::Error> {
        self.connection.create_channel().await
    }

    pub(super) fn settings(&self) -> &QueueSettings {
        &self.settings
    }

    /// The channel for questions.
    pub(super) async fn asking(&self) -> Result<Channel, lapin::Error> {
        let mut asking = self.asking.lock().await;
        match asking.as_ref().filter(|channel| channel.status().connected()) {
            Some(channel) => Ok(channel.clone()),
            None => Ok(asking.insert(self.connection.create_channel().await?).clone()),
        }
    }

    /// An ack goes out.
    pub(super) fn acks(&self) {
        *self.acked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Waits until the broker has had the time to take every ack in.
    pub(super) async fn acks_taken_in(&self) {
        let last = *self.acked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last {
            tokio::select! {
                biased;
                () = self.lost.cancelled() => {}
                () = tokio::time::sleep_until(last + ACKS_TAKEN_IN) => {}
            }
        }
    }

    /// What was asked of the broker, while the connection lives and for at most `limit`: what a dying connection
    /// takes in may never be answered.
    pub(super) async fn alive<T>(&self, limit: Duration, asked: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.lost.cancelled() => None,
            answer = timeout(limit, asked) => answer.ok(),
        }
    }

    /// Publishes, and returns when all are confirmed. A message that the broker returns may have lost its
    /// queue to somebody's hand: the topology is declared anew before it counts as unroutable.
    pub(super) async fn publish(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        if messages.is_empty() {
            return Ok(());
        }
        match self.publish_once(messages).await {
            Err(PublishError::Unsendable(why)) => {
                tracing::warn!(%why, "declaring the topology anew");
                let silent = || PublishError::Away("the broker does not answer".to_owned());
                let declared = self.alive(CONNECT_LIMIT, self.declare()).await.ok_or_else(silent)?;
                declared.map_err(|e| PublishError::Away(e.to_string()))?;
                self.publish_once(messages).await
            }
            answer => answer,
        }
    }

    async fn publish_once(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        let away = || PublishError::Away("the connection to the broker broke".to_owned());
        let publisher = self.publisher.as_ref().ok_or_else(away)?;
        let (done, answer) = oneshot::channel();
        publisher.send(Request { messages: messages.to_vec(), done }).await.map_err(|_| away())?;
        answer.await.map_err(|_| away())?
    }

    /// Declares every queue.
    pub(super) async fn declare(&self) -> Result<(), ConnectError> {
        declare(&self.connection, &self.settings).await
    }

    async fn close(&self) {
        self.lost.cancel();
        let _ = timeout(Duration::from_secs(2), self.connection.close(200, "closing".into())).await;
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// A queue is there with other arguments.
    #[error(transparent)]
    Topology(QueueError),
    /// Everything that may heal.
    #[error("{0}")]
    Away(String),
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
        let mut uri: AMQPUri = settings.url.parse().map_err(|_| QueueError::Url(hidden(&settings.url)))?;
        uri.query.heartbeat = Some(settings.heartbeat_secs);
        uri.query.connection_timeout = Some(10_000);
        let ca = settings.ca_file.as_ref().map(|path| {
            std::fs::read_to_string(path)
                .map_err(|e| QueueError::CaFile { path: path.display().to_string(), why: e.to_string() })
        });
        Ok(Self { purpose, uri, ca: ca.transpose()?, settings })
    }

    async fn connect(&self) -> Result<Session, ConnectError> {
        let away = |e: lapin::Error| ConnectError::Away(format!("{}: {e}", hidden(&self.settings.url)));
        let name = format!("wireroom {}", self.purpose.as_str());
        let properties = ConnectionProperties::default().with_connection_name(name.as_str().into());
        let tls = OwnedTLSConfig { identity: None, cert_chain: self.ca.clone() };
        let runtime = lapin::runtime::default_runtime().map_err(away)?;
        let connection =
            Connection::connect_uri_with_config(self.uri.clone(), properties, tls, runtime).await.map_err(away)?;
        let mut session = Session {
            connection,
            settings: self.settings.clone(),
            publisher: None,
            asking: Mutex::new(None),
            lost: CancellationToken::new(),
            blocked: watch::channel(false).0,
            acked: std::sync::Mutex::default(),
        };
        if self.purpose == Purpose::Publish {
            session.declare().await?;
            let channel = session.channel().await.map_err(away)?;
            channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(away)?;
            let (requests, waiting) = mpsc::channel(WAITING);
            let publisher =
                Publisher::new(channel, session.lost.clone(), session.blocked.subscribe(), self.settings.clone());
            tokio::spawn(publisher.run(waiting));
            session.publisher = Some(requests);
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
        let mut events = Box::pin(session.connection.events_listener());
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
                    if !session.connection.status().connected() {
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

/// Declares every queue with its arguments. A queue that has others is refused by the broker with 406.
async fn declare(connection: &Connection, settings: &QueueSettings) -> Result<(), ConnectError> {
    let away = |e: lapin::Error| ConnectError::Away(e.to_string());
    let channel = connection.create_channel().await.map_err(away)?;
    for queue in topology(settings) {
        let mut arguments = FieldTable::default();
        for (key, value) in &queue.arguments {
            arguments.insert((*key).into(), argument(value));
        }
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let declared = channel.queue_declare(queue.name.as_str().into(), options, arguments).await;
        declared.map_err(|why| match why.kind() {
            lapin::ErrorKind::ProtocolError(e) if e.get_id() == 406 => {
                ConnectError::Topology(QueueError::Topology(format!(
                    "queue {} exists with other arguments than this release declares ({e}). Move its messages \
                     elsewhere and delete it, or set queue.prefix",
                    queue.name
                )))
            }
            _ => away(why),
        })?;
    }
    let _ = channel.close(200, "declared".into()).await;
    Ok(())
}

fn argument(value: &serde_json::Value) -> AMQPValue {
    match value.as_i64() {
        Some(number) => AMQPValue::LongLongInt(number),
        None => AMQPValue::LongString(value.as_str().unwrap_or_default().into()),
    }
}
