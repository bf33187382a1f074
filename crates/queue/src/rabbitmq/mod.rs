//! The belts on RabbitMQ.

use crate::backend::{Backend, Deliveries, Depth, Taken};
use crate::error::PublishError;
use crate::{Envelope, QueueError, QueueName, QueueSettings};
use async_trait::async_trait;
use telemetry::Health;

/// The broker.
pub(crate) struct RabbitMq {}

impl RabbitMq {
    pub(crate) async fn open(_settings: &QueueSettings, _health: Health) -> Result<Self, QueueError> {
        Err(QueueError::Backend("RabbitMQ follows".to_owned()))
    }
}

#[async_trait]
impl Backend for RabbitMq {
    async fn publish(&self, _messages: &[Envelope]) -> Result<(), PublishError> {
        Err(PublishError::Closed)
    }

    async fn consume(&self, _queue: QueueName, _prefetch: u16) -> Result<Box<dyn Deliveries>, QueueError> {
        Err(QueueError::Closed)
    }

    async fn get(&self, _queue: QueueName) -> Result<Option<Taken>, PublishError> {
        Err(PublishError::Closed)
    }

    async fn depths(&self, _queues: &[QueueName]) -> Result<Vec<Depth>, PublishError> {
        Err(PublishError::Closed)
    }

    async fn close(&self) {}
}
