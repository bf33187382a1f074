//! What may be shown, and what must go.

use super::{article, minute, put, put_copy, seen, source, story_of, text, withdraw};
use crate::{ArticleState, Capture, CardFilter, Change, Store, StoryLookup, TakedownState, Tombstones};
use article::{Article, Carry, CarryReason, Image, plain_text, word_count};

fn not_free(mut article: Article, reason: CarryReason) -> Article {
    article.rights.narrow(Carry::Headline, reason);
    article
}

pub async fn what_may_not_be_kept_is_not_there(store: &Store) {
    let mut a = not_free(article("one.example", "a", minute(1), &text("secret", 60)), CarryReason::TdmReserved);
    a.subtitle = Some("secretsubtitle".to_owned());
    a.image = Some(Image { url: "https://one.example/i".to_owned(), caption: None, width: None, height: None });
    put(store, &a).await;
    let stored = store.article(&a.id).await.unwrap().unwrap().article;
    assert_eq!((stored.blocks.len(), stored.subtitle, stored.image), (0, None, None));
    assert_eq!((stored.title, stored.authors), (a.title.clone(), a.authors.clone()));
    assert!(store.search("secret1", 10).await.unwrap().is_empty());
    assert!(store.search("secretsubtitle", 10).await.unwrap().is_empty());
    let card = &store.cards(&CardFilter::default(), None, 1).await.unwrap()[0];
    assert_eq!((card.title.as_str(), card.excerpt.as_str()), (a.title.as_str(), ""));
}

pub async fn an_excerpt_is_cut(store: &Store) {
    let mut a = article("one.example", "a", minute(1), &text("word", 300));
    a.rights.narrow(Carry::Excerpt, CarryReason::NoSnippet);
    put(store, &a).await;
    let stored = store.article(&a.id).await.unwrap().unwrap().article;
    assert_eq!(word_count(&stored.blocks), 60);
    assert!(plain_text(&stored.blocks).ends_with("word59…"));
    assert!(store.search("word100", 10).await.unwrap().is_empty());
    assert_eq!(stored.content_hash, a.content_hash, "copies are still recognised");
}

pub async fn copies_of_what_is_not_free_show_no_text(store: &Store) {
    let mut licensed = source("licensed.example", &[]);
    licensed.licensed = true;
    store.put_source(&licensed).await.unwrap();
    let original = not_free(article("paid.example", "a", minute(1), ""), CarryReason::NotFree);
    let copy = article("copy.example", "b", minute(2), &text("lake", 60));
    let with_licence = article("licensed.example", "c", minute(3), &text("lakes", 60));
    put_copy(store, &copy, &original).await;
    assert_eq!(store.search("lake1", 10).await.unwrap().len(), 1, "nobody knows better yet");
    put_copy(store, &with_licence, &original).await;
    put(store, &original).await;

    let stored = store.article(&copy.id).await.unwrap().unwrap().article;
    assert_eq!((stored.rights.carry, stored.rights.reason), (Carry::Headline, CarryReason::PrimaryNotFree));
    assert!(stored.blocks.is_empty());
    assert!(store.search("lake1", 10).await.unwrap().is_empty());
    let story = story_of(store, &copy).await;
    assert_eq!((&story.primary, story.face.as_ref()), (&original.id, Some(&original.id)));
    let shown = store.article(&with_licence.id).await.unwrap().unwrap().article;
    assert_eq!((shown.rights.carry, shown.blocks.len()), (Carry::Full, 1));
    assert_eq!(store.search("lakes1", 10).await.unwrap().len(), 1);

    // With the original withdrawn the licensed copy is the face: it alone has a text to show.
    withdraw(store, &original, minute(9)).await;
    let story = story_of(store, &copy).await;
    assert_eq!((&story.primary, story.face.as_ref()), (&original.id, Some(&with_licence.id)));
    let cards = store.cards(&CardFilter::default(), None, 10).await.unwrap();
    assert!(cards[0].excerpt.starts_with("lakes0"));
}

