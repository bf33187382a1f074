//! What is asked for.

use bytes::Bytes;
use url::Url;

/// For what a request is: decides what is accepted, and labels its metrics.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// RSS, Atom, JSON Feed, a sitemap.
    Feed,
    /// An article's page.
    Page,
    /// robots.txt. A file longer than the limit is cut, not refused (RFC 9309, section 2.5).
    Robots,
    /// A lead image.
    Image,
    /// A file under `/.well-known/`.
    WellKnown,
    /// Something of ours posted outward: a webhook, a hub's ping or subscription.
    Notice,
}

impl Kind {
    /// For labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Feed => "feed",
            Kind::Page => "page",
            Kind::Robots => "robots",
            Kind::Image => "image",
            Kind::WellKnown => "well_known",
            Kind::Notice => "notice",
        }
    }

    pub(crate) fn accept(self) -> &'static str {
        match self {
            Kind::Feed => {
                "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, \
                 text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
            }
            Kind::Page => "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5",
            Kind::Robots => "text/plain, */*;q=0.5",
            Kind::Image => "image/*, */*;q=0.1",
            Kind::WellKnown => "application/json, */*;q=0.5",
            Kind::Notice => "*/*",
        }
    }
}

/// A GET.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    /// Address. Credentials in it are not sent.
    pub url: Url,
    /// For what.
    pub kind: Kind,
    /// `If-None-Match`: the ETag as it came.
    pub etag: Option<String>,
    /// `If-Modified-Since`: the Last-Modified as it came.
    pub last_modified: Option<String>,
    /// Bytes of the body in place of the settings' limits, on the wire and decompressed.
    pub max_body: Option<usize>,
}

impl Request {
    /// An unconditional request within the settings' limits.
    pub fn new(url: Url, kind: Kind) -> Self {
        Self { url, kind, etag: None, last_modified: None, max_body: None }
    }

    /// Answered with 304 if nothing changed since these (RFC 9110, section 13).
    pub fn if_changed(mut self, etag: Option<String>, last_modified: Option<String>) -> Self {
        self.etag = etag;
        self.last_modified = last_modified;
        self
    }
}

/// A POST. Redirects are not followed: whoever is posted to is named by the operator or verified.
#[derive(Clone, PartialEq, Debug)]
pub struct Post {
    /// Address. Credentials in it are not sent.
    pub url: Url,
    /// Of the body.
    pub content_type: String,
    /// More header fields: signature, topic.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Bytes,
}
