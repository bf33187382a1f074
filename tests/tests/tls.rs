//! amqps, rediss and PostgreSQL over TLS, each trusting an authority of its own, and each refusing without it.

use article::{FeedId, SourceId, Timestamp};
use queue::{Belt, Lane, Outgoing, Poll, Queue, QueueName, QueueSettings};
use store::{Store, StoreSettings};
use telemetry::Health;

fn poll() -> Poll {
    let url = "https://example.org/feed".to_owned();
    Poll { feed: FeedId::of(&url), url, source: SourceId::from_name("example"), due: Timestamp(1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn rabbitmq_over_tls() {
    install_provider();
    let rabbitmq = harness::rabbitmq();
    let url = rabbitmq.tls_vhost();
    let settings =
        QueueSettings { url: url.clone(), ca_file: Some(rabbitmq.ca_file().to_owned()), ..QueueSettings::default() };
    let queue = Queue::open(&settings, Health::new()).await.unwrap();
    queue.publish(vec![Outgoing::new(&poll())]).await.unwrap();
    let depths = queue.depths().await.unwrap();
    let ready = depths.iter().find(|d| d.queue == QueueName::Belt(Belt::Feeds, Lane::Main)).unwrap().ready;
    assert_eq!(ready, 1);
    queue.close().await;

    // An authority nobody knows: the broker is not believed, and readiness says so.
    let health = Health::new();
    let stranger = QueueSettings { url, ca_file: None, ..QueueSettings::default() };
    let opened = Queue::open(&stranger, health.clone()).await;
    crate::installation::eventually(std::time::Duration::from_secs(30), || async {
        (opened.is_ok() && health.is_ready()).then(|| format!("{:?}", health.report()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_over_tls() {
    install_provider();
    let redis = harness::redis();
    let settings = deduplicator::IndexSettings {
        url: redis.tls_url(),
        ca_file: Some(redis.ca_file().to_owned()),
        prefix: harness::unique("tls"),
        ..Default::default()
    };
    let index = deduplicator::open(&settings).await.unwrap();
    assert_eq!(index.stats().await.unwrap().articles, 0);
    let stranger = deduplicator::IndexSettings { ca_file: None, ..settings };
    let asked = match deduplicator::open(&stranger).await {
        Ok(index) => index.stats().await,
        Err(e) => Err(e),
    };
    assert!(asked.is_err(), "a server of an unknown authority was believed");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_over_tls() {
    install_provider();
    let postgres = harness::postgres();
    let url = postgres.database().replace("sslmode=disable", "sslmode=verify-ca");
    let trusted = format!("{url}&sslrootcert={}", postgres.ca_file().display());
    let store = Store::open(&StoreSettings { url: trusted, ..StoreSettings::default() }).await.unwrap();
    store.ping().await.unwrap();
    let stranger = Store::open(&StoreSettings { url, acquire_timeout_secs: 3, ..StoreSettings::default() }).await;
    assert!(stranger.is_err());
}

/// As the binary does at its start.
fn install_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
