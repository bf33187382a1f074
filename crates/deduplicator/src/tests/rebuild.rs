use super::articles::{NOON, article, index, store, text};
use crate::{Mismatch, Progress, Query, rebuild, verify};
use article::{Article, VerdictKind};
use std::time::Duration;
use store::PublishPolicy;

#[tokio::test]
async fn an_emptied_index_is_rebuilt_from_the_store_and_agrees_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (index, store) = (index().await, store(&folder).await);
    let articles: Vec<Article> = vec![
        article("https://a.example/1", &text(1, 300)),
        article("https://b.example/1", &format!("{} {}", text(1, 300), text(9, 40))),
        article("https://c.example/1", &text(2, 300)),
        article("https://d.example/1", &text(3, 300)),
    ];
    let policy = PublishPolicy { exact_window: Duration::from_secs(86_400) };
    for article in &articles {
        let verdict = index.decide(&Query::of(article), NOON).await.unwrap();
        let arrival = super::articles::seen(article);
        store.apply(&arrival, Some(&verdict), &policy, NOON).await.unwrap();
    }
    store.execute_takedown(articles[3].url.as_str(), "test", NOON).await.unwrap();
    let since = NOON.minus(Duration::from_secs(86_400));
    let stale = verify(&store, &*index, since).await.unwrap();
    assert_eq!(stale.first, [Mismatch::TakenDown { article: articles[3].id.clone() }]);

    index.clear().await.unwrap();
    let missing = verify(&store, &*index, since).await.unwrap();
    assert_eq!(missing.mismatches, 3);
    let mut seen = Vec::new();
    let done = rebuild(&store, &*index, since, NOON, |p| seen.push(p)).await.unwrap();
    assert_eq!(done, Progress { read: 4, restored: 3 });
    assert_eq!(seen.last(), Some(&done));
    assert_eq!(verify(&store, &*index, since).await.unwrap().mismatches, 0);

    let copy = article("https://e.example/1", &format!("{} {}", text(8, 40), text(1, 300)));
    let verdict = index.decide(&Query::of(&copy), NOON).await.unwrap();
    assert_eq!((verdict.kind, verdict.of), (VerdictKind::NearCopy, Some(articles[0].id.clone())));
}