pub async fn a_takedown_lasts(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    let story = put(store, &a).await.story;
    store
        .put_capture(&Capture {
            article: a.id.clone(),
            part_of: None,
            url: a.url.to_string(),
            status: 200,
            headers: Vec::new(),
            body: b"<html>".to_vec(),
            observed_at: minute(1),
        })
        .await
        .unwrap();
    let url = format!("{}?utm_source=mail", a.url);
    let asked = store.add_takedown(&url, "owner@one.example", "mine", minute(2)).await.unwrap();
    assert_eq!((asked.state, asked.due_at), (TakedownState::Requested, minute(2 + 24 * 60)));
    let again = store.add_takedown(a.url.as_str(), "somebody", "else", minute(3)).await.unwrap();
    assert_eq!((again.id, again.requested_by.as_str()), (asked.id, "owner@one.example"));
    assert_eq!(store.article(&a.id).await.unwrap().unwrap().state, ArticleState::Shown, "asked is not done");

    let done = store.execute_takedown(a.url.as_str(), "cli:op", minute(4)).await.unwrap();
    assert_eq!((done.id, done.state, done.executed_at), (asked.id, TakedownState::Executed, Some(minute(4))));
    assert_eq!(done.articles, std::slice::from_ref(&a.id));
    assert_eq!(store.execute_takedown(a.url.as_str(), "cli:op", minute(9)).await.unwrap(), done, "idempotent");
    let stored = store.article(&a.id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.revisions, stored.article.title.as_str()), (ArticleState::TakenDown, 0, ""));
    assert!(stored.article.blocks.is_empty() && stored.article.authors.is_empty());
    assert!(store.capture(&a.id).await.unwrap().is_none());
    assert!(store.search("lake1", 10).await.unwrap().is_empty());
    assert!(matches!(store.story(&story).await.unwrap(), StoryLookup::Gone));

    // The next poll, a redelivery, a revision, a replay.
    assert_eq!(put(store, &a).await.change, Change::TakenDown);
    let newer = article("one.example", "a", minute(50), &text("sea", 60));
    assert_eq!(put(store, &newer).await.change, Change::TakenDown);
    assert_eq!(withdraw(store, &a, minute(60)).await.change, Change::TakenDown);
    assert_eq!(store.article(&a.id).await.unwrap().unwrap().state, ArticleState::TakenDown);
    assert!(store.revisions(&a.id).await.unwrap().is_empty());
    assert_eq!(store.tombstoned(&[a.id.clone(), newer.id]).await.unwrap().len(), 1);
    let log = store.audit_log(10).await.unwrap();
    assert_eq!(log.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["takedown.execute"]);
}

pub async fn a_takedown_of_an_address_never_seen(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    let done = store.execute_takedown(a.url.as_str(), "cli:op", minute(1)).await.unwrap();
    assert_eq!((done.state, done.articles.len()), (TakedownState::Executed, 0));
    assert_eq!(put(store, &a).await.change, Change::TakenDown);
    assert!(store.article(&a.id).await.unwrap().is_none(), "nothing was kept");

    // Under another canonical address it does not come in either, then or later.
    let mut moved = article("one.example", "new-slug", minute(5), &text("lake", 60));
    moved.aliases = vec![a.url.to_string()];
    assert_eq!(put(store, &moved).await.change, Change::TakenDown);
    moved.aliases.clear();
    moved.observed_at = minute(6);
    assert_eq!(put(store, &moved).await.change, Change::TakenDown);
    assert!(matches!(
        store.execute_takedown("mailto:x@one.example", "cli:op", minute(1)).await,
        Err(crate::StoreError::Address(_))
    ));
}

pub async fn a_takedown_covers_own_aliases_only(store: &Store) {
    let victim = article("victim.example", "v", minute(1), &text("lake", 60));
    let shared = "https://hostile.example/feed-guid".to_owned();
    let mut hostile = article("hostile.example", "h", minute(2), &text("sea", 60));
    hostile.aliases =
        vec![victim.url.to_string(), "https://hostile.example/amp/h".to_owned(), shared.clone(), "tag:guid".to_owned()];
    let mut neighbour = article("hostile.example", "n", minute(3), &text("hill", 60));
    neighbour.aliases = vec![shared.clone()];
    for a in [&victim, &hostile, &neighbour] {
        put(store, a).await;
    }
    let found = store.article_by_url("https://hostile.example/amp/h?utm_source=x").await.unwrap().unwrap();
    assert_eq!(found.article.id, hostile.id);
    let found = store.article_by_url(victim.url.as_str()).await.unwrap().unwrap();
    assert_eq!(found.article.id, victim.id, "a claim on another's address changes nothing about it");

    store.execute_takedown("https://hostile.example/amp/h", "cli:op", minute(4)).await.unwrap();
    let states = async |a: &Article| store.article(&a.id).await.unwrap().unwrap().state;
    assert_eq!(states(&hostile).await, ArticleState::TakenDown);
    assert_eq!(states(&victim).await, ArticleState::Shown);
    assert_eq!(states(&neighbour).await, ArticleState::Shown);
    let mut again = victim.clone();
    again.observed_at = minute(9);
    assert_eq!(put(store, &again).await.change, Change::Unchanged);
    let mut again = neighbour.clone();
    again.observed_at = minute(9);
    assert_eq!(put(store, &again).await.change, Change::Unchanged);
}

