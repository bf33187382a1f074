//! May an address be fetched, and what is reserved of it before it is?

use super::refusal::Refusal;
use super::tdm_file::TdmFiles;
use crate::extract::{Signals, header_signals};
use article::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use web::{Client, Permit, Politeness, Robots};

/// Asks each host's robots.txt and TDM file.
#[derive(Debug)]
pub(crate) struct Doorman {
    robots: Arc<Robots>,
    /// None where the settings say that they are not asked for.
    tdm_files: Option<TdmFiles>,
}

/// Leave to fetch an address.
pub(crate) struct Leave {
    pub(crate) permit: Permit,
    /// What robots.txt and the host's TDM file reserve of it.
    pub(crate) reserved: Signals,
}

impl Doorman {
    /// `believed` is how long a TDM file is; `robots` has its own time.
    pub(crate) fn new(
        client: Client,
        robots: Arc<Robots>,
        politeness: Arc<Politeness>,
        tdm_file: bool,
        believed: Duration,
    ) -> Self {
        let tdm_files = tdm_file.then(|| TdmFiles::new(client, robots.clone(), politeness, believed));
        Self { robots, tdm_files }
    }

    /// Leave, by robots.txt, with what the host reserves before any page is asked for.
    pub(crate) async fn leave(&self, url: &Url) -> Result<Leave, Refusal> {
        let permit = self.robots.permit(url, Timestamp::now()).await?;
        if permit.too_slow {
            return Err(Refusal::TooSlow { host: url.host_str().unwrap_or_default().to_owned() });
        }
        // As if a header said so (draft-ietf-aipref-attach; TDMRep): the same words in another place.
        let mut said: Vec<(String, String)> = Vec::new();
        if let Some(usage) = &permit.content_usage {
            said.push(("content-usage".to_owned(), usage.clone()));
        }
        if let Some(files) = &self.tdm_files
            && files.reserve(url, Timestamp::now()).await?
        {
            said.push(("tdm-reservation".to_owned(), "1".to_owned()));
        }
        Ok(Leave { reserved: header_signals(&said, None), permit })
    }
}
