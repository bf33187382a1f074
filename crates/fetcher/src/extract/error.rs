//! Why a response is not an article.

/// What stands in an article's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherPage {
    /// A video without a text of its own.
    Video,
    /// Pictures without a text of their own.
    Gallery,
    /// Sound without a text of its own.
    Audio,
    /// A live blog's or ticker's frame, its entries loaded by a program.
    LiveBlog,
    /// A list of articles: a section's or the site's front.
    Front,
    /// A search or tag page.
    Search,
    /// Too little text for an article, and nothing that says why.
    Thin,
}

/// Why nothing was extracted. Each case is somebody's decision further up: drop, wait, or look at it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExtractError {
    /// The response is not HTML.
    #[error("not HTML but {0}")]
    NotHtml(String),
    /// The text decodes badly, whatever was declared.
    #[error("the text decodes badly: {bad} of {chars} characters are wrong")]
    Charset {
        /// Replacement characters or mojibake.
        bad: usize,
        /// All characters.
        chars: usize,
    },
    /// A consent page or cookie wall stands in front of it.
    #[error("a consent page stands in front of it: {0}")]
    Consent(String),
    /// A challenge or bot wall was served in its place.
    #[error("a bot wall was served in its place: {0}")]
    Blocked(String),
    /// The page is something else than an article.
    #[error("the page is no article ({kind:?}): {why}")]
    NoArticle {
        /// What it is.
        kind: OtherPage,
        /// What showed it.
        why: String,
    },
    /// The page has no headline, and neither has its entry.
    #[error("no headline on the page and none in the feed")]
    NoTitle,
    /// The address of the page can't name an article.
    #[error(transparent)]
    Address(#[from] article::UrlError),
}
