//! Pages that tests find on the belt, sent behind the news.

use queue::{Belt, Lane, Page, Queue, QueueName};
use std::time::Duration;

/// What was sent is there at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Takes so many pages from the later lane.
pub(crate) async fn taken(queue: &Queue, count: usize) -> Vec<Page> {
    let mut consumer = queue.consume(QueueName::Belt(Belt::Pages, Lane::Later), 50).await.unwrap();
    let mut pages = Vec::new();
    for n in 0..count {
        let Ok(delivery) = tokio::time::timeout(PATIENCE, consumer.next()).await else {
            panic!("of {count} articles that should be looked at again, {n} were sent")
        };
        let delivery = delivery.unwrap();
        pages.push(serde_json::from_slice(&delivery.envelope.body).unwrap());
        delivery.ack().await.unwrap();
    }
    pages
}

/// How many wait on the belt.
pub(crate) async fn waiting(queue: &Queue) -> u64 {
    let depths = queue.depths().await.unwrap();
    depths.iter().filter(|d| d.queue.belt() == Some(Belt::Pages)).map(|d| d.ready).sum()
}
