//! Articles that tell the same.

use super::{POLICY, article, copy_of, minute, put, put_copy, seen, source, story_of, text, whole_of, withdraw};
use crate::{CardFilter, Change, ListedAfter, PublishPolicy, Store, StoryCard, StoryLookup};
use article::{Section, SourceId, StoryId, Verdict};
use std::time::Duration;

pub async fn a_copy_joins_and_the_original_takes_the_lead(store: &Store) {
    let original = article("wire.example", "a", minute(10), &text("lake", 40));
    let mut copy = article("paper.example", "b", minute(5), &text("lakes", 40));
    copy.primary.urls = vec![original.url.clone()];
    put(store, &original).await;
    let applied = put_copy(store, &copy, &original).await;
    assert_eq!((applied.change, applied.story.clone()), (Change::Joined, StoryId::opened_by(&original.id)));
    let story = story_of(store, &copy).await;
    assert_eq!((&story.primary, story.face.as_ref()), (&original.id, Some(&original.id)));
    assert_eq!(story.members.len(), 2);
    assert_eq!(story.members[0].article.article.id, original.id, "the primary is listed first");
    assert_eq!(story.members[1].verdict, Some(copy_of(&original)));

    withdraw(store, &original, minute(20)).await;
    let story = story_of(store, &copy).await;
    assert_eq!((&story.primary, story.face.as_ref()), (&original.id, Some(&copy.id)), "credit stays, the face goes");
    let card = &store.cards(&CardFilter::default(), None, 10).await.unwrap()[0];
    assert_eq!((card.source_name.as_str(), card.primary_name.as_str(), card.also_carried), ("paper", "wire", 0));
}

pub async fn a_copy_may_come_before_its_original(store: &Store) {
    let original = article("wire.example", "a", minute(1), &text("lake", 40));
    let copy = article("paper.example", "b", minute(5), &text("lakes", 40));
    assert_eq!(put_copy(store, &copy, &original).await.change, Change::Opened);
    assert_eq!(story_of(store, &copy).await.primary, copy.id, "shown meanwhile by what there is");
    let applied = put(store, &original).await;
    assert_eq!((applied.change, applied.primary_changed), (Change::Joined, true));
    let story = story_of(store, &copy).await;
    assert_eq!((&story.primary, story.members.len()), (&original.id, 2));
    assert_eq!(store.cards(&CardFilter::default(), None, 10).await.unwrap()[0].also_carried, 1);
}

pub async fn equal_texts_are_one_story_within_the_window(store: &Store) {
    let body = text("lake", 40);
    let a = article("one.example", "a", minute(1), &body);
    let b = article("two.example", "b", minute(2), &body.to_uppercase());
    put(store, &a).await;
    assert_eq!(put(store, &b).await.change, Change::Joined, "the index forgot, the store did not");
    assert_eq!(story_of(store, &b).await.members.len(), 2);

    let policy = PublishPolicy { exact_window: Duration::from_secs(3600) };
    let late = article("three.example", "c", minute(90), &body);
    let verdict = Verdict::new_story(&late.id);
    let applied = store.apply(&seen(&late), Some(&verdict), &policy, minute(90)).await.unwrap();
    assert_eq!(applied.change, Change::Opened, "the same text years later is another event");
}

pub async fn short_equal_texts_prove_nothing(store: &Store) {
    put(store, &article("one.example", "a", minute(1), "Watch the video.")).await;
    let b = article("two.example", "b", minute(2), "Watch the video.");
    assert_eq!(put(store, &b).await.change, Change::Opened);
    let c = article("three.example", "c", minute(3), "");
    put(store, &c).await;
    assert_eq!(story_of(store, &c).await.members.len(), 1);
}

