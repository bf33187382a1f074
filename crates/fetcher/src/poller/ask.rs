//! How a feed is asked for: politely, conditionally, and its answer read.

use super::failure::Failure;
use super::led::Led;
use super::refusal::Refusal;
use super::{Poller, sitemaps};
use crate::feed::{FeedContext, FeedError, ParsedFeed, parse};
use article::Timestamp;
use queue::{Delivery, MessageId};
use store::FeedState;
use url::Url;
use web::{FetchError, Kind, Request, Response};

/// What an answer of the feed's server brings.
pub(super) enum Answer {
    /// 304.
    Unchanged(Box<Response>),
    /// A feed.
    Feed(Box<Fetched>),
}

/// A feed as it came.
pub(super) struct Fetched {
    pub(super) feed: ParsedFeed,
    pub(super) response: Response,
    /// Not all of it could be had: a further sitemap was left out.
    pub(super) partial: bool,
}

/// Why there is no answer to work with.
pub(super) enum Stop {
    /// The poll can't go on now.
    Refused(Refusal),
    /// The feed failed.
    Failed(Failure),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failed(failure)
    }
}

impl From<FetchError> for Stop {
    fn from(error: FetchError) -> Self {
        Stop::Failed(error.into())
    }
}

impl Poller {
    /// Asks the feed's server, at its host's pace, whether anything changed.
    pub(super) async fn ask(&self, state: &FeedState, delivery: &Delivery) -> Result<Answer, Stop> {
        let url =
            Url::parse(&state.url).map_err(|e| Failure::BadAddress { url: state.url.clone(), why: e.to_string() })?;
        let conditional = Request::new(url, Kind::Feed).if_changed(state.etag.clone(), state.last_modified.clone());
        let response = self.get(conditional, &delivery.message_id).await?;
        if response.not_modified {
            return Ok(Answer::Unchanged(Box::new(response)));
        }
        let feed = self.parse(&response).await?;
        let mut fetched = Fetched { feed, response, partial: false };
        sitemaps::follow(self, &mut fetched, delivery).await;
        fetched.feed.verify().map_err(|error| Failure::Feed { status: fetched.response.status, error })?;
        Ok(Answer::Feed(Box::new(fetched)))
    }

    /// One request, when the host has a slot for it.
    pub(super) async fn get(&self, mut request: Request, id: &MessageId) -> Result<Response, Stop> {
        request.max_body = Some(self.settings.max_bytes);
        // No crawl delay: it is for crawlers, and a feed is asked for as often as it asks to be.
        let slot = self.politeness.reserve(&request.url, &id.0, None, Timestamp::now()).await.map_err(Refusal::from)?;
        let led = Led { poller: self, id, named: request.url.host_str() };
        let response = self.client.get_by_leave(&request, slot, &led).await?;
        match response.status {
            200..=299 | 304 => Ok(response),
            410 => Err(Failure::Gone.into()),
            429 | 503 => Err(self.slow_down(&response).await),
            status => Err(Failure::Status { status }.into()),
        }
    }

    /// The host asks for peace: it gets it from all replicas, and this feed's next poll waits as long.
    async fn slow_down(&self, response: &Response) -> Stop {
        let asked = response.retry_after();
        match self.politeness.slow_down(&response.url, asked, response.received_at).await {
            Ok(until) if asked.is_some() => Failure::SlowDown { status: response.status, until }.into(),
            Ok(_) => Failure::Status { status: response.status }.into(),
            Err(away) => Refusal::SlotsAway(away).into(),
        }
    }

    /// Off the runtime's threads: ten megabytes take a while.
    pub(super) async fn parse(&self, response: &Response) -> Result<ParsedFeed, Failure> {
        let limits = self.settings.limits();
        let body = if response.body.starts_with(&[0x1f, 0x8b]) {
            web::gunzip(&response.body, limits.bytes).await?
        } else {
            response.body.clone()
        };
        let url = response.url.to_string();
        let headers = response.headers.clone();
        let read = move || {
            let context = FeedContext {
                url: Some(&url),
                content_type: headers.get("content-type"),
                content_location: headers.get("content-location"),
                content_language: headers.get("content-language"),
                limits,
            };
            parse(&body, &context)
        };
        let feed: Result<ParsedFeed, FeedError> = match tokio::task::spawn_blocking(read).await {
            Ok(feed) => feed,
            Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
            // Only a runtime that shuts down cancels; the delivery comes again.
            Err(_) => Err(FeedError::Empty),
        };
        feed.map_err(|error| Failure::Feed { status: response.status, error })
    }
}
