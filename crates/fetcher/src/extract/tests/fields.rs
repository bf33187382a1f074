//! Fields: from where, in which order, in which form.

use super::{article, origin, page, paragraphs, read, read_at, read_with};
use crate::extract::{Field, Hints, ORDER, Origin};
use ::article::Section;

fn ld(properties: &str) -> String {
    format!(
        r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Bridge opened again",{properties}}}</script>"#
    )
}

#[test]
fn every_field_has_its_order_once() {
    let mut fields: Vec<String> = ORDER.iter().map(|(f, _)| format!("{f:?}")).collect();
    let all = fields.len();
    fields.sort();
    fields.dedup();
    assert_eq!(fields.len(), all);
    for (field, origins) in ORDER {
        for (i, origin) in origins.iter().enumerate() {
            assert!(!origins[..i].contains(origin), "{field:?} looks at {origin:?} twice");
        }
    }
}

#[track_caller]
fn title(head: &str, h1: &str, expected: &str) {
    let html = page(head, &format!("<article><h1>{h1}</h1>{}</article>", paragraphs()));
    assert_eq!(read(&html).unwrap().title, expected, "{head} {h1}");
}

#[test]
fn titles_lose_the_site_s_name() {
    title(
        "<title>Bridge opened again | The Aurora</title><meta property=og:site_name content=Aurora>",
        "",
        "Bridge opened again",
    );
    title("<title>aurora.example - Bridge opened again</title>", "", "Bridge opened again");
    title(
        "<meta property=og:title content='Bridge opened again - World - Aurora'><meta property=og:site_name content=Aurora>",
        "Bridge opened again",
        "Bridge opened again",
    );
    title(
        "<title>Trial - and error: a bridge's story | Some Blog Nobody Named</title>",
        "",
        "Trial - and error: a bridge's story",
    );
}

#[test]
fn the_heading_like_the_declared_title_is_the_headline() {
    title("<title>Bridge opened again</title>", "Aurora</h1><h1>Bridge opened again", "Bridge opened again");
    title("<meta property=og:title content='Tom &amp;amp; Jerry open a bridge'>", "", "Tom & Jerry open a bridge");
}

#[test]
fn two_origins_decide_whether_a_kicker_belongs() {
    let og = |t: &str| format!("<meta property=og:title content='{t}'>");
    title(&og("Old bridge opened again"), "Transport - Old bridge opened again", "Old bridge opened again");
    title(
        &(og("After a year: old bridge opened again")
            + &ld("\"x\":1").replace("Bridge opened again", "After a year: old bridge opened again")),
        "Old bridge opened again",
        "After a year: old bridge opened again",
    );
    title(
        &og("River: old bridge is opened again today"),
        "Transport: old bridge is opened again today",
        "old bridge is opened again today",
    );
}

#[test]
fn of_two_different_headlines_the_longer_says_more() {
    title(
        "<meta property=og:title content='Mayor cuts the ribbon and the whole town walks across the river'>",
        "Bridge opened again",
        "Mayor cuts the ribbon and the whole town walks across the river",
    );
    title(
        "<meta property=og:title content='A ribbon cut'>",
        "Bridge opened again after a year",
        "Bridge opened again after a year",
    );
}

#[test]
fn where_the_page_has_no_headline_the_feed_s_counts() {
    let hints = Hints { title: Some("As the feed calls it".to_owned()), ..Hints::default() };
    let found = read_with(&page("", &paragraphs()), &hints, &[]).unwrap();
    assert_eq!((found.title.as_str(), origin(&found, Field::Title)), ("As the feed calls it", Some(Origin::Entry)));
}

#[track_caller]
fn authors(html: &str, expected: &[&str]) {
    assert_eq!(read(html).unwrap().authors, expected, "{html}");
}

