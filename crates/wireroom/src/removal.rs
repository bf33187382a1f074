//! Carrying out a takedown: the store's transaction, then whoever holds a copy is told, then it is written down.

use crate::house::House;
use anyhow::{Context, bail};
use article::{CanonicalUrl, StoryId, Timestamp};
use publisher::removal_notices;
use std::sync::Arc;
use store::{AuditEntry, Store, StoryLookup, Takedown};
use url::Url;

/// The article that an owner's address means, by its own address. A story of ours means the article whose text
/// it shows; of its copies each is an article of its own. Any other page of ours is refused: a tombstone for it
/// would take nothing off.
pub(crate) async fn named(house: &Arc<House>, address: &str) -> anyhow::Result<CanonicalUrl> {
    let url = CanonicalUrl::parse(address)?;
    let parsed = Url::parse(url.as_str())?;
    let site = &house.settings.site.public_url;
    if (parsed.host(), parsed.port()) != (site.host(), site.port()) {
        return Ok(url);
    }
    let Some(story) = story_at(parsed.path()) else {
        bail!("{url} is a page of this site, but no story's: name the story, or the article at its publisher");
    };
    shown_at(&house.store().await?, story).await.with_context(|| url.to_string())
}

fn story_at(path: &str) -> Option<StoryId> {
    path.trim_end_matches('/').strip_prefix("/story/")?.parse().ok()
}

/// The address of the article that a story shows.
async fn shown_at(store: &Store, mut story: StoryId) -> anyhow::Result<CanonicalUrl> {
    loop {
        match store.story(&story).await? {
            StoryLookup::Moved(to) => story = to,
            StoryLookup::Found(view) => {
                let face =
                    view.members.into_iter().map(|m| m.article.article).find(|a| Some(&a.id) == view.face.as_ref());
                return Ok(face.context("the story changes just now; try again")?.url);
            }
            StoryLookup::Gone => bail!("the story is gone already"),
            StoryLookup::Unknown => bail!("no story was ever here"),
        }
    }
}

/// Carries out the takedown of `url` for `actor`, recording the request of `by` if one is named. Idempotent:
/// a death on the way is mended by asking again.
pub(crate) async fn execute(
    house: &Arc<House>,
    url: &CanonicalUrl,
    by: Option<(&str, &str)>,
    actor: &str,
) -> anyhow::Result<Takedown> {
    let store = house.store().await?;
    let now = Timestamp::now();
    if let Some((by, reason)) = by {
        store.add_takedown(url.as_str(), by, reason, now).await?;
    }
    let takedown = store.execute_takedown(url.as_str(), actor, now).await?;
    let mut notices = Vec::new();
    for id in &takedown.articles {
        if let Some(stored) = store.article(id).await? {
            let settings = &house.settings.publisher;
            notices.extend(removal_notices(
                settings,
                &stored.story,
                id,
                &stored.article.url,
                takedown.executed_at.unwrap_or(now),
            ));
        }
    }
    if !notices.is_empty() {
        let queue = match house.opened_queue() {
            Some(queue) => queue.clone(),
            None => house.queue_to_publish().await?,
        };
        queue.publish(notices).await?;
    }
    let entry = AuditEntry {
        at: now,
        actor: actor.to_owned(),
        action: "takedown.execute".to_owned(),
        target: url.to_string(),
        detail: format!("{} articles", takedown.articles.len()),
    };
    store.audit(&entry).await?;
    Ok(takedown)
}
