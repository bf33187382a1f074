//! From a feed's texts to plain text: character references, HTML, mojibake, base64.

use article::squeeze;
use std::borrow::Cow;
use std::cell::Cell;

use super::markup::{Token, Tokens};

/// Entities that the document declares itself (`<!ENTITY name "value">`). A value is put in as it stands,
/// never expanded again, so that no declaration can multiply another.
#[derive(Default)]
pub(super) struct Entities<'a> {
    declared: Vec<(&'a str, &'a str)>,
    /// Bytes by which values may yet be longer than the references they are put in for, in all texts of the
    /// document together: many short texts weigh as much as a long one.
    growth: Cell<usize>,
}

/// Declarations kept, and bytes of a value: more than any feed needs.
const MAX_ENTITIES: usize = 512;
const MAX_ENTITY_VALUE: usize = 256;

/// Bytes that values may add to a document, as a multiple of its own. Feeds that declare entities at all do it for
/// signs and names, and hardly grow.
const MAX_GROWTH: usize = 1;

/// Bytes that values may add to any document, for short ones may consist of references.
const MIN_GROWTH: usize = 4 << 10;

impl<'a> Entities<'a> {
    /// Those of a document, none declared yet.
    pub(super) fn of(document: &str) -> Self {
        Self { declared: Vec::new(), growth: Cell::new(document.len().saturating_mul(MAX_GROWTH) + MIN_GROWTH) }
    }

    /// Reads the declarations of a document type.
    pub(super) fn read(&mut self, doctype: &'a str) {
        for declaration in doctype.split("<!ENTITY").skip(1) {
            let declaration = declaration.trim_start();
            let Some((name, rest)) = declaration.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some(value) = rest[1..].split(quote).next() else { continue };
            if self.declared.len() < MAX_ENTITIES && value.len() <= MAX_ENTITY_VALUE {
                self.declared.push((name, value));
            }
        }
    }

    /// The value to put in for a reference; `None` too once values have made the document grow enough.
    fn put_in(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.declared.iter().find(|(n, _)| *n == name)?;
        let growth = value.len().saturating_sub("&;".len() + name.len());
        self.growth.set(self.growth.get().checked_sub(growth)?);
        Some(value)
    }
}

/// Decodes character references once: numeric ones, HTML's named ones, the document's own. What is none stays.
pub(super) fn decode_references<'a>(text: &'a str, entities: &Entities<'_>) -> Cow<'a, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    loop {
        // `rest` begins with `&`.
        match reference(rest, entities) {
            Some((value, length)) => {
                match value {
                    Value::Char(c) => out.push(c),
                    Value::Text(t) => out.push_str(t),
                }
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
        match rest.find('&') {
            Some(next) => {
                out.push_str(&rest[..next]);
                rest = &rest[next..];
            }
            None => {
                out.push_str(rest);
                return Cow::Owned(out);
            }
        }
    }
}

/// [`decode_references`] with HTML's entities only.
pub(super) fn decode_html<'a>(text: &'a str) -> Cow<'a, str> {
    decode_references(text, &Entities::default())
}

enum Value<'v> {
    Char(char),
    Text(&'v str),
}

/// The reference that `text` begins with, and its length. A missing semicolon is forgiven after a number.
fn reference<'v>(text: &str, entities: &Entities<'v>) -> Option<(Value<'v>, usize)> {
    /// No name in HTML is longer.
    const MAX_NAME: usize = 33;
    let body = &text.as_bytes()[1..];
    if body.first() == Some(&b'#') {
        let hex = matches!(body.get(1), Some(b'x' | b'X'));
        let from = if hex { 2 } else { 1 };
        let digits = body[from..].iter().take_while(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() });
        let length = digits.count();
        let number = u32::from_str_radix(text.get(1 + from..1 + from + length)?, if hex { 16 } else { 10 }).ok()?;
        let semicolon = usize::from(body.get(from + length) == Some(&b';'));
        let c = char::from_u32(number).filter(|c| *c != '\0').unwrap_or('\u{fffd}');
        return Some((Value::Char(c), 1 + from + length + semicolon));
    }
    let length =
        body.iter().take(MAX_NAME).position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-' | b'.'))?;
    if body.get(length) != Some(&b';') {
        return None;
    }
    let name = &text[1..=length];
    let value = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => match entities.put_in(name) {
            Some(value) => value,
            None => {
                let table = &html_escape::NAMED_ENTITIES;
                table[table.binary_search_by(|(n, _)| (*n).cmp(name.as_bytes())).ok()?].1
            }
        },
    };
    Some((Value::Text(value), length + 2))
}

