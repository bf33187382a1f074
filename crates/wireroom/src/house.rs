//! The parts a role stands on, opened once from the settings.

use crate::settings::Settings;
use anyhow::Context;
use deduplicator::Index;
use queue::Queue;
use std::path::Path;
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
        let mut pause = Duration::from_millis(200);
        loop {
            match Store::open(&self.settings.store).await {
                Ok(store) => {
                    self.health.up("store");
                    return Ok(store);
                }
                Err(StoreError::Away(why)) => {
                    self.health.down("store", format!("{why}; store.url says where it is looked for"));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// The queue, as one of its workers.
    pub async fn queue(&self) -> anyhow::Result<Queue> {
        let open = || async {
            make_folder(&self.settings.queue.url)?;
            Ok(Queue::open(&self.settings.queue, self.health.clone()).await?)
        };
        self.queue.get_or_try_init(open).await.cloned()
    }

    /// The queue, if a role has opened it.
    pub fn opened_queue(&self) -> Option<&Queue> {
        self.queue.get()
    }

    /// The queue, to publish only: for commands beside a running process.
    pub async fn queue_to_publish(&self) -> anyhow::Result<Queue> {
        make_folder(&self.settings.queue.url)?;
        Ok(Queue::open_to_publish(&self.settings.queue, self.health.clone()).await?)
    }

    /// The deduplicator's index. While it is away this waits and says so.
    pub async fn index(&self) -> anyhow::Result<Arc<dyn Index>> {
        self.index.get_or_try_init(|| self.open_index()).await.cloned()
    }

    async fn open_index(&self) -> anyhow::Result<Arc<dyn Index>> {
        make_folder(&self.settings.index.url)?;
        let mut pause = Duration::from_millis(200);
        loop {
            match deduplicator::open(&self.settings.index).await {
                Ok(index) => {
                    self.health.up("index");
                    return Ok(index);
                }
                Err(deduplicator::IndexError::Away(why)) => {
                    self.health.down("index", format!("{why}; index.url says where it is looked for"));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                Err(other) => return Err(other.into()),
            }
        }
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
            SlotSettings { url: index.url.clone(), ca_file: index.ca_file.clone(), ..hosts.clone() }
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

/// An embedded database's folder is made at the first start.
fn make_folder(url: &str) -> anyhow::Result<()> {
    let Some(path) = url.strip_prefix("sqlite:").filter(|p| !p.is_empty() && *p != ":memory:") else {
        return Ok(());
    };
    match Path::new(path).parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))
        }
        None => Ok(()),
    }
}
