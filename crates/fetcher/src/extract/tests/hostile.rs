//! Pages made to hurt: each must end, and soon, whatever it ends as.

use super::{article, page, paragraphs, read};
use crate::extract::dom::{Limits, Tag, parse};
use proptest::prelude::*;

#[test]
fn a_million_elements_inside_each_other() {
    let html = format!("{}{}", "<div>".repeat(1_000_000), paragraphs());
    let found = read(&html).unwrap();
    assert!(found.truncated);
    assert_eq!(found.blocks.len(), 4);
}

#[test]
fn formatting_that_is_never_closed() {
    let html: String = (0..50_000).map(|n| format!("<font size={n}><p>x")).collect();
    let _ = read(&html);
    let tables = "<table><tr><td>".repeat(50_000);
    let _ = read(&tables);
    let links: String = (0..50_000).map(|n| format!("<a href={n}><b><i>")).collect();
    let _ = read(&links);
}

#[test]
fn more_nodes_than_are_read() {
    let dom = parse(&"<p>x".repeat(10_000), Limits { nodes: 1_000, depth: 100 });
    assert!(dom.truncated && dom.len() <= 1_100, "{}", dom.len());
}

#[test]
fn attributes_without_end() {
    let html = article(&format!("<meta name=description content=\"{}\">", "x".repeat(3_000_000)));
    assert_eq!(read(&html).unwrap().blocks.len(), 4);
    let many: String = (0..400_000).map(|n| format!(" a{n}=1")).collect();
    let between = article("").replace("</article>", &format!("<div{many}></div{many}>{}</article>", paragraphs()));
    assert_eq!(read(&between).unwrap().blocks.iter().filter(|b| b.text().starts_with("The ")).count(), 8);
}

#[test]
fn attributes_that_every_further_tag_adds_to_one_element() {
    let tags: String = (0..20_000).map(|n| format!("<html a{n}><body b{n}>")).collect();
    let dom = parse(&tags, Limits { nodes: 1_000, depth: 100 });
    for (tag, name) in [(Tag::Html, "a"), (Tag::Body, "b")] {
        let element = (0..dom.len()).find(|id| dom.tag(*id) == tag).unwrap();
        let has = |n: usize| dom.attr(element, &format!("{name}{n}")).is_some();
        assert!(has(0) && has(999) && !has(1_000) && !has(19_999), "{name}");
    }
}

#[test]
fn structured_data_without_end() {
    let deep = format!("<script type='application/ld+json'>{}</script>", "{\"@graph\":[".repeat(200_000));
    assert!(read(&article(&deep)).is_ok());
    let list = "{\"@type\":\"NewsArticle\",\"headline\":\"x\"},".repeat(50_000);
    assert!(read(&article(&format!("<script type='application/ld+json'>[{list}]</script>"))).is_ok());
    let quotes = format!("<script type='application/ld+json'>{{\"a\":\"{}</script>", "\\u003cp\"".repeat(100_000));
    assert!(read(&page(&quotes, &paragraphs())).is_ok());
}

#[test]
fn data_that_looks_like_text_a_program_would_show() {
    let html = page("<title>x</title>", &format!("<script>{}</script>", "\"\\u003cp\\u003cp\\u003cp".repeat(100_000)));
    let _ = read(&html);
    let unquoted = page("<title>x</title>", &format!("<script>{}</script>", "u003cp".repeat(200_000)));
    let _ = read(&unquoted);
}

#[test]
fn a_tree_knows_its_own_ranges() {
    let dom = parse("<ul><li>a<li>b<b>c</ul><table><p>d<tr><td>e</table>", Limits { nodes: 1_000, depth: 100 });
    for id in 1..dom.len() {
        let parent = dom.parent(id);
        assert!(parent < id && dom.within(id, parent) && dom.end(id) <= dom.end(parent), "{id}");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_in_an_article_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let page = crate::extract::PageBytes { bytes: &bytes, url: super::URL, content_type: None, headers: &[], received_at: None };
        let _ = crate::extract::extract(&page, &crate::extract::Hints::default());
    }

    #[test]
    fn any_soup_of_tags_ends(html in "(<(/?(p|div|table|tr|td|a|b|script|style|svg|h1|ul|li|select|template|noscript)( [a-z]+=[\"']?[a-z<>/!-]*)?>?)|<!--|-->|[a-z .,&;]|u003cp|\"){0,200}") {
        let _ = read(&html);
        let dom = parse(&html, Limits { nodes: 200, depth: 20 });
        for id in 1..dom.len() {
            prop_assert!(dom.parent(id) < id && dom.end(id) <= dom.end(dom.parent(id)));
        }
    }
}
