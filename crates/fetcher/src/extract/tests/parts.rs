//! Where an article goes on, and where only something else does.

use super::{page, paragraphs, read};

/// An article with this in its head, below its text and below the article.
fn goes_on(head: &str, in_article: &str, below: &str) -> Option<(u32, String)> {
    let body = format!("<article><h1>Bridge opened again</h1>{}{in_article}</article>{below}", paragraphs());
    let continues = read(&page(head, &body)).unwrap().continues?;
    Some((continues.number, continues.next.path().to_owned() + &query(continues.next.as_str())))
}

fn query(url: &str) -> String {
    url.split_once('?').map(|(_, q)| format!("?{q}")).unwrap_or_default()
}

#[track_caller]
fn check(head: &str, in_article: &str, next: &str) {
    assert_eq!(goes_on(head, in_article, ""), Some((2, next.to_owned())), "{head} {in_article}");
}

#[test]
fn a_page_names_the_next_one() {
    check("<link rel=next href='?page=2'>", "", "/world/2026/bridge?page=2");
    check("<link rel=next href='/world/2026/bridge/2'>", "", "/world/2026/bridge/2");
    check("", "<a rel=next href='/world/2026/bridge?page=2'>Read on</a>", "/world/2026/bridge?page=2");
    check("", "<b>1</b> <a href='/world/2026/bridge?p=2'>2</a>", "/world/2026/bridge?p=2");
    check("", "<b>1</b> <a href='/world/2026/bridge-2'>2</a>", "/world/2026/bridge-2");
    check("", "<div class=article-pagination><a href=bridge/page/2>Next</a></div>", "/world/2026/bridge/page/2");
    check("<link rel=canonical href=/stories/77>", "<a href=/stories/77/2>2</a>", "/stories/77/2");
}

#[test]
fn what_else_is_next_is_not_the_article() {
    let nothing = |head: &str, in_article: &str, below: &str| {
        assert_eq!(goes_on(head, in_article, below), None, "{head} {in_article} {below}");
    };
    // A blog's next article; one with the same headline has the same slug with a number.
    nothing("<link rel=next href=/world/2026/harbour>", "", "");
    nothing("<link rel=next href=/world/2026/bridge-2>", "", "");
    nothing("", "<div class=pager><a rel=next href=/world/2026/bridge-2>Bridge opened again</a></div>", "");
    // The archive's pages, and the comments'.
    nothing(
        "<link rel=next href='/world/2026?page=2'>",
        "",
        "<div class=pagination><a href='/world/page/2'>2</a></div>",
    );
    nothing("", "", "<div id=comments><div class=pagination><a href='?page=2'>2</a></div></div>");
    nothing("", "", "<div class=pagination><a href='?page=2#comments'>2</a></div>");
    nothing("", "", "<div class=pagination><a href='?cpage=2'>2</a></div>");
    // Another host's, a page too far, a link in the text that happens to have a number.
    nothing("<link rel=next href='https://other.example/world/2026/bridge?page=2'>", "", "");
    nothing("", "<a href='?page=3'>3</a>", "");
    nothing("", "<p>As we <a href='?page=2'>wrote before</a>, it was closed.</p>", "");
}

#[test]
fn the_whole_is_named_beside_it() {
    let whole = |head: &str, link: &str| {
        let body =
            format!("<article><h1>Bridge opened again</h1>{}<a href='?page=2'>2</a>{link}</article>", paragraphs());
        read(&page(head, &body)).unwrap().continues.unwrap().whole.map(|url| query(url.as_str()))
    };
    assert_eq!(whole("", "<a href='?page=all'>Single page</a>").as_deref(), Some("?page=all"));
    assert_eq!(whole("<link rel=canonical href='?view=all'>", "").as_deref(), Some("?view=all"));
    assert_eq!(whole("", "<a href='/world/2026/harbour?page=all'>Single page</a>"), None);
}
