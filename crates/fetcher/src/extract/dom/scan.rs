//! A tag as it is written: where it ends and how many attributes it has, by the rules of HTML's tokenizer
//! (WHATWG HTML, section 13.2.5, from the tag open state to the self-closing start tag state).

/// What was read of a tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Written {
    /// Bytes read, from the `<` on.
    pub(super) length: usize,
    /// Whether its `>` was reached.
    pub(super) ended: bool,
    /// Attributes, those of the same name each.
    pub(super) attributes: usize,
    /// Whether it ends in `/>` with a `/` of its own: one right behind an unquoted value is the value's.
    pub(super) closes_itself: bool,
}

/// Reads the tag that `text` begins with, to its end or to the first attribute beyond `most`.
pub(super) fn scan(text: &str, most: usize) -> Written {
    let bytes = text.as_bytes();
    let mut at = past(bytes, "</".len().min(bytes.len()), |b| !is_space(b) && !matches!(b, b'/' | b'>'));
    let mut attributes = 0;
    let mut slash = false;
    loop {
        match bytes.get(at) {
            Some(b'>') => return Written { length: at + 1, ended: true, attributes, closes_itself: slash },
            Some(b) if is_space(*b) || *b == b'/' => {
                slash = *b == b'/';
                at += 1;
            }
            Some(_) if attributes <= most => {
                slash = false;
                attributes += 1;
                at = attribute(bytes, at);
            }
            Some(_) | None => return Written { length: at, ended: false, attributes, closes_itself: false },
        }
    }
}

/// Past the attribute that begins at `at`.
fn attribute(bytes: &[u8], at: usize) -> usize {
    // Whatever a name begins with is part of it, `=` and quotes too.
    let name = past(bytes, at + 1, |b| !is_space(b) && !matches!(b, b'/' | b'>' | b'='));
    let equals = past(bytes, name, is_space);
    if bytes.get(equals) != Some(&b'=') {
        return equals;
    }
    let value = past(bytes, equals + 1, is_space);
    match bytes.get(value) {
        Some(quote @ (b'"' | b'\'')) => (past(bytes, value + 1, |b| b != *quote) + 1).min(bytes.len()),
        _ => past(bytes, value, |b| !is_space(b) && b != b'>'),
    }
}

/// Past the bytes from `at` on that are of a kind.
fn past(bytes: &[u8], at: usize, kind: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|b| !kind(*b)).map_or(bytes.len(), |i| at + i)
}

/// The tokenizer takes a carriage return for a line feed.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::scan;
    use html5ever::buffer_queue::BufferQueue;
    use html5ever::tendril::StrTendril;
    use html5ever::tokenizer::{Tag, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
    use proptest::prelude::*;
    use std::cell::RefCell;

    #[derive(Default)]
    struct FirstTag(RefCell<Option<Tag>>);

    impl TokenSink for FirstTag {
        type Handle = ();

        fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
            if let Token::TagToken(tag) = token {
                self.0.borrow_mut().get_or_insert(tag);
            }
            TokenSinkResult::Continue
        }
    }

    /// The first tag that the tokenizer finds.
    fn tokenized(html: &str) -> Option<Tag> {
        let tokenizer = Tokenizer::new(FirstTag::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(html));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.0.take()
    }

    proptest! {
        #[test]
        fn a_tag_is_read_as_the_tokenizer_reads_it(html in "</?[a-z][a-zA-Z<&;=/'\"> \r\n\t]{0,40}") {
            let read = scan(&html, usize::MAX);
            let Some(tag) = tokenized(&html) else {
                prop_assert!(!read.ended);
                return Ok(());
            };
            prop_assert!(read.ended && tokenized(&html[..read.length - 1]).is_none());
            prop_assert_eq!(read.closes_itself, tag.self_closing);
            // It keeps the first of each name.
            prop_assert!(tag.attrs.len() <= read.attributes);
            prop_assert!(tag.had_duplicate_attributes || tag.attrs.len() == read.attributes);
        }
    }

    #[test]
    fn reading_stops_at_the_first_attribute_too_many() {
        let read = scan("<a b c=1 d>", 1);
        assert_eq!((read.attributes, read.ended), (2, false));
        assert!(scan("<a b c=1 d>", 3).ended);
    }
}
