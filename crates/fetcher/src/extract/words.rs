//! Small readings of text that several fields share.

/// Plain text of a declared value: entities that were escaped twice decoded, tags gone, spaces single.
pub(crate) fn plain(text: &str) -> String {
    if !text.contains(['&', '<']) {
        return article::squeeze(text);
    }
    let decoded = html_escape::decode_html_entities(text);
    article::squeeze(&without_tags(&decoded))
}

/// Drops what looks like tags: `<`, a letter or slash, and so on to `>`. A lone `<` stays.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = &rest[at..];
        let opens = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match tag.find('>').filter(|_| opens) {
            Some(end) => {
                // Line ends and paragraph ends part words; emphasis does not.
                if !["b", "/b", "i", "/i", "em", "/em", "strong", "/strong", "span", "/span", "a", "/a"]
                    .contains(&tag[1..end].split(' ').next().unwrap_or_default())
                {
                    out.push(' ');
                }
                rest = &tag[end + 1..];
            }
            None => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The words of a class or id: parted at everything that is no letter or digit and at humps, in lower case.
pub(crate) fn class_words(value: &str) -> impl Iterator<Item = String> + '_ {
    ClassWords { rest: value }
}

struct ClassWords<'a> {
    rest: &'a str,
}

impl Iterator for ClassWords<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        if self.rest.is_empty() {
            return None;
        }
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while end < bytes.len() && bytes[end].is_ascii_alphanumeric() {
            let hump = bytes[end].is_ascii_uppercase() && bytes[end - 1].is_ascii_lowercase();
            if hump {
                break;
            }
            end += 1;
        }
        let word = self.rest[..end].to_ascii_lowercase();
        self.rest = &self.rest[end..];
        Some(word)
    }
}
