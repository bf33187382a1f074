//! May we fetch this address? By its origin's robots.txt, fetched when needed and believed for a while.

use super::cache::{Cache, Entry, File, Known};
use super::parser::RobotsTxt;
use crate::client::{hop_id, host_of};
use crate::{Away, Client, Fault, FetchError, Kind, Leave, Politeness, Request, Response, RobotsSettings};
use crate::{SlotGuard, SlotRefusal};
use article::Timestamp;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use telemetry::events::fetch::RobotsRead;
use url::Url;

/// Leave to fetch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Permit {
    /// The wait between two requests that the host asks for; [`Politeness::reserve`] takes it, up to its cap.
    pub crawl_delay: Option<Duration>,
    /// Whether that wait is above what is honoured: the host's feeds are polled, its pages not crawled.
    pub too_slow: bool,
    /// The usage preference for this address (`Content-Usage`, draft-ietf-aipref-attach), as it stands.
    pub content_usage: Option<String>,
    /// Addresses of the host's sitemaps.
    pub sitemaps: Arc<[String]>,
}

/// No leave to fetch, or none now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RobotsRefusal {
    /// The rules forbid it. A decision.
    #[error("robots.txt of {host} forbids it")]
    Disallowed {
        /// Whose rules.
        host: String,
    },
    /// The rules can't be had, and none are remembered: RFC 9309 closes the host meanwhile. Waiting, not failing.
    #[error("robots.txt of {host} can't be had: {why}")]
    Unknown {
        /// Whose rules.
        host: String,
        /// What happened.
        why: String,
        /// When they are asked for again.
        retry_at: Timestamp,
    },
    /// The rules have to be fetched first and the host has no slot for it now. Waiting, not failing.
    #[error("the host is busy until {free_at}")]
    Busy {
        /// When to ask again.
        free_at: Timestamp,
    },
    /// The slots' Redis doesn't answer.
    #[error(transparent)]
    Away(#[from] Away),
    /// The address itself can't be asked: it leads inward, or isn't one of the web.
    #[error(transparent)]
    Address(FetchError),
}

/// Asks for leave. One a process; files are fetched within their host's rate, each by one handler at a time.
#[derive(Debug)]
pub struct Robots {
    client: Client,
    politeness: Arc<Politeness>,
    settings: RobotsSettings,
    cache: Cache,
}

impl Robots {
    /// With nothing known yet.
    pub fn new(client: Client, politeness: Arc<Politeness>, settings: RobotsSettings) -> Self {
        let cache = Cache::new(settings.remembered, settings.remembered_bytes);
        Self { client, politeness, settings, cache }
    }

    /// Leave to fetch `url`. Fetches robots.txt if it isn't known, which takes a slot of the host.
    pub async fn permit(&self, url: &Url, now: Timestamp) -> Result<Permit, RobotsRefusal> {
        let entry = self.cache.entry(url, now);
        let mut known = entry.known();
        if now >= known.ask_after {
            known = self.renew(&entry, url, known, now).await?;
        }
        let Some(file) = known.usable(now, self.longest()) else {
            let (host, why, retry_at) = (host_of(url), known.failure, known.ask_after);
            return Err(RobotsRefusal::Unknown { host, why, retry_at });
        };
        if !file.rules.allows(url) {
            return Err(RobotsRefusal::Disallowed { host: host_of(url) });
        }
        let crawl_delay = file.rules.crawl_delay();
        Ok(Permit {
            crawl_delay,
            too_slow: self.politeness.is_too_slow(url, crawl_delay),
            content_usage: file.rules.content_usage(url).map(str::to_owned),
            sitemaps: file.rules.sitemaps().clone(),
        })
    }

    /// Fetches the file, or waits for whoever is fetching it; an old file serves meanwhile.
    async fn renew(&self, entry: &Entry, url: &Url, known: Known, now: Timestamp) -> Result<Known, RobotsRefusal> {
        let has_old = known.usable(now, self.longest()).is_some();
        let _fetching = match entry.fetching.try_lock() {
            Ok(lock) => lock,
            Err(_) if has_old => return Ok(known),
            Err(_) => self.wait_for_turn(entry, now).await?,
        };
        // Whoever was waited for may have brought it.
        let known = entry.known();
        if now < known.ask_after {
            return Ok(known);
        }
        match self.fetch(url, &known, now).await {
            Ok(learnt) => {
                self.cache.learn(entry, learnt.clone());
                Ok(learnt)
            }
            // The host has no slot for asking now: what was true yesterday is good enough until it has.
            Err(RobotsRefusal::Busy { .. }) if has_old => Ok(known),
            Err(refusal) => Err(refusal),
        }
    }

