//! Each stage's handler over the parts of a house: for its worker, and for looking at what it would do.

use crate::house::House;
use deduplicator::Deduplicator;
use fetcher::poller::Poller;
use fetcher::retriever::Retriever;
use publisher::{Courier, Publisher};
use std::sync::Arc;

/// They share what is known of robots.txt.
pub(crate) async fn fetcher(house: &House) -> anyhow::Result<(Poller, Retriever)> {
    let (store, client, politeness) = (house.store().await?, house.client()?, house.politeness().await?);
    let (robots, settings) = (Arc::new(house.robots(client.clone()).await?), &house.settings);
    let (kept, asked, rules, pace) = (store.clone(), client.clone(), robots.clone(), politeness.clone());
    let mut poller = Poller::new(kept, asked, rules, pace, settings.poller.clone());
    if settings.websub.callback()?.is_some() {
        poller = poller.listening(settings.websub.clone());
    }
    Ok((poller, Retriever::new(store, client, robots, politeness, settings.retriever.clone())))
}

pub(crate) async fn deduplicator(house: &House) -> anyhow::Result<Deduplicator> {
    Ok(Deduplicator::new(house.index().await?, house.store().await?))
}

pub(crate) async fn publisher(house: &House) -> anyhow::Result<Publisher> {
    Ok(Publisher::new(house.store().await?, house.settings.publisher.clone()))
}

pub(crate) fn courier(house: &House) -> anyhow::Result<Courier> {
    Ok(Courier::new(house.client()?, house.settings.publisher.clone(), house.settings.site.clone()))
}