/// Plain text of a title or another short text that may be HTML, whatever its type says: tags go, scripts and
/// styles with what is in them, references are decoded, white space is squeezed. What was escaped twice is
/// undone once more, if elements come to light.
pub(super) fn html_to_text(html: &str) -> String {
    if html.contains('<') {
        return without_tags(html);
    }
    match decode_html(html) {
        Cow::Owned(decoded) if holds_elements(&decoded) => without_tags(&decoded),
        decoded => mended(&decoded),
    }
}

/// Markup, with what was escaped twice undone.
pub(super) fn unescaped(html: Cow<'_, str>) -> Cow<'_, str> {
    if !html.contains('<') && html.contains("&lt;") {
        let decoded = decode_html(&html);
        if holds_elements(&decoded) {
            return Cow::Owned(decoded.into_owned());
        }
    }
    html
}

/// Whether there is an element that texts of the press are made of, closed: “a < b” and “use the `<b>` tag” are
/// no markup.
fn holds_elements(text: &str) -> bool {
    const ELEMENTS: &[&str] = &["p", "a", "b", "i", "em", "strong", "div", "span", "h1", "h2", "h3", "ul", "ol", "li"];
    let is_known = |name: &str| ELEMENTS.iter().any(|e| name.eq_ignore_ascii_case(e));
    let mut opened = false;
    for token in Tokens::new(text) {
        match token {
            Token::Start { name, .. } if name.eq_ignore_ascii_case("br") || name.eq_ignore_ascii_case("img") => {
                return true;
            }
            Token::Start { name, .. } => opened |= is_known(name),
            Token::End { name, .. } if opened && is_known(name) => return true,
            Token::End { .. } | Token::Text(_) | Token::Cdata(_) | Token::Doctype(_) => {}
        }
    }
    false
}

fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut hidden: Option<&str> = None;
    for token in Tokens::new(html) {
        match token {
            Token::Start { name, at, end, .. } => {
                // A tag without its `>` is a `<` in a text: “a <b”.
                if !html[at..end].ends_with('>') {
                    out.push_str(&html[at..end]);
                } else if is_hidden(name) {
                    hidden = hidden.or(Some(name));
                } else if is_break(name) {
                    out.push(' ');
                }
            }
            Token::End { name, .. } => {
                if hidden.is_some_and(|h| h.eq_ignore_ascii_case(name)) {
                    hidden = None;
                } else if is_break(name) {
                    out.push(' ');
                }
            }
            Token::Text(t) | Token::Cdata(t) => {
                if hidden.is_none() {
                    out.push_str(&decode_html(t));
                }
            }
            Token::Doctype(_) => {}
        }
    }
    mended(&out)
}

fn is_hidden(name: &str) -> bool {
    name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style")
}

/// Elements that part words: block-level ones and line breaks.
fn is_break(name: &str) -> bool {
    let mut buffer = [0; "blockquote".len()];
    let Some(lower) = buffer.get_mut(..name.len()) else { return false };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"br"
            | b"p"
            | b"div"
            | b"li"
            | b"ul"
            | b"ol"
            | b"tr"
            | b"td"
            | b"th"
            | b"table"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"hr"
            | b"blockquote"
            | b"figure"
            | b"figcaption"
            | b"section"
            | b"article"
            | b"dd"
            | b"dt"
            | b"pre"
    )
}

/// Squeezed, with C1 controls mended. Those never occur in a text on purpose: either UTF-8 was taken for
/// Latin-1 (“â\u{80}\u{a6}” for “…”), or windows-1252 was written as if it were Unicode (`&#146;`).
fn mended(text: &str) -> String {
    if !text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)) {
        return squeeze(text);
    }
    let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    if let Some(utf8) = latin.and_then(|bytes| String::from_utf8(bytes).ok()) {
        return squeeze(&utf8);
    }
    let mended: String = text
        .chars()
        .map(|c| match u8::try_from(u32::from(c)) {
            Ok(byte @ 0x80..=0x9f) => encoding_rs::WINDOWS_1252
                .decode_without_bom_handling_and_without_replacement(&[byte])
                .and_then(|s| s.chars().next())
                .unwrap_or(c),
            Ok(_) | Err(_) => c,
        })
        .collect();
    squeeze(&mended)
}

/// Base64 (RFC 4648 section 4), white space ignored; `None` if it is none or not UTF-8.
pub(super) fn base64(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let six = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    String::from_utf8(out).ok()
}
