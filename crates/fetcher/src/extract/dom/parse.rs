//! HTML into a [`Dom`], by the WHATWG algorithm (html5ever), within limits.

use super::crowded::{MAX_ATTRIBUTES, without_crowded_tags};
use super::strip::without_programs;
use super::{Content, Dom, Node, Tag};
use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeBuilder, TreeBuilderOpts, TreeSink};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;

/// How large a page may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Nodes kept; what follows is left out.
    pub(crate) nodes: usize,
    /// Elements inside each other; deeper ones are left out, their text stays. The algorithm looks through all
    /// open elements at every tag, so that unbounded depth would cost its square.
    pub(crate) depth: u32,
}

/// Parses a whole page.
pub(crate) fn parse(html: &str, limits: Limits) -> Dom {
    // Without scripts, as we read: some pages keep their text for such readers in <noscript>.
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(Grower::new(limits), options);
    let tokenizer = Tokenizer::new(Fence { builder }, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(&without_crowded_tags(without_programs(html))));
    // The tokenizer pauses at each script for those who run them, and at each declared encoding for those who
    // would start again; we do neither.
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

type Builder = TreeBuilder<usize, Grower>;

/// Stands between tokenizer and tree builder and lets nothing through that would break the limits.
struct Fence {
    builder: Builder,
}

impl Fence {
    fn refuses(&self, token: &Token) -> bool {
        let grower = &self.builder.sink;
        match token {
            Token::EOFToken => false,
            _ if grower.full() => {
                grower.truncated.set(true);
                true
            }
            Token::TagToken(tag) if tag.kind == TagKind::StartTag && grower.too_deep() => {
                // Elements of raw text don't nest; without them their text would be taken for the page's.
                let raw = matches!(&*tag.name, "script" | "style" | "textarea" | "title" | "iframe");
                if !raw {
                    grower.truncated.set(true);
                }
                !raw
            }
            Token::DoctypeToken(_)
            | Token::TagToken(_)
            | Token::CommentToken(_)
            | Token::CharacterTokens(_)
            | Token::NullCharacterToken
            | Token::ParseError(_) => false,
        }
    }
}

impl TokenSink for Fence {
    type Handle = usize;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<usize> {
        if self.refuses(&token) { TokenSinkResult::Continue } else { self.builder.process_token(token, line) }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// A node while the tree still changes: linked both ways. 0 is the document and, as a link, “none”:
/// the document is nobody's child or sibling.
struct Sprout {
    parent: usize,
    first: usize,
    last: usize,
    prev: usize,
    next: usize,
    depth: u32,
    data: Data,
}

enum Data {
    Document,
    Comment,
    Text(StrTendril),
    Element(QualName, Vec<Attribute>),
}

/// What the tree builder grows.
struct Grower {
    nodes: RefCell<Vec<Sprout>>,
    /// Contents of `<template>`s, which are trees of their own and never read.
    templates: RefCell<HashMap<usize, usize>>,
    limits: Limits,
    /// Depth of the place where the last node went: where the next one is likely to go.
    depth: Cell<u32>,
    truncated: Cell<bool>,
}

impl Grower {
    fn new(limits: Limits) -> Self {
        let document = Sprout { parent: 0, first: 0, last: 0, prev: 0, next: 0, depth: 0, data: Data::Document };
        Self {
            nodes: RefCell::new(vec![document]),
            templates: RefCell::default(),
            limits,
            depth: Cell::new(0),
            truncated: Cell::new(false),
        }
    }

    fn full(&self) -> bool {
        self.nodes.borrow().len() >= self.limits.nodes
    }

    fn too_deep(&self) -> bool {
        self.depth.get() >= self.limits.depth
    }

    fn add(&self, data: Data) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Sprout { parent: 0, first: 0, last: 0, prev: 0, next: 0, depth: 0, data });
        nodes.len() - 1
    }

    fn unlink(&self, id: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let Sprout { parent, prev, next, .. } = nodes[id];
        if prev != 0 {
            nodes[prev].next = next;
        } else if nodes[parent].first == id {
            nodes[parent].first = next;
        }
        if next != 0 {
            nodes[next].prev = prev;
        } else if nodes[parent].last == id {
            nodes[parent].last = prev;
        }
        let node = &mut nodes[id];
        (node.parent, node.prev, node.next) = (0, 0, 0);
    }

    /// Puts `id` under `parent`, before `next` or last where that is 0.
    fn link(&self, id: usize, parent: usize, next: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let prev = if next == 0 { nodes[parent].last } else { nodes[next].prev };
        if prev == 0 {
            nodes[parent].first = id;
        } else {
            nodes[prev].next = id;
        }
        if next == 0 {
            nodes[parent].last = id;
        } else {
            nodes[next].prev = id;
        }
        let depth = nodes[parent].depth + 1;
        let node = &mut nodes[id];
        (node.parent, node.prev, node.next, node.depth) = (parent, prev, next, depth);
        self.depth.set(depth);
    }

    fn insert(&self, parent: usize, next: usize, child: NodeOrText<usize>) {
        match child {
            NodeOrText::AppendNode(id) => {
                self.unlink(id);
                self.link(id, parent, next);
            }
            NodeOrText::AppendText(text) => self.insert_text(parent, next, text),
        }
    }

    fn insert_text(&self, parent: usize, next: usize, text: StrTendril) {
        let before = {
            let nodes = self.nodes.borrow();
            if skips_text(&nodes[parent].data) {
                return;
            }
            if next == 0 { nodes[parent].last } else { nodes[next].prev }
        };
        if let Data::Text(there) = &mut self.nodes.borrow_mut()[before].data {
            there.push_tendril(&text);
            return;
        }
        let id = self.add(Data::Text(text));
        self.link(id, parent, next);
    }
}

/// Styles and programs are most of many pages' bytes, and only those that hold linked data are ever read.
fn skips_text(parent: &Data) -> bool {
    let Data::Element(name, attrs) = parent else { return false };
    match name.local {
        local_name!("style") => true,
        local_name!("script") => !attrs
            .iter()
            .any(|a| a.name.local == local_name!("type") && a.value.to_ascii_lowercase().contains("ld+json")),
        _ => false,
    }
}

impl TreeSink for Grower {
    type Handle = usize;
    type Output = Dom;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Dom {
        flatten(self.nodes.into_inner(), self.truncated.get())
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Ref<'a, QualName> {
        static NO_NAME: std::sync::LazyLock<QualName> =
            std::sync::LazyLock::new(|| QualName::new(None, ns!(html), LocalName::from("")));
        Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target].data {
            Data::Element(name, _) => name,
            // The builder asks for names of elements only.
            Data::Document | Data::Comment | Data::Text(_) => &NO_NAME,
        })
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> usize {
        let id = self.add(Data::Element(name, attrs));
        if flags.template {
            let contents = self.add(Data::Document);
            self.templates.borrow_mut().insert(id, contents);
        }
        id
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.add(Data::Comment)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.add(Data::Comment)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        self.insert(*parent, 0, child);
    }

    fn append_based_on_parent_node(&self, element: &usize, prev_element: &usize, child: NodeOrText<usize>) {
        let parent = self.nodes.borrow()[*element].parent;
        if parent == 0 {
            self.insert(*prev_element, 0, child);
        } else {
            self.insert(parent, *element, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn pop(&self, node: &usize) {
        self.depth.set(self.nodes.borrow()[*node].depth.saturating_sub(1));
    }

    fn get_template_contents(&self, target: &usize) -> usize {
        self.templates.borrow().get(target).copied().unwrap_or(*target)
    }

    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        let parent = self.nodes.borrow()[*sibling].parent;
        self.insert(parent, *sibling, child);
    }

    fn add_attrs_if_missing(&self, target: &usize, attrs: Vec<Attribute>) {
        if let Data::Element(_, there) = &mut self.nodes.borrow_mut()[*target].data {
            // Every further <html> and <body> tag of a page adds to the one element.
            for attr in attrs {
                if there.len() < MAX_ATTRIBUTES && !there.iter().any(|a| a.name == attr.name) {
                    there.push(attr);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &usize) {
        self.unlink(*target);
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        loop {
            let first = self.nodes.borrow()[*node].first;
            if first == 0 {
                return;
            }
            self.unlink(first);
            self.link(first, *new_parent, 0);
        }
    }
}

/// Lays the linked tree out in document order.
fn flatten(mut sprouts: Vec<Sprout>, truncated: bool) -> Dom {
    let mut nodes: Vec<Node> = Vec::with_capacity(sprouts.len());
    let index = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    // Where each open ancestor lies in `nodes`.
    let mut open: Vec<u32> = Vec::new();
    let mut at = 0;
    loop {
        let sprout = &mut sprouts[at];
        let parent = open.last().copied().unwrap_or(0);
        let here = index(nodes.len());
        let (tag, content) = match std::mem::replace(&mut sprout.data, Data::Comment) {
            Data::Document | Data::Comment => (Tag::None, Content::None),
            Data::Text(text) => (Tag::Text, Content::Text(text)),
            Data::Element(name, attrs) => (Tag::of(&name.local), Content::Element(name.local, attrs)),
        };
        nodes.push(Node { parent, end: here + 1, tag, content });
        if sprout.first != 0 {
            open.push(here);
            at = sprout.first;
            continue;
        }
        // Up until there is a sibling.
        loop {
            if at == 0 {
                return Dom { nodes, truncated };
            }
            if sprouts[at].next != 0 {
                at = sprouts[at].next;
                break;
            }
            at = sprouts[at].parent;
            let done = open.pop().unwrap_or(0);
            nodes[done as usize].end = index(nodes.len());
        }
    }
}
