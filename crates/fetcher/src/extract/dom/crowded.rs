//! Tags with thousands of attributes, taken for text before parsing.
//!
//! The tokenizer compares each attribute's name with all before it in its tag, so that a tag of a million
//! attributes would cost a million times a million comparisons.

use super::scan::scan;
use std::borrow::Cow;

/// Attributes of one element. Pages have dozens; this many make the tokenizer compare each name with five hundred
/// others on average, however long the page.
pub(super) const MAX_ATTRIBUTES: usize = 1_000;

/// How many times the page's length is read in search of tags' ends. The tags of an ordinary page are a part of
/// it and hold few others in their values. Where this does not suffice, tags lie in each other's values without
/// end, and what follows is text.
const MAX_READINGS: usize = 8;

/// The page with the `<` of every crowded tag as a reference, `&lt;`: it stands for the same in a text and in a
/// value, and begins no tag.
///
/// Whether a `<` in a value, a title or a script begins a tag, the parser alone knows. So each is looked at as if
/// it did; and since `&lt;` is to the tokenizer within a tag what `<` is, none that is put in changes where
/// another tag ends.
pub(super) fn without_crowded_tags(html: Cow<'_, str>) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    let mut left = html.len().saturating_mul(MAX_READINGS);
    while let Some(lt) = html[at..].find('<').map(|i| at + i) {
        at = lt + 1;
        let rest = &html[lt..];
        if !begins(rest) {
            continue;
        }
        if left > 0 {
            let tag = scan(rest, MAX_ATTRIBUTES);
            left = left.saturating_sub(tag.length);
            if tag.attributes <= MAX_ATTRIBUTES {
                continue;
            }
        }
        out.push_str(&html[kept..lt]);
        out.push_str("&lt;");
        kept = at;
    }
    if kept == 0 {
        return html;
    }
    out.push_str(&html[kept..]);
    Cow::Owned(out)
}

/// Whether a start or an end tag begins here.
fn begins(text: &str) -> bool {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<')).unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::{MAX_ATTRIBUTES, begins, scan, without_crowded_tags};
    use std::borrow::Cow;

    fn attributes(count: usize) -> String {
        (0..count).map(|n| format!(" a{n}=\"\"")).collect()
    }

    /// The largest number of attributes of anything that could be a tag.
    fn most(html: &str) -> Option<usize> {
        let tags = html.match_indices('<').map(|(at, _)| &html[at..]).filter(|text| begins(text));
        tags.map(|text| scan(text, usize::MAX).attributes).max()
    }

    #[test]
    fn a_tag_with_too_many_attributes_is_text() {
        let many = attributes(400_000);
        for open in ["<p", "</p", "<title>x</title", "<title><b c='</title><p", "<p x='<p"] {
            let html = format!("<div a b>before{open}{many}>after</div>");
            let bounded = without_crowded_tags(Cow::Borrowed(&html));
            assert!(most(&bounded) <= Some(MAX_ATTRIBUTES), "{open}: {:?}", most(&bounded));
            assert!(bounded.starts_with("<div a b>before") && bounded.ends_with(">after</div>"), "{open}");
        }
    }

    #[test]
    fn ordinary_tags_stay() {
        let html = format!("<p{}>a < b <3</p ><img alt='<b>' a=1><a", attributes(MAX_ATTRIBUTES));
        assert_eq!(without_crowded_tags(Cow::Borrowed(&html)), html);
    }

    #[test]
    fn tags_in_each_others_values_are_read_a_few_times_only() {
        let html = format!("<p>before{}", "<a'".repeat(100_000));
        let bounded = without_crowded_tags(Cow::Borrowed(&html));
        assert!(bounded.starts_with("<p>before<a'<a'") && bounded.ends_with("&lt;a'&lt;a'"));
    }

    #[test]
    fn what_begins_no_tag() {
        for text in ["", "<", "</", "< a", "<3", "<!a", "a<b", "</>", "<é"] {
            assert!(!begins(text), "{text}");
        }
    }
}
