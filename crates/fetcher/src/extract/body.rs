//! The main text: which part of the page is the article, and which lines of that part are its text.
//!
//! Three steps, a file each. [`lines`] turns the page into lines of text as a reader sees them, each with
//! what speaks for and against it. [`choose`] finds the element whose lines together weigh most: that is
//! the article. [`blocks`] makes paragraphs, crossheads, lists, quotes and figures of the lines that stay.

mod blocks;
mod choose;
mod clutter;
mod lines;

use super::dom::{Dom, NodeId};
use super::facts::Facts;
use article::Block;

/// The text of a page.
pub(crate) struct Body {
    /// The article's blocks, without the standfirst.
    pub(crate) blocks: Vec<Block>,
    /// The standfirst, if the page shows one.
    pub(crate) lead: Option<String>,
    /// The element that holds the article.
    pub(crate) container: NodeId,
    /// Share of its lines' text that is link.
    pub(crate) link_share: f32,
    /// How the text was found, for people.
    pub(crate) how: String,
}

/// Finds the text. `title` and `summary` are what is known of the article by now: its headline is no
/// paragraph of it, and a line that says the same as its summary is the standfirst.
pub(crate) fn read(facts: &Facts<'_>, title: &str, summaries: &[String]) -> Body {
    let dom: &Dom = facts.dom;
    let mut lines = lines::split(dom);
    clutter::judge(dom, facts, &mut lines);
    let container = choose::container(dom, facts, &lines);
    let picked = choose::pick(dom, facts, &lines, container, title, summaries);
    let blocks = blocks::build(dom, &lines, &picked.lines, container);
    let chars: usize = picked.lines.iter().map(|i| lines[*i].chars).sum();
    let linked: usize = picked.lines.iter().map(|i| lines[*i].linked).sum();
    Body { blocks, lead: picked.lead, container, link_share: linked as f32 / chars.max(1) as f32, how: picked.how }
}
