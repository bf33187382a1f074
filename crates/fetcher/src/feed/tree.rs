//! A feed's XML as a tree, built from whatever tags there are.
//!
//! Nodes borrow the text and lie in one vector. An end tag closes the nearest open element of its name and all
//! inside it; one that closes nothing is passed over. Namespaces are resolved to the few that matter; a prefix
//! that was never declared, or declared to be something unheard of, means what it usually means.

use super::FeedLimits;
use super::markup::{Attributes, Token, Tokens};
use super::namespace::Ns;
use super::text::{Entities, decode_references};
use std::borrow::Cow;

/// Index of a node.
pub(super) type Id = u32;
const NONE: Id = Id::MAX;

#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Element { ns: Ns, local: &'a str, attributes: &'a str, inner: (usize, usize) },
    Text(&'a str),
    Cdata(&'a str),
}

#[derive(Clone, Copy, Debug)]
struct Node<'a> {
    kind: Kind<'a>,
    parent: Id,
    first: Id,
    last: Id,
    next: Id,
    /// Whether an end tag (its own or an ancestor's) or `/>` closed it.
    closed: bool,
}

/// A document.
pub(super) struct Tree<'a> {
    text: &'a str,
    nodes: Vec<Node<'a>>,
    entities: Entities<'a>,
    /// Whether any `xml:base` or `xml:lang` occurs at all: most feeds have none, and need not look.
    has_base: bool,
    has_lang: bool,
    /// Broke off inside the root, or at [`FeedLimits::nodes`].
    pub(super) truncated: bool,
}

/// Elements inside one another: beyond this depth tags are ignored, the text is kept.
const MAX_DEPTH: usize = 256;

struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<(Id, &'a str)>,
    /// Prefix, its meaning, and the number of open elements at its declaration.
    scopes: Vec<(&'a str, Ns, usize)>,
}

impl<'a> Builder<'a> {
    fn push(&mut self, kind: Kind<'a>) -> Id {
        let id = Id::try_from(self.nodes.len()).unwrap_or(NONE);
        let parent = self.open.last().map_or(0, |(id, _)| *id);
        self.nodes.push(Node { kind, parent, first: NONE, last: NONE, next: NONE, closed: false });
        if id != 0 {
            let before = self.nodes[parent as usize].last;
            if before == NONE {
                self.nodes[parent as usize].first = id;
            } else {
                self.nodes[before as usize].next = id;
            }
            self.nodes[parent as usize].last = id;
        }
        id
    }

    fn declare(&mut self, attributes: &'a str) {
        if !attributes.contains("xmlns") {
            return;
        }
        let depth = self.open.len();
        for (name, value) in Attributes::new(attributes) {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if rest.starts_with(':') => &rest[1..],
                _ => continue,
            };
            let ns = Ns::of_uri(value).unwrap_or_else(|| match prefix {
                // Whatever a root declares as its default is what the feed is written in.
                "" if depth <= 1 => Ns::Feed,
                "" => Ns::Other,
                _ => Ns::of_prefix(prefix),
            });
            self.scopes.push((prefix, ns, depth));
        }
    }

    fn resolve(&self, name: &'a str) -> (Ns, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declared = self.scopes.iter().rev().find(|(p, ..)| *p == prefix).map(|(_, ns, _)| *ns);
        let ns = declared.unwrap_or_else(|| if prefix.is_empty() { Ns::Feed } else { Ns::of_prefix(prefix) });
        (ns, local)
    }

    fn start(&mut self, name: &'a str, attributes: &'a str, empty: bool, end: usize) {
        if self.open.len() >= MAX_DEPTH {
            return;
        }
        self.declare(attributes);
        let (ns, local) = self.resolve(name);
        // Entries do not nest: one that begins inside another means that the other's end tag is missing.
        if ns == Ns::Feed && is_entry_name(local) {
            let outer = self.open.iter().rposition(|(id, _)| {
                matches!(self.nodes[*id as usize].kind, Kind::Element { ns: Ns::Feed, local: l, .. } if is_entry_name(l))
            });
            if let Some(at) = outer {
                self.close_from(at, end);
            }
        }
        let id = self.push(Kind::Element { ns, local, attributes, inner: (end, end) });
        if empty {
            self.nodes[id as usize].closed = true;
            self.leave_scopes(self.open.len());
        } else {
            self.open.push((id, name));
        }
    }

    fn end(&mut self, name: &str, at: usize) {
        if let Some(index) = self.open.iter().rposition(|(_, open)| open.eq_ignore_ascii_case(name)) {
            // The document's node is never closed by a tag.
            if index > 0 {
                self.close_from(index, at);
            }
        }
    }

    fn close_from(&mut self, index: usize, at: usize) {
        for (id, _) in self.open.drain(index..) {
            let node = &mut self.nodes[id as usize];
            node.closed = true;
            if let Kind::Element { inner, .. } = &mut node.kind {
                inner.1 = at.max(inner.0);
            }
        }
        self.leave_scopes(index);
    }

    fn leave_scopes(&mut self, depth: usize) {
        while self.scopes.last().is_some_and(|(.., at)| *at >= depth) {
            self.scopes.pop();
        }
    }
}

