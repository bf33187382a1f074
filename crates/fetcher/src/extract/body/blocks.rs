//! Blocks out of the lines that stay, with the pictures between them.

use super::lines::{Kind, Line};
use super::voice::{Trust, Voice, voice};
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::fields::image;
use article::Block;
use url::Url;

/// Pictures of one text that are kept.
const MAX_FIGURES: usize = 40;

/// Makes blocks of the picked lines: items of one list together, lines of one quotation together, and each
/// `<figure>` that stands between them in its place.
pub(super) fn build(dom: &Dom, lines: &[Line], picked: &[usize], container: NodeId, base: Option<&Url>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut figures = figures(dom, lines, picked, container, base).into_iter().peekable();
    // The list or quotation that the last block came from.
    let mut group: Option<NodeId> = None;
    for line in picked.iter().map(|i| &lines[*i]) {
        while let Some((_, figure)) = figures.next_if(|(at, _)| *at < line.at) {
            blocks.push(figure);
            group = None;
        }
        let text = line.text.clone();
        let (block, of) = match line.kind {
            Kind::Heading(level) => (Block::Heading { level: level.clamp(2, 6), text }, None),
            Kind::Item => {
                let list = around(dom, line.at, &[Tag::Ul, Tag::Ol, Tag::Dl]);
                if let (Some(Block::List { items, .. }), true) = (blocks.last_mut(), list.is_some() && group == list) {
                    items.push(text);
                    continue;
                }
                let ordered = list.is_some_and(|l| dom.tag(l) == Tag::Ol);
                (Block::List { ordered, items: vec![text] }, list)
            }
            Kind::Quote => {
                let quote = around(dom, line.at, &[Tag::Blockquote]);
                if let (Some(Block::Quote { text: there }), true) =
                    (blocks.last_mut(), quote.is_some() && group == quote)
                {
                    there.push('\n');
                    there.push_str(&text);
                    continue;
                }
                (Block::Quote { text }, quote)
            }
            Kind::Text | Kind::Cell | Kind::Caption => (Block::Paragraph { text }, None),
        };
        blocks.push(block);
        group = of;
    }
    blocks
}

fn around(dom: &Dom, id: NodeId, tags: &[Tag]) -> Option<NodeId> {
    dom.ancestors(id).find(|a| tags.contains(&dom.tag(*a)))
}

/// The figures between the first picked line and the last, with where they stand. What stands above the text is
/// the lead picture, a field of its own.
fn figures(dom: &Dom, lines: &[Line], picked: &[usize], container: NodeId, base: Option<&Url>) -> Vec<(NodeId, Block)> {
    let (Some(first), Some(last)) = (picked.first(), picked.last()) else { return Vec::new() };
    let between = lines[*first].at..lines[*last].end;
    let in_clutter = |id: NodeId| {
        let inside = dom.ancestors(id).take_while(|a| *a > container);
        std::iter::once(id).chain(inside).any(|a| matches!(voice(dom, a, Trust::Names), Voice::Clutter | Voice::Others))
    };
    let mut out: Vec<(NodeId, Block)> = Vec::new();
    for id in between.filter(|id| dom.tag(*id) == Tag::Figure) {
        // A gallery is a figure of figures; each counts for itself.
        if dom.descendants(id).any(|d| dom.tag(d) == Tag::Figure) || in_clutter(id) {
            continue;
        }
        let picture = dom.descendants(id).find(|d| dom.tag(*d) == Tag::Img).and_then(|img| image::source(dom, img));
        if let Some(url) = picture.and_then(|href| image::address(&href, base)) {
            out.push((id, Block::Figure { url, caption: image::figure_caption(dom, id) }));
        }
        if out.len() == MAX_FIGURES {
            break;
        }
    }
    out
}
