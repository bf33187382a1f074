//! Addresses that name an article.

use serde::{Deserialize, Serialize};
use std::fmt;
use url::{Host, Url};

/// An address that can't name an article.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not parse.
    #[error("“{text}” is not an address: {why}")]
    Invalid {
        /// As given.
        text: String,
        /// The parser's word.
        why: String,
    },
    /// Neither http nor https.
    #[error("“{text}” is not a web address: only http and https are read")]
    Scheme {
        /// As given.
        text: String,
    },
    /// Longer than [`CanonicalUrl::MAX_LEN`].
    #[error("an address of {len} bytes is longer than {max} bytes", max = CanonicalUrl::MAX_LEN)]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// The one form of an article's address, after RFC 3986 section 6 (scheme and host in lower case, default
/// port, dot segments and needless escapes gone) and the web's habits: no fragment, no tracking or session
/// parameters, parameters in a fixed order, no `www.`-less guessing. Canonicalising twice changes nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CanonicalUrl(String);

/// Parameters that say how a reader came, not what is read.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "s_cid",
    "vero_conv",
    "vero_id",
    "wickedid",
    "wt_mc",
    "wt_zmc",
    "xtor",
    "ncid",
    "cmpid",
    "cmp",
    "spm",
    "scid",
    "sref",
    "_openstat",
    "ocid",
    "ito",
    "ftag",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "smid",
    "smtyp",
    "at_medium",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "at_custom3",
    "at_custom4",
    "mbid",
    "cid_source",
    "trk",
    "trkcampaign",
    "feature_source",
    "phpsessid",
    "jsessionid",
    "sessionid",
    "aspsessionid",
    "sid",
    "__twitter_impression",
    "amp_js_v",
    "amp_gsa",
    "usqp",
    "outputtype",
    "ns_mchannel",
    "ns_source",
    "ns_campaign",
    "ns_linkname",
    "ns_fee",
    "fromrss",
    "rssfeed",
    "partner_source",
];

/// Beginnings of such parameters.
const TRACKING_PREFIXES: &[&str] =
    &["utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "at_recipient", "mc_", "stm_", "ref_src", "ref_url"];

impl CanonicalUrl {
    /// Longest address kept, in bytes: beyond it databases' indexes and logs suffer, and no newspaper goes there.
    pub const MAX_LEN: usize = 2_048;

    /// Reads and canonicalises an absolute http or https address.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let trimmed = text.trim();
        let url = Url::parse(trimmed).map_err(|e| UrlError::Invalid { text: shorten(trimmed), why: e.to_string() })?;
        Self::from_url(url)
    }

    /// Canonicalises a parsed address.
    pub fn from_url(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme { text: shorten(url.as_str()) });
        }
        url.set_fragment(None);
        // Both only fail for addresses without a host, which http and https always have.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if let Some(host) = url.host_str().filter(|h| h.ends_with('.')).map(|h| h.trim_end_matches('.').to_owned()) {
            let _ = url.set_host(Some(&host));
        }
        let path = normalise_path(url.path());
        if path != url.path() {
            url.set_path(&path);
        }
        let query = url.query().and_then(canonical_query);
        url.set_query(query.as_deref());
        let text = String::from(url);
        if text.len() > Self::MAX_LEN {
            return Err(UrlError::TooLong { len: text.len() });
        }
        Ok(Self(text))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a parsed address.
    pub fn url(&self) -> Option<Url> {
        Url::parse(&self.0).ok()
    }

    /// Its host, in lower case; IPv6 addresses in brackets.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, r)| r);
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        match authority.rfind(':') {
            Some(colon) if !authority.ends_with(']') => &authority[..colon],
            _ => authority,
        }
    }

    /// Its path, from the first slash to the query.
    pub fn path(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, r)| r);
        let path = rest.find('/').map_or("/", |i| &rest[i..]);
        path.split('?').next().unwrap_or("/")
    }

    /// Its registrable domain by the Public Suffix List; see [`registrable_domain`].
    pub fn domain(&self) -> &str {
        registrable_domain(self.host())
    }

    /// Whether `other` is on the same registrable domain: only then may one page name the other as its canonical.
    pub fn same_site(&self, other: &CanonicalUrl) -> bool {
        self.domain() == other.domain()
    }
}

