//! The parts a role stands on, opened once from the settings.

use crate::settings::Settings;
use anyhow::Context;
use deduplicator::{Index, IndexError};
use queue::Queue;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};
use telemetry::Health;
use tokio::sync::OnceCell;
use web::{Client, Politeness, Robots, SlotSettings};

/// What roles share in one process. Parts are opened when first asked for, so that a role needs only its own.
pub struct House {
    /// As read at the start.
    pub settings: Settings,
    /// What `/readyz` says.
    pub health: Health,
    store: OnceCell<Store>,
    queue: OnceCell<Queue>,
    index: OnceCell<Arc<dyn Index>>,
    politeness: OnceCell<Arc<Politeness>>,
}

impl House {
    /// Nothing is opened yet.
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            health: Health::new(),
            store: OnceCell::new(),
            queue: OnceCell::new(),
            index: OnceCell::new(),
            politeness: OnceCell::new(),
        })
    }

    /// The store. While it is away this waits and says so; a database of a newer release is an error at once.
    pub async fn store(&self) -> anyhow::Result<Store> {
        self.store.get_or_try_init(|| self.open_store()).await.cloned()
    }

    async fn open_store(&self) -> anyhow::Result<Store> {
        self.wait_for("store", |e| matches!(e, StoreError::Away(_)), || Store::open(&self.settings.store)).await
    }

    /// Opens a part; while it is away, readiness says so and names the setting that says where it is looked for.
    async fn wait_for<T, E: std::error::Error + Send + Sync + 'static, Opening: Future<Output = Result<T, E>>>(
        &self,
        part: &str,
        away: fn(&E) -> bool,
        open: impl Fn() -> Opening,
    ) -> anyhow::Result<T> {
        let mut pause = Duration::from_millis(200);
        loop {
            match open().await {
                Ok(opened) => {
                    self.health.up(part);
                    return Ok(opened);
                }
                Err(why) if away(&why) => {
                    self.health.down(part, format!("{why}; {part}.url says where it is looked for"));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// The queue, as one of its workers.
    pub async fn queue(&self) -> anyhow::Result<Queue> {
        let open = || async { Ok(Queue::open(&self.settings.queue, self.health.clone()).await?) };
        self.queue.get_or_try_init(open).await.cloned()
    }

    /// The queue, if a role has opened it.
    pub fn opened_queue(&self) -> Option<&Queue> {
        self.queue.get()
    }

    /// The queue, to publish only: for commands beside a running process.
    pub async fn queue_to_publish(&self) -> anyhow::Result<Queue> {
        Ok(Queue::open_to_publish(&self.settings.queue, self.health.clone()).await?)
    }

    /// The deduplicator's index. While it is away this waits and says so.
    pub async fn index(&self) -> anyhow::Result<Arc<dyn Index>> {
        self.index.get_or_try_init(|| self.open_index()).await.cloned()
    }

    async fn open_index(&self) -> anyhow::Result<Arc<dyn Index>> {
        self.wait_for("index", |e| matches!(e, IndexError::Away(_)), || deduplicator::open(&self.settings.index)).await
    }

    /// The HTTP client.
    pub fn client(&self) -> anyhow::Result<Client> {
        Client::new(self.settings.client()).context("settings of the HTTP client")
    }

    /// Who may ask a host when, together with the other replicas if there is a Redis.
    pub async fn politeness(&self) -> anyhow::Result<Arc<Politeness>> {
        self.politeness.get_or_try_init(|| async { self.open_politeness() }).await.cloned()
    }

    fn open_politeness(&self) -> anyhow::Result<Arc<Politeness>> {
        let Settings { hosts, index, web, .. } = &self.settings;
        let settings = if hosts.url.is_empty() && index.url.starts_with("redis") {
            // The index's Redis keeps the hosts' slots too, unless they are given one of their own.
            SlotSettings {
                url: index.url.clone(),
                cluster: index.cluster,
                ca_file: index.ca_file.clone(),
                ..hosts.clone()
            }
        } else {
            hosts.clone()
        };
        let slots = web::open_slots(&settings, &web.politeness)?;
        Ok(Arc::new(Politeness::new(slots, web.politeness.clone())?))
    }

    /// Robots rules, read through `client` at the hosts' own rates.
    pub async fn robots(&self, client: Client) -> anyhow::Result<Robots> {
        Ok(Robots::new(client, self.politeness().await?, self.settings.web.robots.clone()))
    }
}
