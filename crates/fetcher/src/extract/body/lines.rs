//! A page as the lines of text a reader sees.

use super::voice::{self, Trust, Voice};
use crate::extract::dom::{Dom, NodeId, Tag};

/// What a line is by its markup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Running text: a paragraph, or text directly in a container.
    Text,
    /// A heading and its level.
    Heading(u8),
    /// A list's item.
    Item,
    /// In a quotation set apart.
    Quote,
    /// Under a picture.
    Caption,
    /// In a table.
    Cell,
}

/// A line: text between two breaks of the page's layout.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its first text node.
    pub(crate) at: NodeId,
    /// One past its last text node.
    pub(crate) end: NodeId,
    /// The block element it stands in.
    pub(crate) owner: NodeId,
    /// What it is by its markup.
    pub(crate) kind: Kind,
    /// The text, squeezed.
    pub(crate) text: String,
    /// Its weight in characters; those of scripts that write a word in one or two count double.
    pub(crate) chars: usize,
    /// Of them, in links.
    pub(crate) linked: usize,
    /// Whether all of it is in bold.
    pub(crate) bold: bool,
    /// In what is not the article by its markup: see [`super::clutter`].
    pub(crate) clutter: bool,
}

impl Line {
    /// Share of the line that is link.
    pub(crate) fn link_share(&self) -> f32 {
        self.linked as f32 / self.chars.max(1) as f32
    }

    /// Whether it ends as sentences do.
    pub(crate) fn ends_sentence(&self) -> bool {
        let trimmed = self.text.trim_end_matches(['"', '\'', '”', '“', '’', '»', '«', ')', ']', '」', '』', '）', ' ']);
        trimmed.ends_with(['.', '!', '?', '…', ':', '。', '！', '？', '।', '؟', '۔', '։', '፡', '။', '|'])
    }
}

/// A mail address that the server hid from harvesters (Cloudflare's scheme): hexadecimal, the first byte
/// exclusive-ored with each of the others.
fn deobfuscated(hex: &str) -> Option<String> {
    let digits = hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Vec<u8> = digits.collect::<Option<_>>()?;
    let (key, hidden) = bytes.split_first()?;
    let address = String::from_utf8(hidden.iter().map(|b| b ^ key).collect()).ok()?;
    address.contains('@').then_some(address)
}

/// Hidden inside a line: alternatives for programs and screen readers. Whole blocks that are hidden may be
/// shown by a program later, which [`super::clutter`] judges.
fn is_hidden_inline(dom: &Dom, id: NodeId, tag: Tag) -> bool {
    tag != Tag::None && !tag.is_block() && dom.attr(id, "style").is_some_and(voice::hides)
}

/// An inline element that names itself a byline or a date and after which the line ends: a line of its own, if it
/// begins one.
fn is_label_element(dom: &Dom, id: NodeId, tag: Tag) -> bool {
    if !matches!(tag, Tag::I | Tag::Em | Tag::Span | Tag::Small | Tag::Cite | Tag::Time | Tag::Font) {
        return false;
    }
    let parent = dom.parent(id);
    if !dom.tag(parent).is_block() || dom.tag(parent) == Tag::P {
        return false;
    }
    let is_blank = |n: NodeId| dom.text(n).is_some_and(|t| t.trim().is_empty());
    let mut next = dom.end(id);
    while next < dom.end(parent) && is_blank(next) {
        next = dom.end(next);
    }
    let ends = next >= dom.end(parent) || {
        let tag = dom.tag(next);
        tag.is_block() || matches!(tag, Tag::Br | Tag::Img | Tag::Picture | Tag::Small | Tag::Time)
    };
    ends && voice::voice(dom, id, Trust::Names) == Voice::Furniture
}

/// Splits the page into lines.
pub(crate) fn split(dom: &Dom) -> Vec<Line> {
    let mut splitter = Splitter {
        dom,
        open: vec![Open { id: 0, end: dom.len(), kind: Kind::Text }],
        lines: Vec::new(),
        line: Draft::default(),
    };
    let mut id = 0;
    while id < dom.len() {
        splitter.close_until(id);
        let tag = dom.tag(id);
        if let Some(text) = dom.text(id) {
            splitter.text(id, text);
        } else if let Some(address) = dom.attr(id, "data-cfemail").and_then(deobfuscated) {
            splitter.text(id, &address);
            id = dom.end(id);
            continue;
        } else if tag.is_invisible() || is_hidden_inline(dom, id, tag) {
            id = dom.end(id);
            continue;
        } else {
            splitter.enter(id, tag);
        }
        id += 1;
    }
    splitter.close_until(usize::MAX);
    bold_crossheads(&mut splitter.lines);
    splitter.lines
}

/// Level of crossheads that are only paragraphs in bold: below those of the page's own headings.
const BOLD_LEVEL: u8 = 6;