/// An article under two slugs, the newer of which names the older, and both a third address.
async fn slugs(store: &Store) -> (Article, Article, String) {
    let short = "https://one.example/?p=123".to_owned();
    let mut old = article("one.example", "old-slug", minute(1), &text("lake", 60));
    old.aliases = vec![short.clone()];
    let mut new = article("www.one.example", "new-slug", minute(2), &text("lake", 60));
    new.aliases = vec![old.url.to_string(), short.clone()];
    put(store, &old).await;
    put(store, &new).await;
    assert_eq!(story_of(store, &new).await.members.len(), 2);
    (old, new, short)
}

async fn assert_gone(store: &Store, url: &str, articles: [&Article; 2]) {
    let done = store.execute_takedown(url, "cli:op", minute(9)).await.unwrap();
    let mut expected = articles.map(|a| a.id.clone());
    expected.sort_by_key(ToString::to_string);
    assert_eq!(done.articles, expected);
    for a in articles {
        assert_eq!(store.article(&a.id).await.unwrap().unwrap().state, ArticleState::TakenDown, "{}", a.url);
    }
    assert!(store.search("lake1", 10).await.unwrap().is_empty());
}

pub async fn a_takedown_of_an_old_slug_takes_the_new_one(store: &Store) {
    let (old, new, _) = slugs(store).await;
    assert_gone(store, old.url.as_str(), [&old, &new]).await;
}

pub async fn a_takedown_of_a_new_slug_takes_the_old_one(store: &Store) {
    // Neither names the other.
    let (old, mut new, short) = (
        article("one.example", "old-slug", minute(1), &text("lake", 60)),
        article("one.example", "new-slug", minute(2), &text("lake", 60)),
        "https://one.example/?p=123".to_owned(),
    );
    let old = Article { aliases: vec![short.clone()], ..old };
    new.aliases = vec![short];
    put(store, &old).await;
    put(store, &new).await;
    assert_gone(store, new.url.as_str(), [&old, &new]).await;
}

pub async fn a_takedown_of_an_address_that_both_slugs_share_takes_both(store: &Store) {
    let (old, new, short) = slugs(store).await;
    // Another site's article says that it is there too, and stays.
    let mut claimant = article("two.example", "c", minute(3), &text("sea", 60));
    claimant.aliases = vec![short.clone(), old.url.to_string()];
    put(store, &claimant).await;
    assert_gone(store, &short, [&old, &new]).await;
    assert_eq!(store.article(&claimant.id).await.unwrap().unwrap().state, ArticleState::Shown);
}

pub async fn an_alias_that_different_stories_share_means_none_of_them(store: &Store) {
    let shared = "https://one.example/live".to_owned();
    let mut stories = ["lake", "sea"].map(|topic| article("one.example", topic, minute(1), &text(topic, 60)));
    for a in &mut stories {
        a.aliases = vec![shared.clone()];
        put(store, a).await;
    }
    store.execute_takedown(&shared, "cli:op", minute(2)).await.unwrap();
    store.execute_takedown(stories[0].url.as_str(), "cli:op", minute(2)).await.unwrap();
    let states = async |a: &Article| store.article(&a.id).await.unwrap().unwrap().state;
    assert_eq!(states(&stories[0]).await, ArticleState::TakenDown);
    assert_eq!(states(&stories[1]).await, ArticleState::Shown);
}

pub async fn a_takedown_gives_the_face_to_another(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    let b = article("two.example", "b", minute(2), &text("lakes", 60));
    put(store, &a).await;
    put_copy(store, &b, &a).await;
    store.execute_takedown(b.url.as_str(), "cli:op", minute(3)).await.unwrap();
    let story = story_of(store, &a).await;
    assert_eq!((story.members.len(), story.face), (1, Some(a.id.clone())));

    // The owner of the original has it taken down: copies do not show his text in its place.
    let c = article("three.example", "c", minute(4), &text("lakey", 60));
    put_copy(store, &c, &a).await;
    store.execute_takedown(a.url.as_str(), "cli:op", minute(5)).await.unwrap();
    let story = story_of(store, &c).await;
    assert_eq!((&story.primary, story.face.as_ref()), (&c.id, Some(&c.id)), "what is taken down is named nowhere");
    let shown = &story.members[0].article.article;
    assert_eq!((shown.blocks.len(), shown.rights.reason), (0, CarryReason::PrimaryNotFree));
    assert!(store.search("lakey1", 10).await.unwrap().is_empty());
}

pub async fn a_lifted_takedown_lets_the_article_come_again(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    put(store, &a).await;
    store.execute_takedown(a.url.as_str(), "cli:op", minute(2)).await.unwrap();
    assert!(store.lift_takedown(a.url.as_str(), "cli:op", minute(3)).await.unwrap());
    assert!(!store.lift_takedown(a.url.as_str(), "cli:op", minute(3)).await.unwrap());
    assert!(store.takedowns().await.unwrap().is_empty());
    assert!(store.cards(&CardFilter::default(), None, 1).await.unwrap().is_empty(), "nothing comes back by itself");
    let applied =
        store.apply(&seen(&a), Some(&article::Verdict::new_story(&a.id)), &super::POLICY, minute(4)).await.unwrap();
    assert_eq!(applied.change, Change::Opened);
    assert_eq!(store.article(&a.id).await.unwrap().unwrap().article, a);
}

