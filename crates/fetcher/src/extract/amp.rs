//! Is this page an AMP copy (`<html amp>`, `<html ⚡>`), and of which page?

use super::{MAX_DEPTH, MAX_NODES, PageBytes, charset, dom, facts::Facts, fields::identity};
use article::CanonicalUrl;

/// Bytes in which the `html` element begins, behind comments and a prolog.
const BEGINNING: usize = 4_096;

/// The page on the same site that an AMP page calls canonical; none of a page that is no AMP page, or its own
/// canonical.
pub fn original_of_amp(page: &PageBytes<'_>) -> Option<CanonicalUrl> {
    // Every page is asked: most are answered by their first bytes.
    if !is_amp(&String::from_utf8_lossy(&page.bytes[..page.bytes.len().min(BEGINNING)])) {
        return None;
    }
    let address = CanonicalUrl::parse(page.url).ok()?;
    let decoded = charset::decode(page.bytes, page.content_type, None);
    let dom = dom::parse(&decoded.text, dom::Limits { nodes: MAX_NODES, depth: MAX_DEPTH });
    let original = identity::identify(&Facts::gather(&dom), &address, &mut Vec::new()).url;
    (original != address).then_some(original)
}

/// Whether the `html` element says so.
fn is_amp(beginning: &str) -> bool {
    let lower = beginning.to_ascii_lowercase();
    let Some((_, after)) = lower.split_once("<html") else { return false };
    let tag = after.split('>').next().unwrap_or_default();
    let names = tag.split_ascii_whitespace().map(|word| word.split('=').next().unwrap_or_default());
    names.into_iter().any(|name| matches!(name, "amp" | "⚡" | "⚡\u{fe0f}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: Option<&str>) {
        let page = PageBytes {
            bytes: html.as_bytes(),
            url: "https://aurora.example/amp/bridge",
            content_type: Some("text/html; charset=utf-8"),
            headers: &[],
            received_at: None,
        };
        assert_eq!(original_of_amp(&page).as_ref().map(CanonicalUrl::as_str), expected, "{html}");
    }

    #[test]
    fn an_amp_page_names_its_original() {
        let there = Some("https://aurora.example/bridge");
        for html in
            ["<html amp>", "<!doctype html>\n<HTML lang=en AMP>", "<html ⚡>", "<html ⚡️ lang=en>", "<html amp=\"\">"]
        {
            check(&format!("{html}<head><link rel=canonical href=/bridge></head>"), there);
        }
    }

    #[test]
    fn others_have_none() {
        check("<html lang=en><link rel=canonical href=/bridge>", None);
        check("<html class='amp'><link rel=canonical href=/bridge>", None);
        check("<html data-amp><link rel=canonical href=/bridge>", None);
        check("<html amp><link rel=canonical href=/amp/bridge>", None);
        check("<html amp><link rel=canonical href=https://victim.example/story>", None);
        check("<html amp><p>no link", None);
        check("", None);
    }
}