/// Weight up to which a line in bold may be a crosshead, and from which the text that it heads is text.
const BOLD_HEADING: usize = 80;

/// A short line in bold that is no sentence and stands over running text is a crosshead.
fn bold_crossheads(lines: &mut [Line]) {
    let is_text = |line: &Line| matches!(line.kind, Kind::Text | Kind::Quote) && !line.bold;
    for i in 1..lines.len() {
        let [line, next] = &mut lines[i - 1..=i] else { continue };
        let heads = next.chars >= BOLD_HEADING && is_text(next) && next.link_share() < 0.5;
        if heads && line.bold && line.kind == Kind::Text && line.chars <= BOLD_HEADING && !line.ends_sentence() {
            line.kind = Kind::Heading(BOLD_LEVEL);
        }
    }
}

struct Open {
    id: NodeId,
    end: NodeId,
    kind: Kind,
}

#[derive(Default)]
struct Draft {
    raw: String,
    at: NodeId,
    end: NodeId,
    linked: usize,
    breaks: u8,
    link_end: NodeId,
    /// Where the emphasis around here ends, and whether something of the line stands outside of any.
    bold_end: NodeId,
    plain: bool,
}

struct Splitter<'d> {
    dom: &'d Dom,
    /// Block elements around here.
    open: Vec<Open>,
    lines: Vec<Line>,
    line: Draft,
}

impl Splitter<'_> {
    fn close_until(&mut self, id: NodeId) {
        while self.open.len() > 1 && self.open.last().is_some_and(|o| id >= o.end) {
            self.flush();
            self.open.pop();
        }
        if id == usize::MAX {
            self.flush();
        }
    }

    fn enter(&mut self, id: NodeId, tag: Tag) {
        match tag {
            Tag::Br => {
                self.line.breaks += 1;
                // A line all in bold heads the next one, or is the standfirst.
                let heads = !self.line.plain && !self.line.raw.trim().is_empty();
                if self.line.breaks >= 2 || heads {
                    self.flush();
                } else {
                    self.line.raw.push('\n');
                }
            }
            Tag::A => self.line.link_end = self.line.link_end.max(self.dom.end(id)),
            Tag::B | Tag::Strong => self.line.bold_end = self.line.bold_end.max(self.dom.end(id)),
            Tag::Img | Tag::Picture => {}
            _ if tag.is_block() || (self.line.raw.trim().is_empty() && is_label_element(self.dom, id, tag)) => {
                self.flush();
                let inherited = self.open.last().map_or(Kind::Text, |o| o.kind);
                let kind = match (tag, inherited) {
                    (Tag::Figcaption, _) | (_, Kind::Caption) => Kind::Caption,
                    (Tag::Figure, _) => Kind::Caption,
                    _ if tag.heading_level().is_some() => Kind::Heading(tag.heading_level().unwrap_or(2)),
                    (Tag::Blockquote, _) | (Tag::P | Tag::Div, Kind::Quote) => Kind::Quote,
                    (Tag::Li | Tag::Dd | Tag::Dt, _) => Kind::Item,
                    (Tag::P | Tag::Div | Tag::Section, Kind::Item) => Kind::Item,
                    (Tag::Td | Tag::Th, _) => Kind::Cell,
                    (_, Kind::Cell) if tag != Tag::P => Kind::Cell,
                    (_, Kind::Heading(level)) => Kind::Heading(level),
                    _ => Kind::Text,
                };
                self.open.push(Open { id, end: self.dom.end(id), kind });
            }
            _ => {}
        }
    }

    fn text(&mut self, id: NodeId, text: &str) {
        if text.trim().is_empty() {
            if !self.line.raw.is_empty() {
                self.line.raw.push(' ');
            }
            return;
        }
        if self.line.raw.trim().is_empty() {
            self.line.at = id;
        }
        let weight = weight(text);
        if id < self.line.link_end {
            self.line.linked += weight;
        }
        self.line.plain |= id >= self.line.bold_end;
        self.line.raw.push_str(text);
        self.line.end = id + 1;
        self.line.breaks = 0;
    }

    fn flush(&mut self) {
        let Draft { raw, at, end, linked, link_end, bold_end, plain, .. } = std::mem::take(&mut self.line);
        (self.line.link_end, self.line.bold_end) = (link_end, bold_end);
        let text = article::squeeze(&raw);
        if text.is_empty() {
            return;
        }
        let (owner, kind) = self.open.last().map_or((0, Kind::Text), |o| (o.id, o.kind));
        let chars = weight(&text);
        let linked = linked.min(chars);
        self.lines.push(Line { at, end, owner, kind, chars, linked, bold: !plain, text, clutter: false });
    }
}

/// Characters, those of scripts that need few of them twice.
fn weight(text: &str) -> usize {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| {
            if matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF) {
                2
            } else {
                1
            }
        })
        .sum()
}
