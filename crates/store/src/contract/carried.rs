//! What is carried with its text, and until when.

use super::{POLICY, article, minute, put, put_copy, seen, text};
use crate::{Capture, Pass, Store};
use article::{Article, ArticleId, CanonicalUrl, Carry, CarryReason, Timestamp};
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(120);

fn listed(mut article: Article) -> Article {
    article.rights.narrow(Carry::Headline, CarryReason::NotFree);
    article
}

pub async fn only_texts_on_the_site_are_carried(store: &Store) {
    let shown = article("one.example", "a", minute(1), &text("lake", 60));
    let listed = listed(article("one.example", "b", minute(1), &text("sea", 60)));
    let gone = article("one.example", "c", minute(1), &text("pond", 60));
    // What the primary source withholds is kept all the same, and so it is asked about.
    let copy = article("two.example", "d", minute(2), &text("brook", 60));
    for a in [&shown, &listed, &gone] {
        put(store, a).await;
    }
    put_copy(store, &copy, &listed).await;
    super::withdraw(store, &gone, minute(3)).await;
    let mut expected = vec![&shown, &copy];
    expected.sort_by_key(|a| a.id.to_string());
    let mut found: Vec<Article> = Vec::new();
    while let Some(next) = store.carried_after(found.last().map(|a| &a.id), 1).await.unwrap().into_iter().next() {
        found.push(next.article);
    }
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);

    // The index is told of all, the withheld text too.
    let kept = store.kept_after(None, 9).await.unwrap();
    assert_eq!(kept.iter().find(|k| k.article.id == copy.id).map(|k| &k.article), Some(&copy));
    assert_eq!((kept.len(), store.kept_after(Some(&kept[1].article.id), 1).await.unwrap()), (4, vec![kept[2].clone()]));
}

pub async fn a_source_is_known_by_its_newest_articles(store: &Store) {
    let at = |name: &str, n: i64| article("one.example", name, minute(n), &text(name, 60));
    let (old, new, newest) = (at("lake", 1), listed(at("sea", 2)), listed(at("pond", 3)));
    let elsewhere = article("two.example", "brook", minute(4), &text("brook", 60));
    for a in [&newest, &old, &new, &elsewhere] {
        store.apply(&seen(a), None, &POLICY, a.observed_at).await.unwrap();
    }
    let source = &old.source;
    let newest_of = async |limit| -> Vec<ArticleId> {
        store.newest_at(source, "one.example", limit).await.unwrap().into_iter().map(|s| s.article.id).collect()
    };
    assert_eq!(newest_of(2).await, [newest.id, new.id]);
    assert_eq!(newest_of(9).await.len(), 3);
    let carried = store.carried_at(source, "one.example", None, 9).await.unwrap();
    assert_eq!(carried.iter().map(|s| &s.article).collect::<Vec<_>>(), [&old]);
    assert!(store.carried_at(source, "one.example", Some(&old.id), 9).await.unwrap().is_empty());
    assert!(store.carried_at(source, "ne.example", None, 9).await.unwrap().is_empty());
}

pub async fn a_text_is_due_at_its_time(store: &Store) {
    let mut a = article("one.example", "a", minute(1), &text("lake", 60));
    a.rights.until = Some(minute(10));
    let forever = article("one.example", "b", minute(1), &text("sea", 60));
    put(store, &a).await;
    put(store, &forever).await;
    let due = async |at: Timestamp| -> Vec<Article> {
        store.claim_expired(at, 9, LEASE).await.unwrap().into_iter().map(|s| s.article).collect()
    };
    assert_eq!(due(minute(9)).await, []);
    assert_eq!(due(minute(10)).await, std::slice::from_ref(&a));
    assert_eq!(due(minute(11)).await, [], "somebody has it");
    assert_eq!(due(minute(10).plus(LEASE)).await, std::slice::from_ref(&a), "it was lost");
    let narrowed = listed(Article { observed_at: minute(13), blocks: Vec::new(), ..a });
    put(store, &narrowed).await;
    assert_eq!(due(minute(99)).await, []);
    // A newer revision has its own time, or none.
    let mut b = Article { observed_at: minute(20), ..forever };
    b.rights.until = Some(minute(30));
    put(store, &b).await;
    assert_eq!(due(minute(30)).await.len(), 1);
    b.observed_at = minute(31);
    b.rights.until = None;
    store.apply(&seen(&b), None, &POLICY, minute(31)).await.unwrap();
    assert_eq!(due(minute(99)).await, []);
}

