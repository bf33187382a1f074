//! Programs, styles, drawings and comments, taken out before parsing.
//!
//! They are two thirds of a news page's bytes, and the tree never keeps what is in them. Scripts that hold
//! linked data stay.

use super::scan::scan;
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
            let tag = scan(rest, usize::MAX);
            if !tag.ended {
                break;
            }
            let contents = lt + tag.length;
            // HTML heeds a tag that closes itself in foreign contents only.
            if tag.closes_itself && *name == "svg" {
                at = contents;
                continue;
            }
            let end = closing(&html[contents..], name).map_or(html.len(), |i| contents + i);
            let data = rest[..tag.length].to_ascii_lowercase().contains("ld+json");
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
    fn a_drawing_that_closes_itself_holds_nothing() {
        for closed in ["<svg/>", "<SVG viewBox='0 0 1 1'/>", "<svg class=a />", "<svg class='>'/>", "<svg hidden/>"] {
            check(&format!("a{closed}b<p>c"), &format!("a{closed}b<p>c"));
            check(&format!("a{closed}b<svg><path/></svg>c"), &format!("a{closed}b<svg></svg>c"));
        }
        // These slashes close nothing: two belong to a value, one stands before a space.
        check("a<svg class=a/>b</svg>c", "a<svg class=a/></svg>c");
        check("a<svg class=/>b</svg>c", "a<svg class=/></svg>c");
        check("a<svg / >b</svg>c", "a<svg / ></svg>c");
    }

    #[test]
    fn programs_and_styles_do_not_close_themselves() {
        check("a<script src='x'/>b</script>c", "a<script src='x'/></script>c");
        check("a<style/>b</style>c", "a<style/></style>c");
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