#[test]
fn authors_are_people_without_by_and_roles() {
    authors(&article("<meta name=author content='By Ada Byron and Grace Hopper'>"), &["Ada Byron", "Grace Hopper"]);
    authors(&article("<meta name=author content='ADA BYRON, Senior Reporter'>"), &["Ada Byron"]);
    authors(&article("<meta name=author content='von Ada Byron (dpa)'>"), &["Ada Byron"]);
    authors(
        &article(&ld(r#""author":[{"@type":"Person","name":"Ada Byron"},{"name":"Grace Hopper"}]"#)),
        &["Ada Byron", "Grace Hopper"],
    );
    authors(&article(&ld(r#""author":"Ada Byron""#)), &["Ada Byron"]);
    authors(&article("<meta property=article:author content='https://facebook.example/ada'>"), &[]);
    authors(
        &article("").replace("</h1>", "</h1><div class=byline>By <a>Ada Byron</a> <span>Updated 3 May</span></div>"),
        &["Ada Byron"],
    );
    authors(&article("").replace("</h1>", "</h1><p>By <a rel=author href=/ada>Ada Byron</a></p>"), &["Ada Byron"]);
    authors(
        &article("").replace("</h1>", "</h1><span itemprop=author><span itemprop=name>Ada Byron</span></span>"),
        &["Ada Byron"],
    );
}

#[test]
fn a_line_below_the_headline_that_signs_is_the_byline_in_any_language() {
    for (line, name) in [
        ("By Ada Byron", "Ada Byron"),
        ("Par Ada Byron", "Ada Byron"),
        ("Автор: Кирилл Лагунов", "Кирилл Лагунов"),
        ("Συντάκτης: Ελπίδα Τσάκωνα", "Ελπίδα Τσάκωνα"),
        ("文・吉岡和也", "吉岡和也"),
        ("取材・文＝吉岡和也", "吉岡和也"),
        ("بقلم: زينب الصباغ", "زينب الصباغ"),
        ("लेखक: नवीन पाठक", "नवीन पाठक"),
    ] {
        let html = article("").replace("</h1>", &format!("</h1><i class=x4>{line}</i><br>"));
        authors(&html, &[name]);
        let as_paragraph = article("").replace("</h1>", &format!("</h1><p>{line}</p>"));
        authors(&as_paragraph, &[name]);
        assert_eq!(read(&as_paragraph).unwrap().blocks, read(&article("")).unwrap().blocks, "{line}");
    }
    for line in ["By the river on Monday", "By Monday 300 had come", "文化"] {
        authors(&article("").replace("</h1>", &format!("</h1><p>{line}</p>")), &[]);
    }
}

#[test]
fn the_house_itself_is_an_author_only_where_nobody_else_is() {
    let head = "<meta property=og:site_name content=Aurora>";
    authors(&article(&format!("{head}{}", ld(r#""author":{"name":"Aurora"}"#))), &["Aurora"]);
    authors(
        &article(&format!("{head}<meta name=author content='Ada Byron'>{}", ld(r#""author":{"name":"Aurora"}"#))),
        &["Ada Byron"],
    );
}

#[track_caller]
fn published(head: &str, expected: Option<&str>) {
    assert_eq!(read(&article(head)).unwrap().published.map(|d| d.written).as_deref(), expected, "{head}");
}

#[test]
fn dates_keep_their_zone() {
    published(&ld(r#""datePublished":"2024-05-03T15:47:42.389+02:00""#), Some("2024-05-03T15:47:42.389+02:00"));
    published(&ld(r#""datePublished":"2024-05-03T15:47:42Z""#), Some("2024-05-03T15:47:42+00:00"));
    published(
        "<meta property=article:published_time content='2024-05-03 15:47:42 +0200'>",
        Some("2024-05-03T15:47:42+02:00"),
    );
    published("<meta name=date content='Fri, 03 May 2024 15:47:42 GMT'>", Some("2024-05-03T15:47:42+00:00"));
    published("<meta name=date content=1714751262>", Some("2024-05-03T15:47:42Z"));
    published("<meta name=date content='2024-05-03'>", Some("2024-05-03"));
    published("<meta name=date content='yesterday'>", None);
    published("<meta name=date content='0001-01-01T00:00:00Z'>", None);
}

#[test]
fn dates_that_readers_see_are_read_in_their_languages() {
    for (line, day) in [
        ("28. April 2023, 20:25 Uhr", "2023-04-28T20:25:00"),
        ("April 28, 2023 8:25 pm EDT", "2023-04-28T20:25:00-04:00"),
        ("2 de mayo de 2022", "2022-05-02"),
        ("28 апреля 2023", "2023-04-28"),
        ("2023年4月28日 20:25", "2023-04-28T20:25:00"),
        ("公開 2023年4月28日 20時25分", "2023-04-28T20:25:00"),
        ("公開日：2023年4月28日（金）午後8時25分", "2023-04-28T20:25:00"),
        ("입력 2023년 4월 28일 오후 8시 25분", "2023-04-28T20:25:00"),
        ("28.04.2023", "2023-04-28"),
        ("28 أبريل 2023", "2023-04-28"),
    ] {
        let html = article("").replace("</h1>", &format!("</h1><span class=date>{line}</span>"));
        assert_eq!(read(&html).unwrap().published.map(|d| d.written).as_deref(), Some(day), "{line}");
    }
}

#[test]
fn languages_are_declared_then_detected_and_a_wrong_script_is_overruled() {
    let language = |html: &str| read(html).unwrap().language;
    assert_eq!(language(&article("").replace("lang=en", "lang=en_gb")).as_deref(), Some("en-GB"));
    assert_eq!(language(&article("").replace(" lang=en", "")).as_deref(), Some("en"));
    let russian = "<p>Старый мост через реку снова открыт, и город празднует это событие весь день.</p>".repeat(4);
    let html =
        page("<title>Мост снова открыт</title>", &format!("<article><h1>Мост снова открыт</h1>{russian}</article>"));
    assert_eq!(language(&html).as_deref(), Some("ru"));
    assert_eq!(language(&html.replace("lang=en", "lang=uk")).as_deref(), Some("uk"));
}

/// An address that names no section.
const NO_SECTION: &str = "https://aurora.example/2026/bridge";

#[test]
fn sections_come_from_the_address_before_labels() {
    let section = |head: &str| read(&article(head)).unwrap().section;
    assert_eq!(section("<meta property=article:section content=Sport>"), Section::World);
    let hints = Hints { section: Some(Section::Health), ..Hints::default() };
    let elsewhere = |html: &str| read_at(NO_SECTION, html, &hints, &[]).unwrap().section;
    assert_eq!(elsewhere(&article("<meta property=article:section content=Sport>")), Section::Sport);
    assert_eq!(elsewhere(&article("")), Section::Health);
}

#[test]
fn where_nothing_else_says_it_the_page_shows_its_section() {
    let section = |above: &str| {
        let html = article("").replace("<article>", &format!("<article>{above}"));
        read_at(NO_SECTION, &html, &Hints::default(), &[]).unwrap().section
    };
    assert_eq!(section("<meta itemprop=articleSection content=Sociedad>"), Section::Society);
    assert_eq!(section("<p class=c-breadcrumbs><a href=/>Home</a> › <a href=/s>スポーツ</a></p>"), Section::Sport);
    assert_eq!(section("<small>Κόσμος</small><small>Πολιτική</small>"), Section::Politics);
    // A menu above the headline names every section.
    assert_eq!(section("<ul><li>Politics</li><li>Sport</li></ul>"), Section::World);
    assert_eq!(section("<nav>Politics Sport</nav>"), Section::World);
    assert_eq!(section("<p>Business as usual in the old town hall today</p>"), Section::World);
}

#[test]
fn keywords_are_parted_and_each_once() {
    let found = read(&article("<meta name=keywords content='bridge, River;bridge,  town '>")).unwrap();
    assert_eq!(found.keywords, ["bridge", "River", "town"]);
}

#[test]
fn the_lead_picture_has_its_size_and_caption() {
    let head =
        "<meta property=og:image content='/pictures/bridge.jpg?w=1200'><meta property=og:image:width content=1200>";
    let figure = "<figure><img data-src='/pictures/bridge.jpg?w=400' src='data:,'><figcaption>The bridge in May.</figcaption></figure>";
    let found = read(&article(head).replace("</h1>", &format!("</h1>{figure}"))).unwrap();
    let image = found.image.unwrap();
    assert_eq!(
        (image.url.as_str(), image.width),
        ("https://www.aurora.example/pictures/bridge.jpg?w=1200", Some(1200))
    );
    assert_eq!(image.caption.as_deref(), Some("The bridge in May."));
    assert_eq!(read(&article("<meta property=og:image content='/site-logo.png'>")).unwrap().image, None);
}