fn is_entry_name(local: &str) -> bool {
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

impl<'a> Tree<'a> {
    /// Builds the tree of a text.
    pub(super) fn parse(text: &'a str, limits: FeedLimits) -> Self {
        let mut b = Builder { nodes: Vec::with_capacity(text.len() / 48), open: Vec::new(), scopes: Vec::new() };
        // The document itself, with the root among its children: what is missing around a root is then no case.
        let document = b.push(Kind::Element { ns: Ns::Other, local: "", attributes: "", inner: (0, text.len()) });
        b.open.push((document, ""));
        let mut entities = Entities::of(text);
        let mut truncated = false;
        for token in Tokens::new(text) {
            if b.nodes.len() >= limits.nodes {
                truncated = true;
                break;
            }
            match token {
                Token::Start { name, attributes, empty, end, .. } => b.start(name, attributes, empty, end),
                Token::End { name, at } => b.end(name, at),
                Token::Text(t) => {
                    if !t.trim_ascii().is_empty() {
                        b.push(Kind::Text(t));
                    }
                }
                Token::Cdata(t) => {
                    b.push(Kind::Cdata(t));
                }
                Token::Doctype(t) => entities.read(t),
            }
        }
        for (id, _) in b.open.split_off(1) {
            truncated = true;
            if let Kind::Element { inner, .. } = &mut b.nodes[id as usize].kind {
                inner.1 = text.len();
            }
        }
        let has_base = text.contains("xml:base");
        let has_lang = text.contains("xml:lang");
        Self { text, nodes: b.nodes, entities, has_base, has_lang, truncated }
    }

    /// The document, whose children are the roots.
    pub(super) fn document(&self) -> Element<'_, 'a> {
        Element { tree: self, id: 0 }
    }
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(super) struct Element<'t, 'a> {
    tree: &'t Tree<'a>,
    id: Id,
}

impl<'t, 'a> Element<'t, 'a> {
    fn node(self) -> &'t Node<'a> {
        &self.tree.nodes[self.id as usize]
    }

    fn parts(self) -> (Ns, &'a str, &'a str, (usize, usize)) {
        match self.node().kind {
            Kind::Element { ns, local, attributes, inner } => (ns, local, attributes, inner),
            Kind::Text(_) | Kind::Cdata(_) => (Ns::Other, "", "", (0, 0)),
        }
    }

    pub(super) fn ns(self) -> Ns {
        self.parts().0
    }

    /// Its local name as written.
    pub(super) fn local(self) -> &'a str {
        self.parts().1
    }

    /// Its local name in lower case, in the buffer; empty if longer than any name that is known.
    pub(super) fn local_in(self, buffer: &mut [u8; 24]) -> &str {
        let local = self.local().as_bytes();
        let Some(buffer) = buffer.get_mut(..local.len()) else { return "" };
        buffer.copy_from_slice(local);
        buffer.make_ascii_lowercase();
        std::str::from_utf8(buffer).unwrap_or_default()
    }

    pub(super) fn is(self, ns: Ns, local: &str) -> bool {
        self.ns() == ns && self.local().eq_ignore_ascii_case(local)
    }

    /// Whether it was closed, rather than cut off by the end of the document.
    pub(super) fn is_whole(self) -> bool {
        self.node().closed
    }

    fn child_ids(self) -> impl Iterator<Item = Id> + use<'t, 'a> {
        let nodes = &self.tree.nodes;
        let some = |id: Id| (id != NONE).then_some(id);
        std::iter::successors(some(self.node().first), move |id| some(nodes[*id as usize].next))
    }

    /// Its child elements.
    pub(super) fn children(self) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
        let tree = self.tree;
        self.child_ids()
            .filter(|id| matches!(tree.nodes[*id as usize].kind, Kind::Element { .. }))
            .map(move |id| Element { tree, id })
    }

    pub(super) fn child(self, ns: Ns, local: &str) -> Option<Element<'t, 'a>> {
        self.children().find(|c| c.is(ns, local))
    }

    /// An attribute by its name, prefix included, decoded and trimmed.
    pub(super) fn attribute(self, name: &str) -> Option<Cow<'a, str>> {
        let attributes = self.parts().2;
        if attributes.is_empty() {
            return None;
        }
        let (_, value) = Attributes::new(attributes).find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(decode_references(value.trim(), &self.tree.entities))
    }

    /// Whether it has child elements.
    pub(super) fn has_elements(self) -> bool {
        self.children().next().is_some()
    }

    /// Its text if it has no child elements (references decoded once), else the markup inside it as written.
    pub(super) fn content(self) -> Cow<'a, str> {
        if self.has_elements() {
            let (from, to) = self.parts().3;
            let raw = self.tree.text.get(from..to).unwrap_or_default().trim();
            return if raw.contains("<![CDATA[") {
                Cow::Owned(raw.replace("<![CDATA[", "").replace("]]>", ""))
            } else {
                Cow::Borrowed(raw)
            };
        }
        self.own_text()
    }

    /// The text directly inside it, references decoded once, trimmed.
    pub(super) fn own_text(self) -> Cow<'a, str> {
        let mut pieces = self.child_ids().filter_map(|id| match self.tree.nodes[id as usize].kind {
            Kind::Text(t) => Some(decode_references(t, &self.tree.entities)),
            Kind::Cdata(t) => Some(Cow::Borrowed(t)),
            Kind::Element { .. } => None,
        });
        let Some(first) = pieces.next() else { return Cow::Borrowed("") };
        match (pieces.next(), first) {
            (None, Cow::Borrowed(text)) => Cow::Borrowed(text.trim()),
            (None, Cow::Owned(text)) => {
                if text.trim().len() == text.len() {
                    Cow::Owned(text)
                } else {
                    Cow::Owned(text.trim().to_owned())
                }
            }
            (Some(second), first) => {
                let mut all = first.into_owned();
                all.push_str(&second);
                pieces.for_each(|p| all.push_str(&p));
                Cow::Owned(all.trim().to_owned())
            }
        }
    }

    fn ancestors(self) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
        let tree = self.tree;
        std::iter::successors(Some(self), move |e| {
            (e.id != 0).then(|| Element { tree, id: tree.nodes[e.id as usize].parent })
        })
    }

    /// `xml:base` values from the outermost to the nearest (XML Base, RFC 3986 section 5.1.1).
    pub(super) fn bases(self) -> Vec<Cow<'a, str>> {
        if !self.tree.has_base {
            return Vec::new();
        }
        let mut bases: Vec<_> = self.ancestors().filter_map(|e| e.attribute("xml:base")).collect();
        bases.reverse();
        bases
    }

    /// The nearest `xml:lang`; an empty one says that the language is not known.
    pub(super) fn lang(self) -> Option<Cow<'a, str>> {
        if !self.tree.has_lang {
            return None;
        }
        self.ancestors().find_map(|e| e.attribute("xml:lang"))
    }

    /// Every entry inside it, outermost only, in document order. Not recursive: depth is the sender's choice.
    pub(super) fn entries(self) -> Vec<Element<'t, 'a>> {
        let tree = self.tree;
        let mut found = Vec::new();
        let mut stack = vec![self.id];
        while let Some(id) = stack.pop() {
            let element = Element { tree, id };
            if element.ns() == Ns::Feed && is_entry_name(element.local()) {
                found.push(element);
                continue;
            }
            let from = stack.len();
            stack.extend(element.children().map(|c| c.id));
            stack[from..].reverse();
        }
        found
    }
}