/// The registrable domain of a host by the Public Suffix List (`www.bbc.co.uk` gives `bbc.co.uk`); the host
/// itself where there is none (IP addresses, `localhost`, a public suffix).
pub fn registrable_domain(host: &str) -> &str {
    if host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

fn normalise_path(path: &str) -> String {
    let mut out = normalise_escapes(path);
    // A session id in the path (`;jsessionid=…`) names a visitor, not a page.
    if let Some(at) = out.to_ascii_lowercase().find(";jsessionid=") {
        out.truncate(at);
    }
    while out.contains("//") {
        out = out.replace("//", "/");
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

/// RFC 3986 section 6.2.2: escapes in upper case, unreserved characters not escaped.
fn normalise_escapes(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let start = text.len() - rest.len() + at;
        let hex = |i: usize| bytes.get(start + i).and_then(|b| char::from(*b).to_digit(16));
        match (hex(1), hex(2)) {
            (Some(hi), Some(lo)) => {
                let byte = u8::try_from(hi * 16 + lo).unwrap_or(b'%');
                let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
                // With a `%` that begins no escape a digit would make one: `%%30a` is not `%0a`.
                if unreserved && !(byte.is_ascii_hexdigit() && ends_in_half_an_escape(&out)) {
                    out.push(char::from(byte));
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
                rest = &rest[at + 3..];
            }
            _ => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn ends_in_half_an_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [.., b'%'] | [.., b'%', _])
}

fn canonical_query(query: &str) -> Option<String> {
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|p| !p.is_empty())
        .filter(|p| !is_tracking(p.split('=').next().unwrap_or_default()))
        .map(normalise_escapes)
        .collect();
    pairs.sort();
    pairs.dedup();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

fn is_tracking(name: &str) -> bool {
    let name = normalise_escapes(name).to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|p| name.starts_with(p))
}

fn shorten(text: &str) -> String {
    let cut: String = text.chars().take(200).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

impl TryFrom<String> for CanonicalUrl {
    type Error = UrlError;
    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<CanonicalUrl> for String {
    fn from(url: CanonicalUrl) -> String {
        url.0
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Used by rooms that must tell an IP literal from a name before any resolver is asked.
impl CanonicalUrl {
    /// Whether the host is an IP address written out.
    pub fn is_ip_literal(&self) -> bool {
        self.url().is_some_and(|u| matches!(u.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(CanonicalUrl::parse(input).map(String::from), Ok(expected.to_owned()), "{input}");
    }

    #[test]
    fn one_address_has_one_form() {
        check("HTTP://Example.ORG:80/a/../b?utm_source=x&b=2&a=1#top", "http://example.org/b?a=1&b=2");
        check("https://user:secret@example.org/", "https://example.org/");
        check("https://example.org/%7ejoe/%e4%bd%a0?q=%2f", "https://example.org/~joe/%E4%BD%A0?q=%2F");
        check("https://example.org/%%30a/%a%30", "https://example.org/%%30a/%a%30");
        check("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC");
        check("https://example.org./x;jsessionid=1A2B", "https://example.org/x");
        check("https://example.org//a///b?", "https://example.org/a/b");
        check("http://example.org:8080/a?fbclid=1", "http://example.org:8080/a");
    }

    #[test]
    fn what_is_no_web_address_says_so() {
        assert!(matches!(CanonicalUrl::parse("mailto:a@example.org"), Err(UrlError::Scheme { .. })));
        assert!(matches!(CanonicalUrl::parse("not an address"), Err(UrlError::Invalid { .. })));
        let long = format!("https://example.org/{}", "a".repeat(3000));
        assert!(matches!(CanonicalUrl::parse(&long), Err(UrlError::TooLong { .. })));
    }

    #[test]
    fn parts() {
        let url = CanonicalUrl::parse("https://news.bbc.co.uk:8443/a/b?c=d").unwrap();
        assert_eq!((url.host(), url.path(), url.domain()), ("news.bbc.co.uk", "/a/b", "bbc.co.uk"));
        let ip = CanonicalUrl::parse("http://[::1]:80/x").unwrap();
        assert_eq!((ip.host(), ip.domain(), ip.is_ip_literal()), ("[::1]", "[::1]", true));
        assert_eq!(registrable_domain("aurora-times.localhost"), "aurora-times.localhost");
    }

    proptest! {
        #[test]
        fn canonicalising_twice_changes_nothing(
            path in "[a-zA-Z0-9/%.;~ü_=-]{0,40}",
            query in "[a-zA-Z0-9=&%+;_-]{0,40}",
            port in proptest::option::of(1u16..),
        ) {
            let port = port.map(|p| format!(":{p}")).unwrap_or_default();
            if let Ok(once) = CanonicalUrl::parse(&format!("http://Example.org{port}/{path}?{query}#f")) {
                let twice = CanonicalUrl::parse(once.as_str());
                prop_assert_eq!(Ok(once), twice);
            }
        }
    }
}
