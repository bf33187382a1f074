//! Reservations of text and data mining in a host's well-known file (TDMRep, W3C Community Group report of 2024,
//! “TDM file on the origin server”).

use super::refusal::Refusal;
use article::Timestamp;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;
use web::robots::RobotsTxt;
use web::{Client, Kind, Politeness, Request, Robots, SlotGuard, hop_id};

/// Where the file is.
const PATH: &str = "/.well-known/tdmrep.json";

/// Bytes read of it.
const MAX_BYTES: usize = 256 * 1024;

/// Rules read of it.
const MAX_RULES: usize = 1_000;

/// How long a file, or its absence, is believed: as long as a robots.txt (RFC 9309, section 2.4).
pub(super) const BELIEVED: Duration = Duration::from_secs(24 * 3600);

/// How long until a file that could not be had is asked for again. Meanwhile it reserves nothing: it is optional,
/// and header, page and robots.txt are heard.
const RETRY: Duration = Duration::from_secs(3600);

/// How long to wait for another handler that is fetching the file; a host that takes longer must not hold the
/// handlers of others.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// When to come back if that was not enough.
const MEANWHILE: Duration = Duration::from_secs(5);

/// Hosts remembered by one process.
const REMEMBERED: usize = 10_000;

/// The files of the hosts. One a process.
#[derive(Debug)]
pub(super) struct TdmFiles {
    client: Client,
    robots: Arc<Robots>,
    politeness: Arc<Politeness>,
    /// How long a file is believed here.
    believed: Duration,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// One host's file. Its lock is held while the file is fetched, so that it is fetched once.
type Host = tokio::sync::Mutex<Option<Known>>;

#[derive(Debug)]
struct Known {
    rules: Rules,
    ask_after: Timestamp,
}

impl TdmFiles {
    pub(super) fn new(client: Client, robots: Arc<Robots>, politeness: Arc<Politeness>, believed: Duration) -> Self {
        Self { client, robots, politeness, believed, hosts: Mutex::default() }
    }

    /// Whether the host's file reserves this address. Fetches the file if it isn't known, which takes a slot of
    /// the host, and waits a moment for another handler that does.
    pub(super) async fn reserve(&self, url: &Url, now: Timestamp) -> Result<bool, Refusal> {
        let host = self.host(&url.origin().ascii_serialization());
        let Ok(mut known) = tokio::time::timeout(PATIENCE, host.lock()).await else {
            return Err(Refusal::HostBusy { free_at: now.plus(MEANWHILE) });
        };
        if let Some(known) = known.as_ref().filter(|k| now < k.ask_after) {
            return Ok(known.rules.reserve(url));
        }
        let fresh = self.fetch(url, now).await?;
        Ok(known.insert(fresh).rules.reserve(url))
    }

    fn host(&self, origin: &str) -> Arc<Host> {
        // A panic elsewhere leaves the map as it was: it holds nothing half done.
        let mut hosts = self.hosts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if hosts.len() >= REMEMBERED && !hosts.contains_key(origin) {
            hosts.clear();
        }
        hosts.entry(origin.to_owned()).or_default().clone()
    }

    async fn fetch(&self, url: &Url, now: Timestamp) -> Result<Known, Refusal> {
        let Ok(file) = url.join(PATH) else {
            return Ok(Known { rules: Rules::default(), ask_after: now.plus(self.believed) });
        };
        let name = format!("tdm {file}");
        let slot = self.politeness.reserve(&file, &name, None, now).await?;
        let request = Request { max_body: Some(MAX_BYTES), ..Request::new(file, Kind::WellKnown) };
        let answer = self.client.get_by_leave(&request, slot, &Elsewhere { files: self, name: &name }).await;
        let (rules, wait) = match answer {
            Ok(response) if response.is_success() => (Rules::parse(&response.body), self.believed),
            Ok(response) if (400..500).contains(&response.status) => (Rules::default(), self.believed),
            // The host that it was led to is busy: come back for it, else what it reserves would be read meanwhile.
            Err(busy @ Refusal::HostBusy { .. }) => return Err(busy),
            Ok(_) | Err(_) => (Rules::default(), RETRY),
        };
        Ok(Known { rules, ask_after: now.plus(wait) })
    }
}

/// Where a file's redirects lead to another host: it is asked by its robots.txt, and at its pace.
struct Elsewhere<'f> {
    files: &'f TdmFiles,
    name: &'f str,
}

impl web::Leave for Elsewhere<'_> {
    type Refusal = Refusal;
    type Slot = SlotGuard;

    async fn leave(&self, hop: &Url, nth: usize) -> Result<SlotGuard, Refusal> {
        let permit = self.files.robots.permit(hop, Timestamp::now()).await?;
        let name = hop_id(self.name, nth);
        Ok(self.files.politeness.reserve(hop, &name, permit.crawl_delay, Timestamp::now()).await?)
    }

    /// Wherever a host keeps it: it is there to be read.
    async fn pass(&self, _hop: &Url) -> Result<(), Refusal> {
        Ok(())
    }
}

/// What a file reserves.
///
/// Its locations are patterns as in robots.txt, and so are read as one: what is reserved is disallowed, of two
/// patterns that match the longer counts.
#[derive(Debug, Default)]
struct Rules(RobotsTxt);

#[derive(Deserialize)]
struct Rule {
    location: String,
    #[serde(rename = "tdm-reservation", default)]
    reservation: serde_json::Value,
}

impl Rules {
    /// Anything is a file: what can't be read reserves nothing.
    fn parse(body: &[u8]) -> Self {
        let Ok(rules) = serde_json::from_slice::<Vec<Rule>>(body) else { return Self::default() };
        let mut text = String::from("User-agent: *\n");
        for rule in rules.iter().take(MAX_RULES).filter(|r| !r.location.contains(['\n', '\r'])) {
            let reserved = rule.reservation == 1 || rule.reservation == "1";
            text.push_str(if reserved { "Disallow: " } else { "Allow: " });
            text.push_str(rule.location.trim());
            text.push('\n');
        }
        Self(RobotsTxt::parse(text.as_bytes(), "Wireroom"))
    }

    fn reserve(&self, url: &Url) -> bool {
        !self.0.allows(url)
    }
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[track_caller]
    fn check(file: &str, path: &str, reserved: bool) {
        let url = format!("https://aurora.example{path}").parse().unwrap();
        assert_eq!(Rules::parse(file.as_bytes()).reserve(&url), reserved, "{file} {path}");
    }

    #[test]
    fn locations_reserve_what_they_match() {
        let file = r#"[{"location":"/news/*","tdm-reservation":1,"tdm-policy":"https://aurora.example/policy.json"},
                       {"location":"/news/free/*","tdm-reservation":0}]"#;
        check(file, "/news/bridge", true);
        check(file, "/news/free/bridge", false);
        check(file, "/blog/bridge", false);
        check(r#"[{"location":"/","tdm-reservation":1}]"#, "/anything?at=all", true);
        check(r#"[{"location":"*","tdm-reservation":"1"}]"#, "/anything", true);
    }

    #[test]
    fn what_is_no_such_file_reserves_nothing() {
        for file in [
            "",
            "<html>",
            "{}",
            r#"{"location":"/"}"#,
            r#"[{"location":"/"}]"#,
            r#"[{"location":"/\nDisallow: /","tdm-reservation":0}]"#,
        ] {
            check(file, "/news", false);
        }
    }
}
