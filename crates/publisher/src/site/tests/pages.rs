//! What the pages must hold, printed from stories without a store.

use super::fixture::{NOW, article, card, member, near_copy, picture, story};
use crate::site::front::{FrontPage, Material};
use crate::site::settings::SiteSettings;
use crate::site::story::StoryPage;
use article::{Block, Carry, CarryReason, Section};
use askama::Template;
use store::{ArticleState, StoryCard, StoryView, Totals};

pub(super) fn front(settings: &SiteSettings, cards: Vec<StoryCard>, totals: Totals) -> String {
    let of = |section| cards.iter().filter(|c| c.section == section).cloned().collect();
    let sections = Section::ALL.map(|s| (s, of(s))).into();
    let material = Material { newest: cards, sample: Vec::new(), sections, totals };
    FrontPage::new(settings, material, None, NOW).render().unwrap()
}

pub(super) fn page(settings: &SiteSettings, view: &StoryView) -> String {
    StoryPage::new(settings, view, false, NOW).unwrap().render().unwrap()
}

#[test]
fn the_primary_source_is_linked_above_the_text_and_at_the_end() {
    let first = article("Aurora Times", "gates", "The gates give way", "en", &["They were built in 1911."]);
    let copy = article("Nordlicht Kurier", "tore", "Die Tore geben nach", "de", &["Sie wurden 1911 gebaut."]);
    let verdict = near_copy(&first);
    let html = page(&SiteSettings::default(), &story(vec![member(first, None), member(copy, Some(verdict))]));
    let link = "<a href=\"https://aurora-times.example/news/gates\"><bdi>Aurora Times</bdi></a>";
    let places: Vec<usize> = html.match_indices(link).map(|(at, _)| at).collect();
    let text = html.find("They were built in 1911.").unwrap();
    assert_eq!(places.len(), 2, "{html}");
    assert!(places[0] < text && text < places[1]);
    assert!(!html.contains("nofollow"));
    assert!(html.contains("94\u{a0}% of this text is in the text of Aurora Times"));
}

#[test]
fn a_hostile_headline_is_only_text() {
    let hostile = "<script>alert(1)</script>\" onmouseover=\"x";
    let mut evil = card(hostile, "en\" onload=\"x", "<b>Evil</b>", Section::World, 1);
    evil.image =
        Some(article::Image { url: "javascript:alert(1)".to_owned(), caption: None, width: None, height: None });
    let html = front(&SiteSettings::default(), vec![evil], Totals::default());
    assert!(!html.contains("<script") && !html.contains("onload=") && !html.contains("<b>"), "{html}");
    assert!(!html.contains("javascript:") && !html.contains("onmouseover=\""));
    assert!(html.contains("&#60;script&#62;"));
}

#[test]
fn long_headlines_and_bylines_leave_room_for_the_primary_source() {
    let mut long = article("Aurora Times", "long", &"Very long ".repeat(25), "en", &["Text."]);
    long.authors = (1..=30).map(|i| format!("Author {i}")).collect();
    let html = page(&SiteSettings::default(), &story(vec![member(long, None)]));
    assert!(html.contains("<h1 class=\"longest\""));
    assert!(html.contains("Author 4 and 26 others") && !html.contains("Author 5"), "{html}");
}

#[test]
fn right_to_left_texts_say_so_on_cards_and_pages() {
    let title = "ميناء المدينة يغلق أبوابه";
    let html = front(&SiteSettings::default(), vec![card(title, "ar", "صحيفة الأفق", Section::World, 1)], totals());
    assert!(html.contains("<article class=\"lead\" dir=\"rtl\">"), "{html}");
    assert!(html.contains("<h2 lang=\"ar\">"));
    let view = story(vec![member(article("صحيفة الأفق", "mina", title, "ar-EG", &["أعلنت سلطات الميناء."]), None)]);
    let html = page(&SiteSettings::default(), &view);
    assert!(html.contains(&format!(" lang=\"ar-EG\" dir=\"rtl\">{title}</h1>")), "{html}");
    assert!(html.contains("<div class=\"text\" lang=\"ar-EG\" dir=\"rtl\">"));
}

#[test]
fn what_is_not_free_shows_its_headline_and_says_why() {
    let mut paid = article("Aurora Times", "paid", "Behind a wall", "en", &["Secret text."]);
    paid.subtitle = Some("Secret standfirst".to_owned());
    paid.image = Some(picture("https://aurora-times.example/p.jpg", None));
    paid.rights.narrow(Carry::Headline, CarryReason::NotFree);
    let html = page(&SiteSettings::default(), &story(vec![member(paid, None)]));
    assert!(!html.contains("Secret") && !html.contains("p.jpg"));
    assert!(html.contains("Only the headline is shown here. The publisher&#39;s page is not free to read."), "{html}");
    assert!(html.contains("Read it in full: <a href=\"https://aurora-times.example/news/paid\">"));
    assert!(html.contains("noindex, noarchive"));
}