pub async fn merged_addresses_lead_on(store: &Store) {
    let articles: Vec<_> =
        (0..4).map(|n| article(&format!("p{n}.example"), "a", minute(n), &text(&format!("t{n}x"), 40))).collect();
    for a in &articles {
        put(store, a).await;
    }
    // Each links two stories that were separate: 1 with 2, 3 with 0, then all.
    let links = [(1, 2), (3, 0), (2, 0)];
    let mut merged = 0;
    for (n, (left, right)) in links.into_iter().enumerate() {
        let number = i64::try_from(n).unwrap();
        let mut bridge = article("bridge.example", &format!("b{n}"), minute(10 + number), &text(&format!("b{n}x"), 40));
        bridge.aliases.clear();
        let mut verdict = copy_of(&articles[left]);
        verdict.of = Some(articles[right].id.clone());
        merged += store.apply(&seen(&bridge), Some(&verdict), &POLICY, minute(20)).await.unwrap().merged.len();
    }
    assert_eq!(merged, 3);
    let story = story_of(store, &articles[3]).await;
    assert_eq!(story.members.len(), 7);
    assert_eq!(story.id, StoryId::opened_by(&articles[0].id), "the oldest address stays");
    for a in &articles[1..] {
        let old = StoryId::opened_by(&a.id);
        assert_eq!(store.story(&old).await.unwrap(), StoryLookup::Moved(story.id.clone()), "in one step");
    }
    assert_eq!(store.totals().await.unwrap().stories, 1);
}

pub async fn a_whole_makes_its_parts_one_story(store: &Store) {
    let parts: Vec<_> = (0..5)
        .map(|n| article(&format!("part{n}.example"), "a", minute(10 + n), &text(&format!("t{n}x"), 40)))
        .collect();
    for part in &parts {
        put(store, part).await;
    }
    let mut whole = article("wire.example", "w", minute(20), &text("w", 200));
    whole.published = Some(minute(1));
    // The last names the first as one of several: the oldest address is not the one it is a copy under.
    let verdict = whole_of(&parts[4], &[&parts[0], &parts[1], &parts[2], &parts[3]]);
    let applied = store.apply(&seen(&whole), Some(&verdict), &POLICY, minute(20)).await.unwrap();
    assert_eq!((applied.change, applied.merged.len()), (Change::Joined, 4));
    let story = story_of(store, &whole).await;
    assert_eq!((story.members.len(), &story.primary), (6, &whole.id));
    assert_eq!(story.id, StoryId::opened_by(&parts[0].id), "the oldest address stays");
    for part in &parts[1..] {
        let address = store.story(&StoryId::opened_by(&part.id)).await.unwrap();
        assert_eq!(address, StoryLookup::Moved(story.id.clone()));
    }
    // A part whose own message is overtaken by the whole's finds its story too.
    let (late, early) = (
        article("late.example", "a", minute(31), &text("l", 40)),
        article("early.example", "a", minute(30), &text("e", 40)),
    );
    put(store, &early).await;
    let other = article("wire.example", "v", minute(32), &text("v", 80));
    let verdict = whole_of(&early, &[&late]);
    store.apply(&seen(&other), Some(&verdict), &POLICY, minute(32)).await.unwrap();
    assert_eq!(put(store, &late).await.change, Change::Joined);
    assert_eq!(story_of(store, &late).await.members.len(), 3);
}

pub async fn an_existing_story_wins_over_a_later_verdict(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    let b = article("two.example", "b", minute(2), &text("sea", 40));
    put(store, &a).await;
    put(store, &b).await;
    // A page that is rewritten every hour must not chain its stories together.
    let rewritten = article("one.example", "a", minute(3), &text("seas", 40));
    let applied = put_copy(store, &rewritten, &b).await;
    assert_eq!((applied.change, applied.story), (Change::Revised, StoryId::opened_by(&a.id)));
    assert_eq!(story_of(store, &b).await.members.len(), 1);
    // What came to copy `a` under the story it would open finds it wherever it is.
    let c = article("three.example", "c", minute(4), &text("lakes", 40));
    put_copy(store, &c, &a).await;
    assert_eq!(story_of(store, &c).await.members.len(), 2);
}

pub async fn an_older_sighting_places_anew(store: &Store) {
    let a = article("one.example", "a", minute(1), &text("lake", 40));
    let b = article("two.example", "b", minute(2), &text("sea", 40));
    put(store, &a).await;
    put(store, &b).await;
    let later = article("three.example", "c", minute(9), &text("seas", 40));
    let earlier = article("three.example", "c", minute(8), &text("lakes", 40));
    put_copy(store, &later, &b).await;
    assert_eq!(story_of(store, &b).await.members.len(), 2);
    put_copy(store, &earlier, &a).await;
    assert_eq!(story_of(store, &a).await.members.len(), 2, "as if it had come first");
    assert_eq!(story_of(store, &b).await.members.len(), 1);
    assert_eq!(store.article(&later.id).await.unwrap().unwrap().article, later);
}

