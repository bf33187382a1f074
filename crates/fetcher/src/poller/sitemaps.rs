//! A sitemap index as a source's feed: its newest sitemaps, read in the same poll.

use super::Poller;
use super::ask::{Fetched, Stop};
use super::led::permit;
use crate::feed::{Format, SitemapRef};
use queue::{Delivery, MessageId};
use std::time::{Duration, Instant};
use url::Url;
use web::{Kind, Request, Response};

/// Fetches the newest sitemaps of an index and adds what they list. A sitemap that fails, or for which there is
/// no time or no slot, makes the poll partial: it is asked for again.
pub(super) async fn follow(poller: &Poller, fetched: &mut Fetched, delivery: &Delivery) {
    if fetched.feed.format != Format::SitemapIndex {
        return;
    }
    let started = Instant::now();
    let within = Duration::from_secs(poller.settings.sitemaps_within_secs);
    for sitemap in newest(&fetched.feed.sitemaps, poller.settings.sitemaps_per_poll) {
        if started.elapsed() >= within {
            fetched.partial = true;
            return;
        }
        let Ok(url) = Url::parse(&sitemap.url) else { continue };
        // A slot of its own for each: its name derives from the poll's.
        let id = MessageId::derive(&["sitemap", &delivery.message_id.0, &sitemap.url]);
        let response = match by_leave(poller, url, &id, &fetched.response.url).await {
            Ok(response) => response,
            Err(Stop::Refused(_)) => {
                fetched.partial = true;
                return;
            }
            Err(Stop::Failed(_)) => {
                fetched.partial = true;
                continue;
            }
        };
        match poller.parse(&response).await {
            // An index inside an index is not followed: sites mint them without end.
            Ok(feed) => {
                fetched.feed.truncated |= feed.truncated;
                fetched.feed.items.extend(feed.items);
            }
            Err(_) => fetched.partial = true,
        }
    }
    fetched.feed.items.truncate(poller.settings.max_entries);
}

/// A sitemap; the operator named the index's host, not any other that it lists.
async fn by_leave(poller: &Poller, url: Url, id: &MessageId, index: &Url) -> Result<Response, Stop> {
    if url.host_str() != index.host_str() {
        permit(poller, &url).await?;
    }
    poller.get(Request::new(url, Kind::Feed), id).await
}

/// The sitemaps last changed; where they have no dates, those last listed, where most sites append.
fn newest(sitemaps: &[SitemapRef], count: usize) -> Vec<SitemapRef> {
    let mut order: Vec<(usize, &SitemapRef)> = sitemaps.iter().enumerate().collect();
    order.sort_by_key(|(i, s)| std::cmp::Reverse((s.updated, *i)));
    order.into_iter().take(count).map(|(_, s)| s.clone()).collect()
}
