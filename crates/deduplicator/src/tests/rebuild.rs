use super::articles::{NOON, article, index, seen, store, text};
use crate::{Index, Progress, Query, rebuild, verify};
use article::{Article, StoryId, VerdictKind};
use std::time::Duration;
use store::{PublishPolicy, Store};

/// Each article judged and published.
async fn fill(index: &dyn Index, store: &Store, articles: &[Article]) {
    let policy = PublishPolicy { exact_window: Duration::from_secs(86_400) };
    for article in articles {
        let verdict = index.decide(&Query::of(article), NOON).await.unwrap();
        store.apply(&seen(article), Some(&verdict), &policy, NOON).await.unwrap();
    }
}

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
    fill(&*index, &store, &articles).await;
    store.execute_takedown(articles[3].url.as_str(), "test", NOON).await.unwrap();
    let since = NOON.minus(Duration::from_secs(86_400));
    let verified = verify(&store, &*index, since).await.unwrap();
    assert_eq!((verified.articles, verified.first), (3, Vec::new()), "what was taken down is no matter of the index's");

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

#[tokio::test]
async fn a_text_that_is_withheld_is_known_again_after_a_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    let (index, store) = (index().await, store(&folder).await);
    let original = article("https://a.example/1", &text(1, 300));
    let mut copy = article("https://b.example/1", &format!("{} {}", text(1, 300), text(9, 40)));
    copy.observed_at = NOON.plus(Duration::from_secs(60));
    fill(&*index, &store, &[original.clone(), copy.clone()]).await;
    store.execute_takedown(original.url.as_str(), "test", NOON).await.unwrap();
    let shown = store.article(&copy.id).await.unwrap().unwrap().article;
    assert!(shown.blocks.is_empty(), "the copy shows nothing of it");

    let since = NOON.minus(Duration::from_secs(86_400));
    rebuild(&store, &*index, since, NOON, |_| {}).await.unwrap();
    for (url, text, kind) in [
        ("https://c.example/1", format!("{} {}", text(8, 40), text(1, 300)), VerdictKind::NearCopy),
        ("https://d.example/1", format!("{} {}", text(1, 300), text(9, 40)), VerdictKind::ExactCopy),
    ] {
        let verdict = index.decide(&Query::of(&article(url, &text)), NOON).await.unwrap();
        assert_eq!((verdict.kind, verdict.story), (kind, StoryId::opened_by(&original.id)), "{url}");
    }
}