pub async fn lists_are_newest_first_and_filtered(store: &Store) {
    let mut sport = article("one.example", "a", minute(1), &text("goal", 60));
    sport.section = Section::Sport;
    let mut german = article("two.example", "b", minute(2), &text("wort", 40));
    german.language = Some("de-AT".to_owned());
    german.subtitle = Some("Ein Untertitel".to_owned());
    let copy = article("three.example", "c", minute(3), &text("goals", 40));
    store.put_source(&source("one.example", &[])).await.unwrap();
    put(store, &sport).await;
    put(store, &german).await;
    put_copy(store, &copy, &sport).await;

    let titles = async |filter: CardFilter, after: Option<&ListedAfter>| -> Vec<String> {
        store.cards(&filter, after, 10).await.unwrap().into_iter().map(|c| c.title).collect()
    };
    assert_eq!(titles(CardFilter::default(), None).await, ["Headline b", "Headline a"]);
    let last = |card: &StoryCard| ListedAfter { time: card.time, story: card.id.clone() };
    let cards = store.cards(&CardFilter::default(), None, 10).await.unwrap();
    assert_eq!(titles(CardFilter::default(), Some(&last(&cards[0]))).await, ["Headline a"]);
    assert_eq!(titles(CardFilter::default(), Some(&last(&cards[1]))).await, [] as [&str; 0]);
    let filter =
        |section, source, language: Option<&str>| CardFilter { section, source, language: language.map(str::to_owned) };
    assert_eq!(titles(filter(Some(Section::Sport), None, None), None).await, ["Headline a"]);
    assert_eq!(titles(filter(None, None, Some("de")), None).await, ["Headline b"]);
    let carrier = SourceId::from_name("three.example");
    assert_eq!(titles(filter(None, Some(carrier), Some("en")), None).await, ["Headline a"]);

    let cards = store.cards(&CardFilter::default(), None, 10).await.unwrap();
    assert!(cards[1].excerpt.starts_with("goal0 goal1") && cards[1].excerpt.ends_with("goal39…"));
    assert_eq!((cards[1].also_carried, cards[1].authors.len()), (1, 1));
    assert_eq!(cards[0].language.as_deref(), Some("de-AT"));
    let totals = store.totals().await.unwrap();
    assert_eq!((totals.stories, totals.articles, totals.copies, totals.sources), (2, 3, 1, 1));
}

pub async fn search_finds_every_script(store: &Store) {
    let texts = [
        ("latin", "Die Straße nach Kyïv ist gesperrt"),
        ("han", "北京今天发布新的空气质量标准"),
        ("arabic", "أعلنت الحكومة عن خطة جديدة للمياه"),
        ("hindi", "सरकार ने नई योजना की घोषणा की"),
        ("thai", "รัฐบาลประกาศแผนใหม่"),
        ("cyrillic", "Правительство объявило о новом плане"),
    ];
    for (n, (slug, body)) in (0..).zip(texts) {
        put(store, &article("world.example", slug, minute(n), body)).await;
    }
    let find = async |query: &str| -> Vec<String> {
        store.search(query, 10).await.unwrap().into_iter().map(|c| c.title).collect()
    };
    assert_eq!(find("STRASSE").await, Vec::<String>::new());
    assert_eq!(find("straße gesperrt").await, ["Headline latin"]);
    assert_eq!(find("空气质量").await, ["Headline han"]);
    assert_eq!(find("الحكومة للمياه").await, ["Headline arabic"]);
    assert_eq!(find("योजना").await, ["Headline hindi"]);
    assert_eq!(find("แผนใหม่").await, ["Headline thai"]);
    assert_eq!(find("плане").await, ["Headline cyrillic"]);
    assert_eq!(find("world headline").await.len(), 6);
    assert_eq!(find("straße план").await, Vec::<String>::new(), "all words must be there");
    for hostile in ["", "\"", "' OR 1=1 --", "a AND", "NEAR(", "-", "*", "\u{0}", ":*", "!(x"] {
        store.search(hostile, 10).await.unwrap();
    }
}
