//! What became of an address, an article or a message.

use article::{ArticleId, CanonicalUrl, StoryId, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use store::{ArticleState, Member, Store, StoreError, StoredArticle, StoryLookup, TakedownState};

/// Addresses of an article whose decisions are looked up.
const MOST_ALIASES: usize = 8;

/// Messages whose deaths are looked up: an article has a handful.
const MOST_MESSAGES: usize = 50;

/// Something that happened.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Where: a stage, `ledger`, `store`, `takedown`.
    pub place: String,
    /// What, in a few words.
    pub what: String,
    /// Evidence and error chain.
    pub detail: String,
}

/// Everything known, in time order.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Explanation {
    /// What was asked.
    pub asked: String,
    /// The article, as far as it is named or stored.
    pub article: Option<ArticleId>,
    /// Where it stands now, in one sentence.
    pub stands: String,
    /// How it came to that.
    pub events: Vec<Event>,
}

/// What became of `asked`: an address, an article's id, a story's id or a message's id. Decisions are kept
/// for a bounded time; the store, the ledger and takedowns answer for longer.
pub async fn explain(store: &Store, asked: &str) -> Result<Explanation, StoreError> {
    let asked = asked.trim();
    let address = CanonicalUrl::parse(asked).ok();
    let stored = find(store, asked, address.as_ref()).await?;
    let article = stored.as_ref().map(|s| s.article.id.clone()).or_else(|| address.as_ref().map(ArticleId::of));

    let mut events = Vec::new();
    let mut messages = BTreeSet::from([asked.to_owned()]);
    let key = stored.as_ref().map_or_else(|| asked.to_owned(), |s| s.article.url.to_string());
    let mut decisions = store.decisions(&key).await?;
    if key != asked {
        decisions.extend(store.decisions(asked).await?);
    }
    // Before its page was read the article was known by its permalink alone.
    for alias in stored.iter().flat_map(|s| &s.article.aliases).take(MOST_ALIASES) {
        decisions.extend(store.decisions(alias).await?);
    }
    decisions.sort_by(|a, b| (a.at, &a.stage, &a.message_id).cmp(&(b.at, &b.stage, &b.message_id)));
    decisions.dedup();
    for decision in decisions {
        messages.insert(decision.message_id.clone());
        let reason = if decision.reason.is_empty() { String::new() } else { format!(" ({})", decision.reason) };
        events.push(Event {
            at: decision.at,
            place: decision.stage,
            what: format!("{}{reason}, attempt {}", decision.outcome, decision.attempt),
            detail: decision.detail,
        });
    }
    events.dedup();
    for message in messages.iter().take(MOST_MESSAGES) {
        events.extend(deaths(store, message).await?);
    }
    if let Some(stored) = &stored {
        events.extend(history(store, stored).await?);
    }
    let taken_down = match &article {
        Some(id) => takedown(store, id, address.as_ref(), &mut events).await?,
        None => false,
    };
    let stands = match &stored {
        Some(stored) => standing(store, stored).await?,
        None if taken_down => "taken down before it came: it will not be published".to_owned(),
        None if events.is_empty() => "nothing is known of it, or its decisions are older than what is kept".to_owned(),
        None => "not in the store".to_owned(),
    };
    events.sort_by(|a, b| (a.at, &a.place, &a.what).cmp(&(b.at, &b.place, &b.what)));
    events.dedup();
    Ok(Explanation { asked: asked.to_owned(), article, stands, events })
}

async fn find(store: &Store, asked: &str, address: Option<&CanonicalUrl>) -> Result<Option<StoredArticle>, StoreError> {
    if address.is_some() {
        return store.article_by_url(asked).await;
    }
    if let Ok(id) = asked.parse::<ArticleId>()
        && let Some(found) = store.article(&id).await?
    {
        return Ok(Some(found));
    }
    // A story is explained by the article it is shown by.
    let Ok(mut story) = asked.parse::<StoryId>() else { return Ok(None) };
    if let StoryLookup::Moved(now) = store.story(&story).await? {
        story = now;
    }
    match store.story(&story).await? {
        StoryLookup::Found(view) => store.article(view.face.as_ref().unwrap_or(&view.primary)).await,
        StoryLookup::Moved(_) | StoryLookup::Gone | StoryLookup::Unknown => Ok(None),
    }
}

