//! The belts on RabbitMQ, 3.10 and later.
//!
//! Two connections, so that a broker that blocks publishers (memory or disk alarm) does not block acks. Each
//! is rebuilt by a supervisor of our own, with channels and consumers; lapin's recovery is off, because it
//! hides what was lost meanwhile.

mod claim;
mod consumer;
mod letters;
mod link;
mod publisher;
mod session;
mod wire;

use crate::backend::{Backend, Deliveries, Depth, Taken};
use crate::error::PublishError;
use crate::topology::physical;
use crate::{Envelope, QueueError, QueueName, QueueSettings};
use async_trait::async_trait;
use lapin::options::{BasicGetOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use link::{Link, Purpose};
use session::Session;
use std::sync::Arc;
use std::time::Duration;
use telemetry::Health;
use tokio::time::timeout;

/// How long a question to the broker may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The broker.
pub(crate) struct RabbitMq {
    settings: Arc<QueueSettings>,
    publishing: Link,
    consuming: Link,
}

impl RabbitMq {
    /// Connects. A broker that is away is waited for behind the scenes; one that holds our queues with other
    /// arguments is an error, because no waiting mends it. Who takes also checks, once, that letters are safe.
    pub(crate) async fn open(settings: &QueueSettings, takes: bool, health: Health) -> Result<Self, QueueError> {
        let settings = Arc::new(settings.clone());
        let publishing = Link::open(Purpose::Publish, settings.clone(), health.clone()).await?;
        let consuming = Link::open(Purpose::Consume, settings.clone(), health.clone()).await?;
        if takes {
            tokio::spawn(letters::check(publishing.clone(), health));
        }
        Ok(Self { settings, publishing, consuming })
    }

    /// The session for questions: not waited for.
    fn answering(&self) -> Result<Arc<Session>, PublishError> {
        self.consuming.current().ok_or_else(|| PublishError::Away("no connection to the broker".to_owned()))
    }
}

#[async_trait]
impl Backend for RabbitMq {
    async fn publish(&self, messages: &[Envelope]) -> Result<(), PublishError> {
        let patience = Duration::from_secs(self.settings.confirm_timeout_secs);
        self.publishing.session(patience).await?.publish(messages).await
    }

    async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Box<dyn Deliveries>, QueueError> {
        Ok(Box::new(consumer::Pull::start(self.consuming.clone(), self.publishing.clone(), queue, prefetch)))
    }

    async fn get(&self, queue: QueueName) -> Result<Option<Taken>, PublishError> {
        let session = self.answering()?;
        let asked = async {
            // A channel of its own: it lives as long as the message, and nothing else can close it.
            let channel = session.channel().await?;
            let name = physical(queue, &self.settings);
            let got = channel.basic_get(name.as_str().into(), BasicGetOptions { no_ack: false }).await?;
            Ok::<_, lapin::Error>(got.map(|message| (message.delivery, channel)))
        };
        let got = timeout(ANSWER, asked).await.map_err(|_| PublishError::Away("no answer".to_owned()))?;
        let got = got.map_err(|e| PublishError::Away(e.to_string()))?;
        Ok(got.map(|(delivery, channel)| {
            let way = claim::Way { channel, session, _hand: None };
            claim::taken(delivery, queue, way, self.publishing.clone())
        }))
    }

    /// A passive declare sees ready messages only. A queue that is not there holds nothing.
    async fn depths(&self, queues: &[QueueName]) -> Result<Vec<Depth>, PublishError> {
        let session = self.answering()?;
        let mut depths = Vec::with_capacity(queues.len());
        for queue in queues {
            let name = physical(*queue, &self.settings);
            let options = QueueDeclareOptions { passive: true, durable: true, ..QueueDeclareOptions::default() };
            let asked = async {
                let channel = session.asking().await?;
                channel.queue_declare(name.as_str().into(), options, FieldTable::default()).await
            };
            let ready = match timeout(ANSWER, asked).await {
                Ok(Ok(declared)) => u64::from(declared.message_count()),
                Ok(Err(why)) if why.is_amqp_soft_error() => 0,
                Ok(Err(why)) => return Err(PublishError::Away(why.to_string())),
                Err(_) => return Err(PublishError::Away("no answer".to_owned())),
            };
            depths.push(Depth { queue: *queue, ready, in_flight: None, bytes: None });
        }
        Ok(depths)
    }

    async fn close(&self) {
        self.consuming.close().await;
        self.publishing.close().await;
    }
}
