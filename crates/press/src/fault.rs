//! What a publisher can do wrong.

use serde::{Deserialize, Serialize};

/// A fault. Those of feeds show in the feed, those of pages in every article's page while the feed is well.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The feed's address answers with a web page.
    FeedIsHtml,
    /// The feed has no bytes.
    FeedEmpty,
    /// The feed ends in the middle of an entry.
    FeedCutOff,
    /// The feed is 50 MB long.
    FeedHuge,
    /// The feed says UTF-8 and is ISO 8859-1.
    FeedWrongCharset,
    /// The feed answers 500.
    FeedServerError,
    /// The feed answers 410 Gone.
    FeedGone,
    /// The feed's connection is taken and never answered.
    FeedTarpit,
    /// The feed redirects to itself by way of another address.
    FeedRedirectLoop,
    /// A page whose body never ends.
    PageEndless,
    /// A page that comes a byte a second.
    PageDrip,
    /// Pages' connections are taken and never answered.
    PageTarpit,
    /// Pages redirect to themselves by way of another address.
    PageRedirectLoop,
    /// Pages redirect to an address inside a network: the cloud's metadata service.
    PageRedirectInward,
    /// Pages whose canonical link names another publisher's article.
    PageFalseCanonical,
    /// Pages answer 500.
    PageServerError,
    /// Each page's first answer is 429 with `Retry-After: 1`, its second the page.
    PageRateLimited,
    /// Pages without an article: a player, a gallery, a consent wall.
    PageNotArticle,
    /// Pages whose text was decoded wrongly once and encoded again.
    PageMojibake,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 19] = [
        Fault::FeedIsHtml,
        Fault::FeedEmpty,
        Fault::FeedCutOff,
        Fault::FeedHuge,
        Fault::FeedWrongCharset,
        Fault::FeedServerError,
        Fault::FeedGone,
        Fault::FeedTarpit,
        Fault::FeedRedirectLoop,
        Fault::PageEndless,
        Fault::PageDrip,
        Fault::PageTarpit,
        Fault::PageRedirectLoop,
        Fault::PageRedirectInward,
        Fault::PageFalseCanonical,
        Fault::PageServerError,
        Fault::PageRateLimited,
        Fault::PageNotArticle,
        Fault::PageMojibake,
    ];

    /// As in settings and host names: `page-endless`.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::FeedIsHtml => "feed-is-html",
            Fault::FeedEmpty => "feed-empty",
            Fault::FeedCutOff => "feed-cut-off",
            Fault::FeedHuge => "feed-huge",
            Fault::FeedWrongCharset => "feed-wrong-charset",
            Fault::FeedServerError => "feed-server-error",
            Fault::FeedGone => "feed-gone",
            Fault::FeedTarpit => "feed-tarpit",
            Fault::FeedRedirectLoop => "feed-redirect-loop",
            Fault::PageEndless => "page-endless",
            Fault::PageDrip => "page-drip",
            Fault::PageTarpit => "page-tarpit",
            Fault::PageRedirectLoop => "page-redirect-loop",
            Fault::PageRedirectInward => "page-redirect-inward",
            Fault::PageFalseCanonical => "page-false-canonical",
            Fault::PageServerError => "page-server-error",
            Fault::PageRateLimited => "page-rate-limited",
            Fault::PageNotArticle => "page-not-article",
            Fault::PageMojibake => "page-mojibake",
        }
    }

    /// Whether the fault is in the feed, so that its articles are never heard of.
    pub fn is_of_feed(self) -> bool {
        self.as_str().starts_with("feed-")
    }

    /// Whether a fetcher that does everything right still gets the publisher's articles.
    pub fn spares_articles(self) -> bool {
        matches!(self, Fault::FeedWrongCharset | Fault::PageFalseCanonical | Fault::PageRateLimited)
    }
}
