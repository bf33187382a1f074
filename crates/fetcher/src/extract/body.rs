//! The main text: which part of the page is the article, and which lines of that part are its text.
//!
//! Three steps, a file each. [`lines`] turns the page into lines of text as a reader sees them, each with
//! what speaks for and against it. [`choose`] finds the element whose lines together weigh most: that is
//! the article. [`blocks`] makes paragraphs, crossheads, lists, quotes and figures of the lines that stay.

mod agreement;
mod blocks;
mod choose;
mod clutter;
mod lead;
mod lines;
mod phrases;
pub(crate) mod sources;
mod trim;
mod unseen;
mod voice;

use super::dom::{Dom, NodeId, Tag};
use super::facts::Facts;
use super::fields::title::likeness;
use article::Block;
use lines::Line;
use url::Url;
use voice::Trust;

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
    /// Lines that are no text but say where it comes from: credits, terms.
    pub(crate) credits: Vec<String>,
    /// How the text was found, for people.
    pub(crate) how: String,
}

/// What is known of the article before its text is looked for.
pub(crate) struct Known<'a> {
    /// The headline: no paragraph of the text.
    pub(crate) title: &'a str,
    /// What others call its summary: a line that says the same is the standfirst.
    pub(crate) summaries: &'a [String],
    /// Its text as the structured data gives it.
    pub(crate) declared: Option<&'a str>,
    /// The page's address, for its pictures'.
    pub(crate) base: Option<&'a Url>,
    /// The page as written, for texts that only a program would show.
    pub(crate) source: &'a str,
}

/// Weight of text below which the page is looked at again with less trust in its names.
const SCANT: usize = 300;

/// Finds the text.
pub(crate) fn read(facts: &Facts<'_>, known: &Known<'_>) -> Body {
    let dom: &Dom = facts.dom;
    let headline = headline(facts, known.title);
    let mut lines = lines::split(dom);
    let mut found = attempt(dom, &mut lines, headline, Trust::Names, known);
    if found.chars < SCANT {
        let again = attempt(dom, &mut lines, headline, Trust::Elements, known);
        if again.chars > found.chars * 2 {
            found = again;
            found.body.how.push_str(", whatever they are named");
        }
    }
    if let Some(blocks) = known.declared.and_then(|text| unseen::declared(text, found.chars)) {
        let how = "articleBody: the page shows less".to_owned();
        return Body { blocks, link_share: 0.0, how, ..found.body };
    }
    if found.chars < SCANT
        && let Some(blocks) = unseen::in_programs(known.source)
    {
        let how = "the page's data: its program would show it".to_owned();
        return Body { blocks, link_share: 0.0, how, ..found.body };
    }
    found.body
}

struct Attempt {
    body: Body,
    chars: usize,
}

fn attempt(dom: &Dom, lines: &mut [Line], headline: Option<NodeId>, trust: Trust, known: &Known<'_>) -> Attempt {
    clutter::judge(dom, headline, trust, lines);
    let container = choose::container(dom, lines, headline);
    let picked = choose::pick(dom, lines, container, headline, known);
    let lead = picked.lead.as_ref().map_or(0, |l| l.chars().count());
    let chars = picked.lines.iter().map(|i| lines[*i].chars).sum::<usize>() + lead;
    let linked: usize = picked.lines.iter().map(|i| lines[*i].linked).sum();
    let link_share = linked as f32 / chars.max(1) as f32;
    let blocks = blocks::build(dom, lines, &picked.lines, container, known.base);
    Attempt {
        body: Body { blocks, lead: picked.lead, container, link_share, credits: picked.credits, how: picked.how },
        chars,
    }
}

/// The heading that shows the headline: the one that says it, else the one most like it, else the only one.
/// One in a breadcrumb or a menu is none.
fn headline(facts: &Facts<'_>, title: &str) -> Option<NodeId> {
    let dom = facts.dom;
    let title = article::normalise(title);
    let in_menu = |id: NodeId| dom.ancestors(id).any(|a| matches!(dom.tag(a), Tag::Nav | Tag::Li));
    let h1: Vec<NodeId> = facts.h1.iter().copied().filter(|id| !in_menu(*id)).collect();
    let lesser = (0..dom.len()).filter(|id| matches!(dom.tag(*id), Tag::H2 | Tag::H3)).take(30);
    let says = |id: &NodeId| !title.is_empty() && article::normalise(&dom.text_of(*id)).ends_with(&title);
    let most_like = || {
        let like = h1.iter().map(|id| (*id, likeness(&article::normalise(&dom.text_of(*id)), &title)));
        like.filter(|(_, l)| *l >= 0.5).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(id, _)| id)
    };
    let only = || (h1.len() == 1).then(|| h1[0]);
    h1.iter().copied().chain(lesser).find(says).or_else(most_like).or_else(only)
}