#[test]
fn an_excerpt_ends_where_the_settings_say() {
    let mut part = article("Aurora Times", "part", "In part", "en", &["One two three four five.", "Six seven eight."]);
    part.rights.narrow(Carry::Excerpt, CarryReason::NoSnippet);
    let settings = SiteSettings { excerpt_chars: 14, ..SiteSettings::default() };
    let html = page(&settings, &story(vec![member(part, None)]));
    assert!(html.contains("<p>One two three…</p>") && !html.contains("Six"), "{html}");
    assert!(html.contains("Only the beginning is shown here."));
}

#[test]
fn a_copy_can_not_show_what_its_primary_keeps_unless_it_is_licensed() {
    let mut first = article("Aurora Times", "paid", "Behind a wall", "en", &[]);
    first.rights.narrow(Carry::Headline, CarryReason::Paywall);
    let copy = article("Nordlicht Kurier", "kopie", "A copy", "en", &["The whole text."]);
    let verdict = near_copy(&first);
    let mut view = story(vec![member(first, None), member(copy.clone(), Some(verdict))]);
    view.face = Some(copy.id);
    let settings = SiteSettings::default();
    let print = |licensed| StoryPage::new(&settings, &view, licensed, NOW).unwrap().render().unwrap();
    assert!(!print(false).contains("The whole text."));
    assert!(print(false).contains("The primary source of this story is not free to read."));
    assert!(print(true).contains("The whole text."));
    for html in [print(false), print(true)] {
        assert!(html.contains("Primary source: <a href=\"https://aurora-times.example/news/paid\">"), "{html}");
        assert!(html.contains("Shown as carried by <a href=\"https://nordlicht-kurier.example/news/kopie\">"));
    }
}

#[test]
fn a_primary_taken_down_is_credited_without_a_way_to_it() {
    let mut first = member(article("Aurora Times", "gone", "Gone", "en", &[]), None);
    first.article.state = ArticleState::TakenDown;
    let copy = article("Nordlicht Kurier", "kopie", "A copy", "en", &["The text."]);
    let html = page(&SiteSettings::default(), &story(vec![first, member(copy, None)]));
    assert!(html.contains("removed here at its owner’s request"), "{html}");
    assert!(!html.contains("aurora-times.example"));
}

#[test]
fn the_text_is_printed_block_by_block() {
    let mut full = article("Aurora Times", "blocks", "Blocks", "en", &["First."]);
    full.image = Some(picture("https://aurora-times.example/lead.jpg", Some("The gates")));
    full.blocks.extend([
        Block::Heading { level: 9, text: "A crosshead".to_owned() },
        Block::Quote { text: "One\nTwo".to_owned() },
        Block::List { ordered: true, items: vec!["a".to_owned(), " ".to_owned()] },
        Block::Figure { url: "https://aurora-times.example/lead.jpg".to_owned(), caption: None },
        Block::Figure { url: "data:image/png;base64,AAAA".to_owned(), caption: Some("Never".to_owned()) },
        Block::Figure { url: "http://aurora-times.example/two.jpg".to_owned(), caption: Some("Second".to_owned()) },
    ]);
    let html = page(&SiteSettings::default(), &story(vec![member(full, None)]));
    for part in [
        "<p>First.</p>",
        "<h6>A crosshead</h6>",
        "<blockquote><p>One</p><p>Two</p></blockquote>",
        "<ol><li>a</li></ol>",
        "alt=\"Picture\" width=\"1200\" height=\"800\"",
        "<figcaption>Second</figcaption>",
    ] {
        assert!(html.contains(part), "{part} is missing from {html}");
    }
    assert_eq!(html.matches("lead.jpg").count(), 1);
    assert!(!html.contains("data:image") && !html.contains("Never"));
    assert_eq!(html.matches("<img ").count(), html.matches("referrerpolicy=\"no-referrer\"").count());
}

#[test]
fn without_pictures_nothing_is_loaded_from_elsewhere() {
    let settings = SiteSettings { pictures: false, ..SiteSettings::default() };
    let mut pictured = card("With a picture", "en", "Aurora Times", Section::World, 1);
    pictured.image = Some(picture("https://aurora-times.example/lead.jpg", None));
    assert!(!front(&settings, vec![pictured], totals()).contains("<img"));
}

#[test]
fn the_front_page_repeats_no_story() {
    let cards: Vec<StoryCard> =
        (0..30).map(|i| card(&format!("Headline {i};"), "en", "Aurora Times", Section::World, i)).collect();
    let html = front(&SiteSettings::default(), cards, totals());
    for i in 0..13 {
        assert!(html.matches(&format!("Headline {i};")).count() <= 1, "{i}");
    }
    assert!(html.contains("Headline 12;") && !html.contains("Headline 13;"));
}

fn totals() -> Totals {
    Totals { stories: 1, articles: 1, copies: 0, sources: 1 }
}