pub async fn a_pass_is_one_callers_and_goes_on_where_it_was(store: &Store) {
    let claim = async |at: Timestamp| store.claim_pass("judging", at, LEASE).await.unwrap();
    let id = |n: u8| ArticleId::derive(&[&[n]]);
    let first = claim(minute(0)).await.unwrap();
    assert_eq!(first, Pass { after: None });
    assert_eq!(claim(minute(1)).await, None, "leased");
    assert_eq!(claim(minute(0).plus(LEASE)).await, Some(first.clone()), "its owner died: the same batch");
    assert!(store.advance_pass("judging", &first, Some(&id(1)), minute(3)).await.unwrap());
    assert!(!store.advance_pass("judging", &first, Some(&id(2)), minute(3)).await.unwrap(), "done already");
    let second = claim(minute(3)).await.unwrap();
    assert_eq!(second, Pass { after: Some(id(1)) });
    store.release_pass("judging").await.unwrap();
    assert_eq!(claim(minute(3)).await, Some(second.clone()), "given back");
    assert!(store.advance_pass("judging", &second, None, minute(60)).await.unwrap());
    assert_eq!(claim(minute(59)).await, None);
    assert_eq!(claim(minute(60)).await, Some(first), "from the beginning");
    let another = store.claim_pass("another", minute(0), LEASE).await.unwrap().unwrap();
    let under_way = async |at| store.passes_under_way("ano", at, 9).await.unwrap();
    assert!(store.advance_pass("another", &another, Some(&id(1)), minute(5)).await.unwrap());
    assert_eq!((under_way(minute(4)).await, under_way(minute(5)).await), (Vec::new(), vec!["another".to_owned()]));
    let another = store.claim_pass("another", minute(5), LEASE).await.unwrap().unwrap();
    assert!(under_way(minute(5)).await.is_empty(), "leased");
    store.advance_pass("another", &another, None, minute(6)).await.unwrap();
    assert!(under_way(minute(6)).await.is_empty(), "at its end");
}

pub async fn a_capture_is_forgotten(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    let second = CanonicalUrl::parse(&format!("{}?page=2", a.url)).unwrap();
    let capture = Capture {
        article: a.id.clone(),
        part_of: None,
        url: a.url.to_string(),
        status: 200,
        headers: Vec::new(),
        body: b"page".to_vec(),
        observed_at: minute(1),
    };
    let part = Capture {
        article: ArticleId::of(&second),
        part_of: Some(a.id.clone()),
        url: second.to_string(),
        ..capture.clone()
    };
    store.put_capture(&capture).await.unwrap();
    store.put_capture(&part).await.unwrap();
    assert_eq!(store.capture(&part.article).await.unwrap().as_ref(), Some(&part));
    store.forget_capture(&a.id).await.unwrap();
    assert_eq!(store.capture(&a.id).await.unwrap(), None);
    assert_eq!(store.capture(&part.article).await.unwrap(), None, "its further pages go with it");

    store.put_capture(&part).await.unwrap();
    store.execute_takedown(a.url.as_str(), "cli:op", minute(2)).await.unwrap();
    assert_eq!(store.capture(&part.article).await.unwrap(), None, "and with a takedown");
    store.put_capture(&part).await.unwrap();
    assert_eq!(store.capture(&part.article).await.unwrap(), None, "nor do they come again");
}
