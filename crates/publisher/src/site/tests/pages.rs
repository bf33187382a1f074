//! What the pages must hold, printed from stories without a store.

use super::fixture::{NOW, article, card, member, near_copy, story};
use crate::site::front::{FrontPage, Material};
use crate::site::settings::SiteSettings;
use crate::site::story::StoryPage;
use article::Section;
use askama::Template;
use store::{StoryCard, StoryView, Totals};

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
