//! Every setting, typed, in one tree. `deploy/wireroom.example.toml` documents each; a test holds the two equal.

pub mod load;
mod rules;
mod show;

pub use load::{Origins, SettingsError, load};
pub use rules::Refused;
pub use show::{shown, written};

use serde::{Deserialize, Serialize};

/// All settings.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Log lines.
    pub log: telemetry::LogSettings,
    /// Spans.
    pub traces: telemetry::TraceSettings,
    /// Metrics and health.
    pub metrics: MetricsSettings,
    /// The site, and whose it is.
    pub site: publisher::site::SiteSettings,
    /// The operator's page.
    pub ops: publisher::ops::OpsSettings,
    /// The belts.
    pub queue: queue::QueueSettings,
    /// The store.
    pub store: store::StoreSettings,
    /// The deduplicator's index.
    pub index: deduplicator::IndexSettings,
    /// Host slots.
    pub hosts: web::SlotSettings,
    /// The HTTP client.
    pub web: web::WebSettings,
    /// Which feed is due.
    pub scheduler: fetcher::schedule::SchedulerSettings,
    /// Feeds.
    pub poller: fetcher::poller::PollerSettings,
    /// Hubs that tell of news.
    pub websub: fetcher::websub::WebsubSettings,
    /// Pages.
    pub retriever: fetcher::retriever::RetrieverSettings,
    /// When articles are looked at again.
    pub revisits: fetcher::revisit::RevisitSettings,
    /// Reading archives.
    pub warc: fetcher::warc::WarcSettings,
    /// Judging again what was published.
    pub rejudge: fetcher::rejudge::RejudgeSettings,
    /// Publishing and webhooks.
    pub publisher: publisher::PublisherSettings,
    /// Dead letters.
    pub replay: replay::ReplaySettings,
    /// How long what is kept.
    pub keep: KeepSettings,
    /// What a source gets whose own entry doesn't say.
    pub sources: SourcesSettings,
}

/// Defaults of sources.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourcesSettings {
    /// How much of a source's articles is carried: `full`, `excerpt` or `headline`. Full only where the
    /// operator has checked that the publisher permits it, so that is said of each source.
    pub carry: article::Carry,
}

impl Default for SourcesSettings {
    fn default() -> Self {
        Self { carry: article::Carry::Excerpt }
    }
}

/// Metrics and health.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSettings {
    /// Where `/metrics`, `/healthz` and `/readyz` are served; empty for nowhere.
    pub listen: String,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9090".to_owned() }
    }
}

/// How long what is kept. Each bound exists because a disk ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepSettings {
    /// Hours the bytes of a page are kept, for replays without asking its host again.
    pub captures_hours: u64,
    /// Bytes of them, compressed.
    pub captures_bytes: u64,
    /// Days `explain` remembers.
    pub decisions_days: u64,
    /// Days an exact text makes another article with it a copy in the store, whatever the index has forgotten.
    pub hashes_days: u64,
    /// Days the store remembers what each arrival changed, so that a redelivery is answered as the first time.
    pub changes_days: u64,
    /// Seconds between two rounds of forgetting.
    pub every_secs: u64,
}

impl Default for KeepSettings {
    fn default() -> Self {
        Self {
            captures_hours: 72,
            captures_bytes: 2_000_000_000,
            decisions_days: 7,
            hashes_days: 30,
            changes_days: 14,
            every_secs: 600,
        }
    }
}
