//! Looking at articles again.

use super::{article, minute, put, text};
use crate::{DueRevisit, Store, Validators, Watched};
use article::{Article, ArticleId, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

const AGES: [Duration; 3] = [Duration::from_secs(600), Duration::from_secs(3_600), Duration::from_secs(36_000)];
const LEASE: Duration = Duration::from_secs(120);

fn watched(article: &Article) -> Watched {
    Watched {
        article: article.id.clone(),
        page: format!("{{\"permalink\":\"{}\"}}", article.url),
        since: article.observed_at,
        validators: Validators { etag: Some("\"1\"".to_owned()), last_modified: None },
    }
}

/// Published and watched.
async fn one(store: &Store, slug: &str, at: Timestamp) -> Article {
    let a = article("one.example", slug, at, &text(slug, 40));
    put(store, &a).await;
    store.watch(&watched(&a)).await.unwrap();
    a
}

async fn due(store: &Store, at: Timestamp) -> Vec<DueRevisit> {
    store.claim_due_revisits(at, &AGES, 100, LEASE).await.unwrap()
}

async fn looks(store: &Store) -> Vec<(ArticleId, u64)> {
    store.watched().await.unwrap()
}

pub async fn each_age_is_due_once(store: &Store) {
    let a = one(store, "a", minute(0)).await;
    assert_eq!(due(store, minute(9)).await, []);
    for (n, at) in [10, 60, 600].into_iter().enumerate() {
        let found = due(store, minute(at)).await;
        let expected =
            DueRevisit { article: a.id.clone(), page: watched(&a).page, visit: n, due: minute(0).plus(AGES[n]) };
        assert_eq!(found, [expected], "{n}");
        // Twice is once, and a look that was sent late does not bring an earlier one back.
        store.finish_revisits(&found).await.unwrap();
        store.finish_revisits(&found).await.unwrap();
        assert_eq!(due(store, minute(at)).await, [], "{n}");
        // A redelivered first look changes neither age nor looks.
        store.watch(&Watched { since: minute(at), ..watched(&a) }).await.unwrap();
        assert_eq!(looks(store).await, [(a.id.clone(), n as u64 + 1)]);
    }
    assert_eq!(due(store, minute(99_999)).await, []);
    // The last look may be under way still, and asks for the validators.
    assert_eq!(store.validators(&a.id).await.unwrap(), watched(&a).validators);
    assert_eq!(store.prune_revisits(3, minute(0), minute(9)).await.unwrap(), 0);
    assert_eq!(looks(store).await.len(), 1);
    assert_eq!(store.prune_revisits(3, minute(1), minute(9)).await.unwrap(), 0, "nothing was left of it to do");
    assert_eq!(looks(store).await, []);
}

pub async fn what_was_missed_is_not_made_up_for(store: &Store) {
    let a = one(store, "a", minute(0)).await;
    let b = one(store, "b", minute(595)).await;
    let found = due(store, minute(655)).await;
    let visits: BTreeSet<(ArticleId, usize)> = found.iter().map(|d| (d.article.clone(), d.visit)).collect();
    assert_eq!(visits, BTreeSet::from([(a.id.clone(), 2), (b.id.clone(), 1)]));
    store.finish_revisits(&found).await.unwrap();
    assert_eq!(looks(store).await.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([(a.id, 3), (b.id, 2)]));
    one(store, "c", minute(700)).await;
    assert_eq!(store.prune_revisits(3, minute(0), minute(650)).await.unwrap(), 1);
    assert_eq!(looks(store).await.len(), 2);
    // Without ages nothing is ever due.
    assert_eq!(store.claim_due_revisits(minute(9_000), &[], 100, LEASE).await.unwrap(), []);
}

pub async fn concurrent_schedulers_never_get_the_same_look(store: &Store) {
    for n in 0..40 {
        one(store, &format!("s{n}"), minute(n)).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move { store.claim_due_revisits(minute(50), &AGES, 6, LEASE).await.unwrap() });
    }
    let all: Vec<DueRevisit> = tasks.join_all().await.into_iter().flatten().collect();
    let articles: BTreeSet<&ArticleId> = all.iter().map(|d| &d.article).collect();
    assert_eq!(articles.len(), all.len(), "each look once");
    let rest = due(store, minute(50)).await;
    assert_eq!(all.len() + rest.len(), 40);
}

pub async fn a_lease_that_ends_makes_a_look_due_again(store: &Store) {
    one(store, "a", minute(0)).await;
    let found = due(store, minute(10)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(due(store, minute(11)).await, [], "leased");
    assert_eq!(due(store, minute(10).plus(LEASE)).await, found, "its sender died: the same look again");
    store.release_revisits(&found).await.unwrap();
    assert_eq!(due(store, minute(10)).await, found, "given back");
}

pub async fn only_what_is_published_is_looked_at_again(store: &Store) {
    let (a, b) = (one(store, "a", minute(0)).await, one(store, "b", minute(0)).await);
    let unknown = article("one.example", "c", minute(0), &text("c", 40));
    store.watch(&watched(&unknown)).await.unwrap();
    super::withdraw(store, &b, minute(1)).await;
    store.execute_takedown(a.url.as_str(), "op", minute(2)).await.unwrap();
    let found: Vec<ArticleId> = due(store, minute(10)).await.into_iter().map(|d| d.article).collect();
    assert_eq!(found, std::slice::from_ref(&b.id), "what was withdrawn may come back");
    store.watch(&watched(&a)).await.unwrap();
    assert!(!looks(store).await.iter().any(|(id, _)| *id == a.id), "not even its address is kept here");
    put(store, &unknown).await;
    assert_eq!(due(store, minute(10)).await.len(), 1);
}

pub async fn validators_belong_to_the_last_response(store: &Store) {
    let a = one(store, "a", minute(0)).await;
    assert_eq!(store.validators(&a.id).await.unwrap(), watched(&a).validators);
    let newer = Validators { etag: None, last_modified: Some("Tue, 24 Nov 2026 09:30:00 GMT".to_owned()) };
    store.watch_on(&a.id, None, &newer).await.unwrap();
    assert_eq!(store.validators(&a.id).await.unwrap(), newer);
    assert_eq!(due(store, minute(10)).await[0].page, watched(&a).page);
    store.watch_on(&a.id, Some("{}"), &Validators::default()).await.unwrap();
    assert_eq!(due(store, minute(10).plus(LEASE)).await[0].page, "{}");
    let unknown = article("one.example", "c", minute(0), "");
    store.watch_on(&unknown.id, Some("{}"), &newer).await.unwrap();
    assert_eq!(store.validators(&unknown.id).await.unwrap(), Validators::default());
}
