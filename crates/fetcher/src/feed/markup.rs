//! A tokenizer for markup that may be broken anywhere.
//!
//! It follows XML 1.0 where the text does, and elsewhere goes on: a `<` that opens nothing is text, a tag
//! without its `>` ends where the next begins, attributes need no quotes, an unclosed comment or CDATA section
//! runs to the end. It never fails, never backs up further than one token, and borrows everything.

/// Bytes in which a document type declaration must end, else it is none.
const MAX_DOCTYPE: usize = 16 << 10;

/// A piece of markup. Comments and processing instructions are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// `<name attributes>`; `at` and `end` are byte offsets of its `<` and behind its `>`.
    Start { name: &'a str, attributes: &'a str, empty: bool, at: usize, end: usize },
    /// `</name>`.
    End { name: &'a str, at: usize },
    /// Text with its character references still in it.
    Text(&'a str),
    /// The inside of a CDATA section.
    Cdata(&'a str),
    /// The inside of `<!DOCTYPE …>`, internal subset included.
    Doctype(&'a str),
}

/// Reads tokens from the front of a text.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// A document has one type; what looks like more is passed over without looking far.
    had_doctype: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, had_doctype: false }
    }

    /// Where the next token begins.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Goes to a later place.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at.min(self.text.len());
    }

    /// Up to and with `end`, starting `skip` bytes in; to the end of the text where `end` is missing.
    fn until(&mut self, skip: usize, end: &str) -> &'a str {
        let from = (self.at + skip).min(self.text.len());
        let rest = &self.text[from..];
        match rest.find(end) {
            Some(length) => {
                self.at = from + length + end.len();
                &rest[..length]
            }
            None => {
                self.at = self.text.len();
                rest
            }
        }
    }

    /// `<!DOCTYPE`: to the `>` outside brackets and quotes.
    fn doctype(&mut self) -> &'a str {
        let from = self.at + "<!DOCTYPE".len();
        let (mut depth, mut quote) = (0_i32, None);
        for (i, b) in self.text.bytes().enumerate().skip(from).take(MAX_DOCTYPE) {
            match (quote, b) {
                (Some(q), _) if q == b => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(b),
                (None, b'[') => depth += 1,
                (None, b']') => depth -= 1,
                (None, b'>') if depth <= 0 => {
                    self.at = i + 1;
                    return &self.text[from..i];
                }
                (None, _) => {}
            }
        }
        // No end in sight: what follows the next `<` may be a feed all the same.
        self.at = self.text[from..].find('<').map_or(self.text.len(), |i| from + i);
        ""
    }

    /// A start or end tag, `self.at` on its `<`.
    fn tag(&mut self) -> Token<'a> {
        let at = self.at;
        let bytes = self.text.as_bytes();
        let closing = bytes.get(at + 1) == Some(&b'/');
        let name_from = at + 1 + usize::from(closing);
        let mut i = name_from;
        while bytes.get(i).is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/' | b'<')) {
            i += 1;
        }
        let name = &self.text[name_from..i];
        let attributes_from = i;
        let mut quote = None;
        let mut after_equals = false;
        while let Some(&b) = bytes.get(i) {
            match quote {
                Some(q) if q == b => quote = None,
                Some(_) => {}
                // A quotation mark opens a value only behind `=`: a stray one elsewhere swallows nothing.
                // Nor where no other follows: the value would swallow the document.
                None if after_equals && matches!(b, b'"' | b'\'') && bytes[i + 1..].contains(&b) => quote = Some(b),
                None if matches!(b, b'>' | b'<') => break,
                None => {}
            }
            if !b.is_ascii_whitespace() {
                after_equals = b == b'=' && quote.is_none();
            }
            i += 1;
        }
        let inside = &self.text[attributes_from.min(i)..i];
        let end = if bytes.get(i) == Some(&b'>') { i + 1 } else { i };
        self.at = end;
        if closing {
            return Token::End { name, at };
        }
        let trimmed = inside.trim_end();
        // `<a href=http://example.org/>` is not empty, but nobody writes that outside HTML.
        let empty = trimmed.ends_with('/');
        let attributes = if empty { &trimmed[..trimmed.len() - 1] } else { trimmed };
        Token::Start { name, attributes: attributes.trim_start(), empty, at, end }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.text.get(self.at..).filter(|r| !r.is_empty())?;
            let bytes = rest.as_bytes();
            if bytes[0] == b'<' {
                match bytes.get(1) {
                    Some(b'!') if rest.starts_with("<!--") => {
                        self.until(4, "-->");
                        continue;
                    }
                    Some(b'!') if rest.starts_with("<![CDATA[") => return Some(Token::Cdata(self.until(9, "]]>"))),
                    Some(b'!') if !self.had_doctype && starts_with_ignoring_case(rest, "<!doctype") => {
                        self.had_doctype = true;
                        return Some(Token::Doctype(self.doctype()));
                    }
                    Some(b'!') => {
                        self.until(2, ">");
                        continue;
                    }
                    Some(b'?') => {
                        self.until(2, ">");
                        continue;
                    }
                    Some(b'/') if bytes.get(2).is_some_and(|b| starts_name(*b)) => return Some(self.tag()),
                    Some(b) if starts_name(*b) => return Some(self.tag()),
                    _ => {}
                }
            }
            // Text: to the next `<`, not counting one we stand on, which opens nothing.
            let own = usize::from(bytes[0] == b'<');
            let length = rest[own..].find('<').map_or(rest.len(), |i| i + own);
            self.at += length;
            return Some(Token::Text(&rest[..length]));
        }
    }
}

fn starts_name(b: u8) -> bool {
    b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || !b.is_ascii()
}

pub(super) fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|t| t.eq_ignore_ascii_case(start))
}

/// Attributes of a start tag, values raw.
pub(super) struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    pub(super) fn new(attributes: &'a str) -> Self {
        Self(attributes)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let text = self.0.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '='));
        if text.is_empty() {
            return None;
        }
        let name_end = text.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(text.len());
        let name = &text[..name_end];
        let Some(value) = text[name_end..].trim_start().strip_prefix('=') else {
            self.0 = &text[name_end..];
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quoted {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        self.0 = rest;
        Some((name, value))
    }
}
