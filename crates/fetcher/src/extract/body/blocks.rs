//! Blocks out of the lines that stay.

use super::lines::{Kind, Line};
use crate::extract::dom::{Dom, NodeId, Tag};
use article::Block;

/// Makes blocks of the picked lines: items of one list together, lines of one quotation together.
pub(super) fn build(dom: &Dom, lines: &[Line], picked: &[usize]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut group: Option<NodeId> = None;
    for line in picked.iter().map(|i| &lines[*i]) {
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