    /// Bounded in time and number: a host that answers slowly must not take the handlers of the others.
    async fn wait_for_turn<'e>(
        &self,
        entry: &'e Entry,
        now: Timestamp,
    ) -> Result<tokio::sync::MutexGuard<'e, ()>, RobotsRefusal> {
        let (most, longest) = self.politeness.patience();
        let busy = RobotsRefusal::Busy { free_at: now.plus(longest * 2) };
        let crowded = entry.waiting.fetch_add(1, Relaxed) >= most;
        let turn = if crowded { None } else { tokio::time::timeout(longest, entry.fetching.lock()).await.ok() };
        entry.waiting.fetch_sub(1, Relaxed);
        turn.ok_or(busy)
    }

    async fn fetch(&self, url: &Url, known: &Known, now: Timestamp) -> Result<Known, RobotsRefusal> {
        let mut address = url.clone();
        address.set_path("/robots.txt");
        address.set_query(None);
        let message_id = format!("robots:{}", url.origin().ascii_serialization());
        let slot = self.politeness.reserve(&address, &message_id, None, now).await?;
        let (etag, last_modified) =
            known.file.as_ref().map(|f| (f.etag.clone(), f.last_modified.clone())).unwrap_or_default();
        let mut request = Request::new(address, Kind::Robots).if_changed(etag, last_modified);
        request.max_body = Some(self.settings.max_bytes);
        let led = Led { politeness: &self.politeness, message_id: &message_id };
        let answer = match self.client.get_by_leave(&request, slot, &led).await {
            Ok(response) => Ok(response),
            Err(Hop::Failed(error)) => Err(error),
            Err(Hop::NoSlot(refusal)) => return Err(refusal.into()),
        };
        if let Ok(response) = &answer
            && matches!(response.status, 429 | 503)
        {
            self.politeness.slow_down(url, response.retry_after(), now).await?;
        }
        self.judge(answer, known, url, now)
    }

    /// What an answer means (RFC 9309, section 2.3.1): a file is its rules; a 4xx or too many redirects is the
    /// absence of rules; a server that fails or doesn't answer is a closed one. 429 is a server at its limits,
    /// not one without rules.
    fn judge(
        &self,
        answer: Result<Response, FetchError>,
        known: &Known,
        url: &Url,
        now: Timestamp,
    ) -> Result<Known, RobotsRefusal> {
        let host = host_of(url);
        let told = |result, detail: &str| RobotsRead { host: &host, result, detail }.emit();
        let failure = match answer {
            Ok(response) if response.not_modified && known.file.is_some() => {
                told("rules", "");
                let file = known.file.as_ref().map(|f| File {
                    rules: f.rules.clone(),
                    read_at: now,
                    etag: f.etag.clone(),
                    last_modified: f.last_modified.clone(),
                });
                return Ok(self.believed(file, now));
            }
            Ok(response) if response.is_success() => {
                told("rules", "");
                let header = |name: &str| response.headers.get(name).map(str::to_owned);
                let (etag, last_modified) = (header("etag"), header("last-modified"));
                let rules = RobotsTxt::parse(&response.body, &self.settings.agent);
                return Ok(self.believed(Some(File { rules, read_at: now, etag, last_modified }), now));
            }
            Ok(response) if matches!(response.status, 300..=399) || is_absence(response.status) => {
                return Ok(self.no_rules(told, now));
            }
            Err(FetchError::RedirectLoop { .. } | FetchError::TooManyRedirects { .. }) => {
                return Ok(self.no_rules(told, now));
            }
            Ok(response) => format!("status {}", response.status),
            Err(error) if error.fault() == Fault::Address || matches!(error, FetchError::Forbidden { .. }) => {
                return Err(RobotsRefusal::Address(error));
            }
            Err(error) => error.to_string(),
        };
        let stale = known.usable(now, self.longest()).is_some();
        told(if stale { "stale" } else { "unreachable" }, &failure);
        let ask_after = now.plus(Duration::from_secs(self.settings.retry_secs));
        Ok(Known { file: known.file.clone(), ask_after, failure })
    }

    fn no_rules(&self, told: impl Fn(&'static str, &str), now: Timestamp) -> Known {
        told("none", "");
        let file = File { rules: RobotsTxt::default(), read_at: now, etag: None, last_modified: None };
        self.believed(Some(file), now)
    }

    fn believed(&self, file: Option<File>, now: Timestamp) -> Known {
        let ask_after = now.plus(Duration::from_secs(self.settings.ttl_secs));
        Known { file: file.map(Arc::new), ask_after, failure: String::new() }
    }

    /// How long a file may be used in all, where no newer can be had.
    fn longest(&self) -> Duration {
        Duration::from_secs(self.settings.ttl_secs.saturating_add(self.settings.stale_secs))
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.cache.len()
    }
}

impl From<SlotRefusal> for RobotsRefusal {
    fn from(refusal: SlotRefusal) -> Self {
        match refusal {
            SlotRefusal::Busy { free_at } => RobotsRefusal::Busy { free_at },
            SlotRefusal::Away(away) => RobotsRefusal::Away(away),
        }
    }
}

/// A file may be kept on another host, which then gives a slot of its own. Its rules don't count for the file.
struct Led<'r> {
    politeness: &'r Politeness,
    message_id: &'r str,
}

/// Why a file led elsewhere didn't come.
enum Hop {
    Failed(FetchError),
    NoSlot(SlotRefusal),
}

impl From<FetchError> for Hop {
    fn from(error: FetchError) -> Self {
        Hop::Failed(error)
    }
}

impl Leave for Led<'_> {
    type Refusal = Hop;
    type Slot = SlotGuard;

    async fn leave(&self, hop: &Url, nth: usize) -> Result<SlotGuard, Hop> {
        let slot = self.politeness.reserve(hop, &hop_id(self.message_id, nth), None, Timestamp::now()).await;
        slot.map_err(Hop::NoSlot)
    }

    async fn pass(&self, _hop: &Url) -> Result<(), Hop> {
        Ok(())
    }
}

fn is_absence(status: u16) -> bool {
    (400..500).contains(&status) && status != 429
}