pub async fn what_was_lifted_finds_its_story_again(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    // The same text, which the index did not recognise: linked by its hash alone.
    let b = article("two.example", "b", minute(2), &text("lake", 60));
    put(store, &a).await;
    put(store, &b).await;
    let story = story_of(store, &b).await.id;
    store.execute_takedown(a.url.as_str(), "cli:op", minute(3)).await.unwrap();
    store.lift_takedown(a.url.as_str(), "cli:op", minute(4)).await.unwrap();
    assert_eq!(story_of(store, &b).await.id, story);
    let mut revised = article("one.example", "a", minute(9), &text("sea", 60));
    revised.published = a.published;
    put(store, &revised).await;
    let view = story_of(store, &b).await;
    assert_eq!((view.id, view.members.len(), &view.primary), (story, 2, &a.id), "its address is still its own");
}

pub async fn what_was_withheld_is_shown_again_when_the_takedown_is_lifted(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 60));
    let b = article("two.example", "b", minute(2), &text("lakes", 60));
    put(store, &a).await;
    put_copy(store, &b, &a).await;
    let story = story_of(store, &b).await.id;
    store.execute_takedown(a.url.as_str(), "cli:op", minute(3)).await.unwrap();
    assert!(store.article(&b.id).await.unwrap().unwrap().article.blocks.is_empty());
    store.lift_takedown(a.url.as_str(), "cli:op", minute(4)).await.unwrap();
    assert_eq!(store.article(&b.id).await.unwrap().unwrap().article, b);
    assert_eq!(store.search("lakes1", 10).await.unwrap().len(), 1);
    let view = story_of(store, &b).await;
    assert_eq!((view.id, view.members.len(), view.face), (story.clone(), 1, Some(b.id.clone())));
    assert_eq!(put(store, &a).await.story, story);
    assert_eq!(story_of(store, &b).await.primary, a.id);
}

pub async fn a_takedown_and_publishers_at_the_same_story(store: &Store) {
    let original = article("wire.example", "a", minute(0), &text("lake", 60));
    put(store, &original).await;
    let copies: Vec<_> =
        (1..17).map(|n| article(&format!("p{n}.example"), "c", minute(n), &text("lakes", 60))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (n, copy) in copies.iter().cloned().enumerate() {
        let (store, original) = (store.clone(), original.clone());
        tasks.spawn(async move {
            if n.is_multiple_of(4) {
                store.execute_takedown(copy.url.as_str(), "cli:op", minute(50)).await.unwrap();
            }
            while let Err(error) =
                store.apply(&seen(&copy), Some(&super::copy_of(&original)), &super::POLICY, minute(60)).await
            {
                assert!(matches!(error, crate::StoreError::Conflict(_)), "{error}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(story_of(store, &original).await.members.len(), 1 + 12);
    for copy in copies.iter().step_by(4) {
        assert_eq!(store.tombstoned(std::slice::from_ref(&copy.id)).await.unwrap().len(), 1);
    }
}

pub async fn many_ask_about_tombstones_at_once(store: &Store) {
    let articles: Vec<_> =
        (0..60).map(|n| article("one.example", &format!("a{n}"), minute(1), &text("lake", 60))).collect();
    for gone in articles.iter().step_by(3) {
        store.execute_takedown(gone.url.as_str(), "cli:op", minute(1)).await.unwrap();
    }
    let tombstones = Tombstones::of(store.clone());
    let mut tasks = Vec::new();
    for (n, article) in articles.iter().enumerate() {
        let (tombstones, id) = (tombstones.clone(), article.id.clone());
        tasks.push((n, tokio::spawn(async move { tombstones.stands_for(&id).await.unwrap() })));
    }
    // Whoever asks for the others may be dropped meanwhile.
    tokio::task::yield_now().await;
    for (_, task) in tasks.iter().step_by(7) {
        task.abort();
    }
    for (n, task) in tasks {
        match task.await {
            Ok(stands) => assert_eq!(stands, n % 3 == 0, "article {n}"),
            Err(error) => assert!(error.is_cancelled() && n % 7 == 0, "article {n}: {error}"),
        }
    }
}

pub async fn a_page_of_nothing_but_words_is_published(store: &Store) {
    let body: String = (0..30_000).map(|n| format!("{n:0>60}ж ")).collect();
    let a = article("one.example", "a", minute(1), &body);
    assert_eq!(put(store, &a).await.change, Change::Opened);
    assert_eq!(store.search("headline", 1).await.unwrap().len(), 1);
}
