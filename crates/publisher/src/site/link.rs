//! Addresses from outside, fit to be an `href` or a `src`.

use std::fmt;
use url::Url;

/// An absolute http or https address. Nothing else from outside becomes a link or a picture, so that a
/// hostile feed can't put `javascript:` or `data:` behind a headline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Link(Url);

impl Link {
    /// Reads an address; `None` if it is no web address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Url::parse(text.trim()).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host()).map(Self)
    }

    /// Its host, for readers.
    pub(crate) fn host(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A picture that stays with its owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Picture {
    pub(crate) src: Link,
    pub(crate) caption: Option<String>,
    /// Width and height in pixels, where both are known and sane: they keep the page from jumping.
    pub(crate) size: Option<(u32, u32)>,
}

impl Picture {
    pub(crate) fn new(image: &article::Image) -> Option<Self> {
        let size = image.width.zip(image.height).filter(|(w, h)| (16..20_000).contains(w) && (16..20_000).contains(h));
        Some(Self { src: Link::parse(&image.url)?, caption: said(image.caption.as_deref()), size })
    }

    pub(crate) fn in_text(url: &str, caption: Option<&str>) -> Option<Self> {
        Some(Self { src: Link::parse(url)?, caption: said(caption), size: None })
    }
}

fn said(caption: Option<&str>) -> Option<String> {
    caption.map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned)
}

/// The site's own path with `segment` at its end, escaped by RFC 3986 (unreserved characters stay).
pub(crate) fn path(prefix: &str, segment: &str) -> String {
    let mut out = String::from(prefix);
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
