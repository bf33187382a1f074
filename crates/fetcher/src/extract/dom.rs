//! A page as a tree that can be read but not changed.
//!
//! Nodes lie in document order in one array, and each knows where its subtree ends. Walking a subtree is
//! walking a range, skipping one is a jump, and nothing here recurses: a page nested a million deep costs
//! what its bytes cost.

mod crowded;
mod parse;
mod scan;
mod strip;
mod tag;

pub(crate) use parse::{Limits, parse};
pub(crate) use tag::Tag;

use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName};

/// A node's place in document order.
pub(crate) type NodeId = usize;

/// A parsed page.
pub(crate) struct Dom {
    nodes: Vec<Node>,
    /// Whether the page had more nodes or depth than the limits, and the rest was left out.
    pub(crate) truncated: bool,
}

struct Node {
    parent: u32,
    /// One past the last node of its subtree.
    end: u32,
    tag: Tag,
    content: Content,
}

enum Content {
    None,
    Text(StrTendril),
    Element(LocalName, Vec<Attribute>),
}

impl Dom {
    /// How many nodes there are; node 0 is the document.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What kind of node it is.
    pub(crate) fn tag(&self, id: NodeId) -> Tag {
        self.nodes[id].tag
    }

    /// The element's name as written, in lower case; empty for other nodes.
    pub(crate) fn name(&self, id: NodeId) -> &str {
        match &self.nodes[id].content {
            Content::Element(name, _) => name,
            Content::Text(_) | Content::None => "",
        }
    }

    /// The node it lies in; the document lies in itself.
    pub(crate) fn parent(&self, id: NodeId) -> NodeId {
        self.nodes[id].parent as usize
    }

    /// One past the last node of its subtree.
    pub(crate) fn end(&self, id: NodeId) -> NodeId {
        self.nodes[id].end as usize
    }

    /// Whether `id` is `top` or lies in it.
    pub(crate) fn within(&self, id: NodeId, top: NodeId) -> bool {
        id >= top && id < self.end(top)
    }

    /// The characters of a text node.
    pub(crate) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[id].content {
            Content::Text(text) => Some(text),
            Content::Element(..) | Content::None => None,
        }
    }

    /// An attribute of an element, as written.
    pub(crate) fn attr(&self, id: NodeId, name: &str) -> Option<&str> {
        self.attrs(id).find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// All attributes of an element.
    pub(crate) fn attrs(&self, id: NodeId) -> impl Iterator<Item = (&str, &str)> {
        let attrs = match &self.nodes[id].content {
            Content::Element(_, attrs) => attrs.as_slice(),
            Content::Text(_) | Content::None => &[],
        };
        attrs.iter().map(|a| (&*a.name.local, &*a.value))
    }

    /// All nodes in `id`, in document order.
    pub(crate) fn descendants(&self, id: NodeId) -> std::ops::Range<NodeId> {
        id + 1..self.end(id)
    }

    /// The nodes around `id`, from the nearest to the document.
    pub(crate) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut at = id;
        std::iter::from_fn(move || {
            (at != 0).then(|| {
                at = self.parent(at);
                at
            })
        })
    }

    /// The text in `id` as a reader sees it, with single spaces; block elements part words.
    pub(crate) fn text_of(&self, id: NodeId) -> String {
        let mut raw = String::new();
        let (mut at, end) = (id, self.end(id));
        while at < end {
            let tag = self.tag(at);
            if tag.is_invisible() {
                at = self.end(at);
                continue;
            }
            if let Some(text) = self.text(at) {
                raw.push_str(text);
            } else if tag.is_block() || tag == Tag::Br {
                raw.push(' ');
            }
            at += 1;
        }
        article::squeeze(&raw)
    }
}
