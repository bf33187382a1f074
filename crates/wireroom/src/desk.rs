//! What the buttons of the operator's page do.

use crate::handlers;
use crate::house::House;
use crate::removal;
use crate::sources::file::feed_url;
use crate::sources::live;
use anyhow::Context;
use article::{Carry, word_count};
use fetcher::extract::{Hints, PageBytes, extract};
use fetcher::feed::Entry;
use fetcher::retriever::Retriever;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use publisher::ops::{OpsActions, PreviewItem, ReplayCount, TakedownRequest};
use queue::Depth;
use replay::{Options, Replay};
use std::sync::Arc;
use std::time::Duration;
use store::DeadFilter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[cfg(test)]
mod tests;

/// Entries a preview looks at: enough to judge a source by, few enough for its host.
const PREVIEWED: usize = 5;

/// The operator's desk.
pub(crate) struct Desk {
    pub(crate) house: Arc<House>,
    /// Ends replays with the process.
    pub(crate) stop: CancellationToken,
    /// Acts under way. They outlive the request that asked for them; who ends the process waits for them.
    acts: TaskTracker,
}

impl OpsActions for Desk {
    fn depths(&self) -> BoxFuture<'_, Result<Vec<Depth>, String>> {
        said(async move { Ok(self.house.queue().await?.depths().await?) })
    }

    fn replay(&self, filter: DeadFilter, actor: String) -> BoxFuture<'_, Result<ReplayCount, String>> {
        self.carry_out(replay(self.house.clone(), self.stop.clone(), filter, actor))
    }

    fn take_down(&self, request: TakedownRequest, actor: String) -> BoxFuture<'_, Result<i64, String>> {
        self.carry_out(take_down(self.house.clone(), request, actor))
    }

    fn preview(&self, address: String) -> BoxFuture<'_, Result<Vec<PreviewItem>, String>> {
        said(async move {
            let url = feed_url(&address).map_err(anyhow::Error::msg)?;
            let (_, retriever) = handlers::fetcher(&self.house).await?;
            let response = live::fetch(&self.house.client()?, &url).await?;
            let feed = live::read(&response).with_context(|| format!("{url} is no feed"))?;
            let mut items = Vec::new();
            for entry in feed.items.iter().take(PREVIEWED) {
                items.push(self.look_at(&retriever, entry).await);
            }
            Ok(items)
        })
    }
}

async fn replay(
    house: Arc<House>,
    stop: CancellationToken,
    filter: DeadFilter,
    actor: String,
) -> anyhow::Result<ReplayCount> {
    let replay = Replay::new(house.store().await?, house.queue().await?, house.settings.replay.clone());
    // A page can't wait for outcomes; the ledger shows them.
    let options = Options { wait: Duration::ZERO, actor, ..Options::default() };
    let account = replay.run(&filter, &options, &stop, |_| {}).await?;
    let dropped = account.too_old + account.taken_down;
    Ok(ReplayCount {
        replayed: account.replayed.saturating_sub(dropped),
        held: account.held + account.homeless + dropped,
    })
}

async fn take_down(house: Arc<House>, request: TakedownRequest, actor: String) -> anyhow::Result<i64> {
    let url = removal::named(&house, &request.url).await?;
    let by = (request.requested_by.as_str(), request.reason.as_str());
    Ok(removal::execute(&house, &url, Some(by), &actor).await?.id)
}

impl Desk {
    /// Nothing is under way yet.
    pub(crate) fn new(house: Arc<House>, stop: CancellationToken) -> Self {
        Self { house, stop, acts: TaskTracker::new() }
    }

    /// Waits for the acts under way, but no longer than a worker has to hand back its messages.
    pub(crate) async fn cleared(&self) {
        self.acts.close();
        let _ = tokio::time::timeout(Duration::from_secs(self.house.settings.queue.drain_secs), self.acts.wait()).await;
    }

    /// A browser that closes its connection drops the request's future; an act cut off there would be half
    /// done and not noted, so it runs as a task of its own.
    fn carry_out<'a, T: Send + 'static>(
        &'a self,
        act: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, String>> {
        said(async move { self.acts.spawn(act).await.context("it broke off")? })
    }

    async fn look_at(&self, retriever: &Retriever, entry: &Entry) -> PreviewItem {
        let url = entry.link.clone().unwrap_or_default();
        let (title, outcome) = match self.page(retriever, &url).await {
            Ok((title, outcome)) => (Some(title), outcome),
            Err(why) => (None, format!("nothing: {why:#}")),
        };
        PreviewItem { title: title.or_else(|| entry.title.clone()).unwrap_or_default(), url, outcome }
    }

    async fn page(&self, retriever: &Retriever, url: &str) -> anyhow::Result<(String, String)> {
        let (response, reserved) = retriever.look_in(url.parse()?).await?;
        anyhow::ensure!(response.is_success(), "it answers {}", response.status);
        let content_type = response.headers.get("content-type").map(str::to_owned);
        let (url, headers) = (response.url.to_string(), response.headers.clone().into_pairs());
        let page = PageBytes {
            bytes: &response.body,
            url: &url,
            content_type: content_type.as_deref(),
            headers: &headers,
            received_at: Some(response.received_at),
        };
        let found = extract(&page, &Hints::default())?;
        let rights = found.signals.and(reserved).rights(self.house.settings.sources.carry);
        let words = word_count(&found.blocks);
        let outcome = match rights.carry {
            Carry::Full => format!("full text, {words} words"),
            Carry::Excerpt => format!("the beginning of {words} words"),
            Carry::Headline => format!("headline only: {}", rights.reason.as_str()),
        };
        Ok((found.title, outcome))
    }
}

/// An error becomes a sentence.
fn said<'a, T: 'a>(what: impl Future<Output = anyhow::Result<T>> + Send + 'a) -> BoxFuture<'a, Result<T, String>> {
    what.map(|result| result.map_err(|e| format!("{e:#}"))).boxed()
}