async fn deaths(store: &Store, message: &str) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::new();
    for row in store.deaths_of(message).await? {
        let letter = row.letter;
        events.push(Event {
            at: letter.died_at,
            place: "ledger".to_owned(),
            what: format!("dead letter {} of the {}: {}", row.id, letter.stage, letter.reason),
            detail: letter.detail,
        });
        if row.state != store::LedgerState::Dead {
            let outcome = row.outcome.map(|o| format!(" ({o})")).unwrap_or_default();
            events.push(Event {
                at: row.changed_at,
                place: "ledger".to_owned(),
                what: format!("dead letter {}: {}{outcome}", row.id, row.state.as_str()),
                detail: String::new(),
            });
        }
    }
    Ok(events)
}

async fn history(store: &Store, stored: &StoredArticle) -> Result<Vec<Event>, StoreError> {
    let revisions = store.revisions(&stored.article.id).await?;
    Ok(revisions
        .into_iter()
        .enumerate()
        .map(|(n, revision)| Event {
            at: revision.observed_at,
            place: "store".to_owned(),
            what: format!("revision {} “{}”", n + 1, revision.title),
            detail: format!("content {}", revision.content_hash),
        })
        .collect())
}

/// Adds what owners asked for; whether a tombstone stands.
async fn takedown(
    store: &Store,
    article: &ArticleId,
    address: Option<&CanonicalUrl>,
    events: &mut Vec<Event>,
) -> Result<bool, StoreError> {
    for takedown in store.takedowns().await? {
        if !takedown.articles.contains(article) && address.is_none_or(|a| a.as_str() != takedown.url) {
            continue;
        }
        let mut add = |at, what: &str, detail: String| {
            events.push(Event { at, place: "takedown".to_owned(), what: what.to_owned(), detail });
        };
        add(takedown.requested_at, "asked for", format!("by {}: {}", takedown.requested_by, takedown.reason));
        if let (TakedownState::Executed, Some(at)) = (takedown.state, takedown.executed_at) {
            add(at, "carried out", takedown.url);
        }
    }
    Ok(!store.tombstoned(std::slice::from_ref(article)).await?.is_empty())
}

async fn standing(store: &Store, stored: &StoredArticle) -> Result<String, StoreError> {
    let carried = match stored.state {
        ArticleState::TakenDown => return Ok("taken down: it is shown nowhere and does not come back".to_owned()),
        ArticleState::Withdrawn => "withdrawn by its publisher".to_owned(),
        ArticleState::Shown => {
            let rights = &stored.article.rights;
            format!("carried as {} ({})", rights.carry.as_str(), rights.reason.as_str())
        }
    };
    let StoryLookup::Found(view) = store.story(&stored.story).await? else {
        return Ok(format!("{carried}, in story {}, of which nothing is shown", stored.story));
    };
    let part = if view.primary == stored.article.id {
        "its primary source".to_owned()
    } else {
        match view.members.iter().find(|m| m.article.article.id == stored.article.id) {
            Some(Member { verdict: Some(verdict), .. }) => {
                format!("as {} (score {:.2})", verdict.kind.as_str().replace('_', " "), verdict.score)
            }
            _ => "one of its articles".to_owned(),
        }
    };
    Ok(format!("{carried}, in story {} of {} articles, {part}", view.id, view.members.len()))
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.asked)?;
        if let Some(article) = &self.article {
            writeln!(f, "article {article}")?;
        }
        writeln!(f, "now: {}", self.stands)?;
        for event in &self.events {
            write!(f, "{}  {:<12}  {}", event.at, event.place, event.what)?;
            // One line an event, whatever a publisher or a broker wrote into it.
            let detail = article::squeeze(&event.detail);
            if detail.is_empty() { writeln!(f)? } else { writeln!(f, ": {detail}")? }
        }
        Ok(())
    }
}
