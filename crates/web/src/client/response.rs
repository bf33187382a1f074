//! What came.

use article::Timestamp;
use bytes::Bytes;
use std::time::Duration;
use url::Url;

/// Header fields in the order they came, names in lower case.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first field of this name (in lower case).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All fields of this name (in lower case).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// All fields, as captures keep them.
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

impl From<Vec<(String, String)>> for Headers {
    /// Names are put in lower case.
    fn from(mut pairs: Vec<(String, String)>) -> Self {
        for (name, _) in &mut pairs {
            name.make_ascii_lowercase();
        }
        Self(pairs)
    }
}

impl From<&reqwest::header::HeaderMap> for Headers {
    fn from(map: &reqwest::header::HeaderMap) -> Self {
        let text = |value: &reqwest::header::HeaderValue| match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.to_owned(),
            // Field values were ISO 8859-1 once (RFC 9110, section 5.5), and some still are.
            Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
        };
        Self(map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
    }
}

/// A response, whatever its status.
#[derive(Clone, PartialEq, Debug)]
pub struct Response {
    /// Address after redirects, without credentials and fragment.
    pub url: Url,
    /// The redirects on the way: status, and the address it was answered at.
    pub redirects: Vec<(u16, Url)>,
    /// Where the address asked for has moved for good: the end of the unbroken run of 301 and 308 it began
    /// with. A temporary redirect in between ends the run: what follows may be different tomorrow.
    pub permanent_url: Option<Url>,
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// Body, decompressed, within the limit.
    pub body: Bytes,
    /// Whether the body was longer than the limit and only its beginning is here; only for robots.txt and
    /// answers to posts.
    pub truncated: bool,
    /// When its head came: the `observed_at` of what it says.
    pub received_at: Timestamp,
    /// 304: what the validators named is still true.
    pub not_modified: bool,
}

impl Response {
    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// When it asks to be asked again (`Retry-After`, RFC 9110, section 10.2.3), if this is a 429 or 503 (or a
    /// redirect, the third place where the field means something) and the field can be read. In the past or
    /// absurdly far is for the caller to bound; [`crate::Politeness::slow_down`] does.
    pub fn retry_after(&self) -> Option<Timestamp> {
        if !matches!(self.status, 429 | 503 | 300..=399) {
            return None;
        }
        retry_after(self.headers.get("retry-after")?, self.received_at)
    }
}

/// Reads a `Retry-After`: seconds from `now`, or one of the three HTTP date formats.
pub fn retry_after(field: &str, now: Timestamp) -> Option<Timestamp> {
    let field = field.trim();
    if let Ok(seconds) = field.parse::<u32>() {
        return Some(now.plus(Duration::from_secs(u64::from(seconds))));
    }
    // Some servers send fractions; nothing else of a number's look is a date.
    if let Ok(seconds) = field.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok().map(|after| now.plus(after));
    }
    httpdate::parse_http_date(field).ok().map(Timestamp::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse_rfc3339("2026-11-24T09:00:00Z").unwrap();
        let at = |text: &str| Some(Timestamp::parse_rfc3339(text).unwrap());
        assert_eq!(retry_after("120", now), at("2026-11-24T09:02:00Z"));
        assert_eq!(
            retry_after(" 1.5 ", now).map(Timestamp::millis),
            at("2026-11-24T09:00:01Z").map(|t| t.millis() + 500)
        );
        for date in ["Tue, 24 Nov 2026 09:30:00 GMT", "Tuesday, 24-Nov-26 09:30:00 GMT", "Tue Nov 24 09:30:00 2026"] {
            assert_eq!(retry_after(date, now), at("2026-11-24T09:30:00Z"), "{date}");
        }
        for junk in ["", "soon", "-5", "NaN", "inf", "1e300", "24 Nov"] {
            assert_eq!(retry_after(junk, now), None, "{junk}");
        }
    }

    #[test]
    fn only_a_response_that_can_mean_it_slows_down() {
        let mut response = Response {
            url: Url::parse("https://example.org/").unwrap(),
            redirects: vec![],
            permanent_url: None,
            status: 200,
            headers: vec![("Retry-After".to_owned(), "5".to_owned())].into(),
            body: Bytes::new(),
            truncated: false,
            received_at: Timestamp(0),
            not_modified: false,
        };
        assert_eq!(response.retry_after(), None);
        response.status = 503;
        assert_eq!(response.retry_after(), Some(Timestamp(5_000)));
    }
}
