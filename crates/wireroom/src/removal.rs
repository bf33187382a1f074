//! Carrying out a takedown: the store's transaction, then whoever holds a copy is told, then it is written down.

use crate::house::House;
use article::{CanonicalUrl, Timestamp};
use publisher::removal_notices;
use std::sync::Arc;
use store::{AuditEntry, Takedown};

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
