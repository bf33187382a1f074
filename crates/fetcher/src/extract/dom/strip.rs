//! Programs, styles, drawings and comments, taken out before parsing.
//!
//! They are two thirds of a news page's bytes, and the tree never keeps what is in them. Scripts that hold
//! linked data stay.

use std::borrow::Cow;

/// Elements whose contents go.
const EMPTIED: &[&str] = &["script", "style", "svg"];

/// The page without the contents of its programs, styles and drawings, and without comments.
pub(super) fn without_programs(html: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(lt) = html[at..].find('<').map(|i| at + i) {
        let rest = &html[lt..];
        let (from, to) = if let Some(comment) = rest.strip_prefix("<!--") {
            // A comment that never ends ends the page, as browsers have it.
            (lt, comment.find("-->").map_or(html.len(), |i| lt + "<!--".len() + i + "-->".len()))
        } else if let Some(name) = EMPTIED.iter().find(|n| opens(rest, n)) {
            let Some(open) = tag_end(rest) else { break };
            let contents = lt + open;
            let end = closing(&html[contents..], name).map_or(html.len(), |i| contents + i);
            let data = rest[..open].to_ascii_lowercase().contains("ld+json");
            (if data { end } else { contents }, end)
        } else {
            at = lt + 1;
            continue;
        };
        out.push_str(&html[kept..from]);
        (kept, at) = (to, to);
    }
    if kept == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[kept..]);
    Cow::Owned(out)
}

/// Whether a start tag of this name begins here.
fn opens(rest: &str, name: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes.get(1..=name.len()).is_some_and(|b| b.eq_ignore_ascii_case(name.as_bytes()))
        && bytes.get(name.len() + 1).is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))
}

/// Where a start tag ends: past the first `>` that stands in no quotes.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (i, b) in rest.bytes().enumerate() {
        match (quote, b) {
            (None, b'>') => return Some(i + 1),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(q), b) if q == b => quote = None,
            _ => {}
        }
    }
    None
}

/// Where the end tag of this name begins.
fn closing(contents: &str, name: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = contents[at..].find("</").map(|i| at + i) {
        let word = contents.as_bytes().get(found + 2..found + 2 + name.len());
        if word.is_some_and(|w| w.eq_ignore_ascii_case(name.as_bytes())) {
            return Some(found);
        }
        at = found + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_programs;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(without_programs(html), expected);
    }

    #[test]
    fn programs_styles_drawings_and_comments_go() {
        check("a<script>if (a<b) '</div>'</script>b", "a<script></script>b");
        check("a<STYLE media='>'>p{}</STYLE >b", "a<STYLE media='>'></STYLE >b");
        check("<svg viewBox='0'><path d=1></svg>x", "<svg viewBox='0'></svg>x");
        check("a<!-- <script> -->b", "ab");
        check("no programs < here", "no programs < here");
    }

    #[test]
    fn linked_data_stays() {
        let data = "<script type=\"application/ld+json\">{\"a\":\"<!-- x -->\"}</script>";
        check(data, data);
    }

    #[test]
    fn what_never_ends_goes_to_the_end() {
        check("a<script>b", "a<script>");
        check("a<!-- b", "a");
        check("a<script b", "a<script b");
    }

    #[test]
    fn other_elements_that_begin_alike_stay() {
        check("<styled>x</styled><scripts>y", "<styled>x</styled><scripts>y");
    }
}
