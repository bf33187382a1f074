//! Where a page says that its article goes on.

use super::Continues;
use super::address::{Step, follows, is_whole};
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::fields::identity::absolute;
use crate::extract::words::class_words;
use article::CanonicalUrl;
use url::Url;

/// Elements around a link whose names are heard.
const AROUND: usize = 4;

/// The page after this one, if the page names one that is its own but for the number: by `rel=next`, or by a link
/// that shows the number or stands among the article's page numbers. `canonical` is what the page calls itself.
pub(crate) fn continues(facts: &Facts<'_>, address: &CanonicalUrl, canonical: &CanonicalUrl) -> Option<Continues> {
    let (dom, base) = (facts.dom, address.url());
    let here = [address, canonical];
    let step = |there: &CanonicalUrl| here.iter().find_map(|h| follows(h, there));
    let declared: Vec<(Step, CanonicalUrl)> = facts
        .rel("next")
        .filter(|id| !about_comments(dom, *id))
        .filter_map(|id| target(dom, id, base.as_ref()))
        .filter_map(|there| step(&there).map(|s| (s, there)))
        .collect();
    let mut numbered = links(dom).filter_map(|id| {
        let there = target(dom, id, base.as_ref())?;
        let step = step(&there)?;
        let text = dom.text_of(id);
        let shown = text.parse() == Ok(step.number);
        // The next article of the same headline is never shown as a number.
        let believed = shown || (!step.slug && among_pages(dom, id));
        (believed && !about_comments(dom, id)).then_some((step, there))
    });
    let (step, next) = match declared.into_iter().find(|(step, _)| !step.slug) {
        Some(found) => found,
        None => numbered.next()?,
    };
    let is_mine = |there: &CanonicalUrl| here.iter().any(|h| is_whole(h, there));
    let named = Some(canonical).filter(|c| is_whole(address, c)).cloned();
    let whole = named.or_else(|| links(dom).filter_map(|id| target(dom, id, base.as_ref())).find(is_mine));
    Some(Continues { number: step.number, next, whole })
}

fn links(dom: &Dom) -> impl Iterator<Item = NodeId> + '_ {
    (0..dom.len()).filter(|id| dom.tag(*id) == Tag::A)
}

fn target(dom: &Dom, id: NodeId, base: Option<&Url>) -> Option<CanonicalUrl> {
    let there = absolute(base, dom.attr(id, "href")?)?;
    let of_comments = there.fragment().is_some_and(|f| f.to_ascii_lowercase().contains("comment"));
    (!of_comments).then(|| CanonicalUrl::from_url(there).ok()).flatten()
}

/// Whether a link or what is close around it is named as templates name an article's page numbers.
fn among_pages(dom: &Dom, id: NodeId) -> bool {
    named(dom, id, AROUND, &["pagination", "paginator", "pager", "paging", "pagelink", "pagelinks", "pagenav", "next"])
}

fn about_comments(dom: &Dom, id: NodeId) -> bool {
    let words =
        ["comment", "comments", "commentlist", "reply", "replies", "discussion", "disqus", "kommentare", "forum"];
    named(dom, id, usize::MAX, &words)
}

fn named(dom: &Dom, id: NodeId, around: usize, words: &[&str]) -> bool {
    std::iter::once(id)
        .chain(dom.ancestors(id).take_while(|a| !matches!(dom.tag(*a), Tag::Article | Tag::Main | Tag::Body)))
        .take(around)
        .any(|id| {
            let says = |value: &str| class_words(value).any(|word| words.contains(&word.as_str()));
            ["class", "id", "rel"].iter().filter_map(|name| dom.attr(id, name)).any(says)
        })
}
