//! The small rules that pages rest on.

use super::fixture::{NOW, card, minutes_ago};
use crate::site::cards::{cut_page, lead};
use crate::site::link::{Link, path};
use crate::site::moment::Moment;
use crate::site::query::Asked;
use crate::site::settings::in_words;
use crate::site::tongue::Tongue;
use article::{Section, Timestamp};
use std::time::Duration;
use store::{ListedAfter, StoryCard};

#[test]
fn only_web_addresses_become_links() {
    for text in ["https://example.org/a?b=c", " http://example.org "] {
        assert!(Link::parse(text).is_some(), "{text}");
    }
    for text in
        ["javascript:alert(1)", "data:text/html,x", "//example.org", "/a", "mailto:a@example.org", "JavaScript:x", ""]
    {
        assert!(Link::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_link_can_not_leave_its_attribute() {
    let link = Link::parse("https://example.org/\"onload='x'<script>").unwrap().to_string();
    assert!(!link.contains(['"', '<', '>']), "{link}");
}

#[test]
fn paths_are_escaped() {
    assert_eq!(path("/source/", "le-monde"), "/source/le-monde");
    assert_eq!(path("/source/", "a/b?é"), "/source/a%2Fb%3F%C3%A9");
}

#[test]
fn which_way_a_language_runs() {
    for (language, dir) in [
        ("ar", "rtl"),
        ("fa-IR", "rtl"),
        ("UR", "rtl"),
        ("he_IL", "rtl"),
        ("uz-Arab", "rtl"),
        ("ckb", "rtl"),
        ("en", "ltr"),
        ("ur-Latn", "ltr"),
        ("zh-Hant-TW", "ltr"),
        ("", "auto"),
        ("en\" onload", "auto"),
        ("12", "auto"),
    ] {
        assert_eq!(Tongue::of(Some(language)).dir, dir, "{language}");
    }
    assert_eq!(Tongue::of(Some("he_IL")).code, "he-IL");
    assert_eq!(Tongue::of(None).code, "");
}

#[test]
fn times_are_short_while_they_are_fresh() {
    let short = |minutes| Moment::new(minutes_ago(minutes), NOW).short;
    assert_eq!([short(0), short(-5), short(5)], ["just now", "just now", "5 min ago"]);
    assert_eq!([short(60), short(1439)], ["1 h ago", "23 h ago"]);
    assert_eq!([short(1440), short(300 * 1440)], ["23 Nov, 09:30 UTC", "28 Jan 2026"]);
    let (early, late) = (Moment::new(minutes_ago(60), NOW), Moment::new(NOW, NOW));
    assert_eq!((late.full.as_str(), late.after(&early)), ("24 November 2026, 09:30 UTC", "09:30 UTC"));
    let yesterday = Moment::new(minutes_ago(1440), NOW);
    assert_eq!(late.after(&yesterday), late.full);
}

#[test]
fn durations_in_words() {
    let words = [0, 1, 90, 120, 3600, 86_400].map(|s| in_words(Duration::from_secs(s)));
    assert_eq!(words, ["0 milliseconds", "one second", "90 seconds", "2 minutes", "60 minutes", "24 hours"]);
    assert_eq!(in_words(Duration::from_millis(250)), "250 milliseconds");
}

#[test]
fn a_query_is_read_leniently_and_within_bounds() {
    assert_eq!(Asked::read(None), Asked::default());
    let asked = Asked::read(Some("lang=DE&after=17.0123456789abcdef0123456789abcdef&q=lock%20%20gates+%00&x=y&lang"));
    let story = "0123456789abcdef0123456789abcdef".parse().unwrap();
    assert_eq!(asked.after, Some(ListedAfter { time: Timestamp(17), story }));
    assert_eq!(asked.words, "lock gates");
    assert_eq!(Asked::read(Some("lang=de")).language.as_deref(), Some("de"));
    for bad in ["lang=%22x", "lang=deutsch", "after=x", "after=17", "after=17.0", "lang="] {
        assert_eq!(Asked::read(Some(bad)), Asked::default(), "{bad}");
    }
    assert_eq!(Asked::read(Some(&format!("q={}", "ab ".repeat(500)))).words.chars().count(), 200);
    assert_eq!(Asked::read(Some(&"q=".repeat(5_000))), Asked::default());
}

#[test]
fn the_lead_is_fresh_carried_by_many_and_readable() {
    let plain = |title, minutes| card(title, "en", "Aurora Times", Section::World, minutes);
    let carried = |title, minutes, also| StoryCard {
        also_carried: also,
        excerpt: "It begins.".to_owned(),
        ..plain(title, minutes)
    };
    let title = |cards: &[StoryCard]| lead(cards, NOW).unwrap().title.clone();
    assert_eq!(title(&[plain("newest", 0), carried("carried", 60, 4)]), "carried");
    assert_eq!(title(&[plain("newest", 0), carried("yesterday’s", 2000, 4)]), "newest");
    assert_eq!(title(&[plain("newest", 0), plain("older", 1)]), "newest");
    assert!(lead(&[], NOW).is_none());
}

#[test]
fn a_page_is_cut_where_the_next_goes_on() {
    let at = |minutes: i64| card(&format!("{minutes}"), "en", "Aurora Times", Section::World, minutes);
    let cut = |minutes: &[i64], size| {
        let mut cards: Vec<StoryCard> = minutes.iter().map(|m| at(*m)).collect();
        let next = cut_page(&mut cards, size);
        (cards.len(), next)
    };
    let second = ListedAfter { time: at(2).time, story: at(2).id };
    assert_eq!(cut(&[1, 2, 3], 2), (2, Some(second)));
    assert_eq!(cut(&[1, 2], 2), (2, None));
    assert_eq!(cut(&[1], 2), (1, None));
    assert_eq!(cut(&[], 2), (0, None));
}
