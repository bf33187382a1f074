//! What is remembered of a page, so that its article can be looked at again.

use super::refusal::Refusal;
use article::{Arrival, Article, ArticleId, Carry};
use queue::{Page, Then, ThenError, Visit};
use store::{ArticleState, Store, StoredArticle, Validators, Watched};
use web::Headers;

/// The record to make once the arrival is confirmed. Sooner it would hide a change: a validator saved before its
/// text is safe is answered with 304 at the next try.
pub(super) fn watch(store: &Store, page: &Page, arrival: &Arrival, headers: Option<&Headers>) -> Option<Then> {
    let Arrival::Seen { article } = arrival else { return None };
    let validators = validators(headers);
    let (store, id, since, visit) = (store.clone(), article.id.clone(), article.observed_at, page.visit);
    let is_bare = article.rights.carry == Carry::Headline;
    // Our own types hold nothing that JSON can't.
    let page = serde_json::to_string(&kept(page, article)).ok()?;
    Some(Then::new(move || async move {
        let done = match visit {
            Visit::First => store.watch(&Watched { article: id, page, since, validators }).await,
            Visit::Updated => store.watch_on(&id, Some(&page), &validators).await,
            // Its text may have been free before.
            Visit::Hour | Visit::Day | Visit::Week => store.watch_on(&id, is_bare.then_some(&page), &validators).await,
        };
        done.map_err(|e| ThenError(e.to_string()))
    }))
}

fn validators(headers: Option<&Headers>) -> Validators {
    let header = |name| headers?.get(name).map(str::to_owned);
    Validators { etag: header("etag"), last_modified: header("last-modified") }
}

/// The page as it is asked for again: the next extraction has the same hints, so that a difference is the page's
/// own. Where no text may be carried none of it is kept here either.
fn kept(page: &Page, article: &Article) -> Page {
    let page = Page { visit: Visit::First, ..page.clone() };
    if article.rights.carry == Carry::Headline { without_text(page) } else { page }
}

/// Headline, author and link.
pub(crate) fn without_text(page: Page) -> Page {
    Page { summary: None, ..page }
}

/// The response that a look at a known article is compared with. What was withdrawn is asked for in full: its
/// publisher's server may well call it unchanged.
pub(super) async fn last_seen(store: &Store, page: &Page) -> Result<Validators, Refusal> {
    match store.article_by_url(page.permalink.as_str()).await? {
        Some(known) if known.state == ArticleState::Shown => Ok(store.validators(&known.article.id).await?),
        _ => Ok(Validators::default()),
    }
}

/// Whether a look found what is on the site already.
pub(super) async fn is_known(store: &Store, page: &Page, arrival: &Arrival) -> Result<bool, Refusal> {
    let Arrival::Seen { article } = arrival else { return Ok(false) };
    if page.visit == Visit::First {
        return Ok(false);
    }
    let known = store.article(&ArticleId::of(&article.url)).await?;
    Ok(known.is_some_and(|known| known.state == ArticleState::Shown && is_same(&known, article)))
}

/// Where and when it was seen is not what it says; of the text the hash speaks.
fn is_same(known: &StoredArticle, article: &Article) -> bool {
    let known = &known.article;
    Article {
        blocks: known.blocks.clone(),
        observed_at: known.observed_at,
        feed: known.feed.clone(),
        aliases: known.aliases.clone(),
        ..article.clone()
    } == *known
}
