//! How an element's own markup speaks of what is in it: class names and ids, read word by word against closed lists of
//! the words that the web's templates use. No list names a site.

use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::words::class_words;

/// Words from which a name is a slug.
const SLUG_WORDS: usize = 5;

/// How an element's own markup speaks of what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Voice {
    /// Nothing either way.
    Silent,
    /// Not the article.
    Clutter,
    /// Somebody else's text, which may be longer than the article: comments.
    Others,
    /// Not running text if it is short: bylines, dates, credits, labels.
    Furniture,
    /// The article's text.
    Content,
}

/// How far names are believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// Elements, roles, classes and ids.
    Names,
    /// Elements and roles only: for pages whose names would leave nothing.
    Elements,
}

/// What an element's own markup says.
pub(super) fn voice(dom: &Dom, id: NodeId, trust: Trust) -> Voice {
    match dom.tag(id) {
        Tag::Html | Tag::Body | Tag::Main | Tag::Article => return Voice::Silent,
        Tag::Nav
        | Tag::Footer
        | Tag::Aside
        | Tag::Button
        | Tag::Dialog
        | Tag::Menu
        | Tag::Label
        | Tag::Option
        | Tag::Noscript => {
            return Voice::Clutter;
        }
        _ => {}
    }
    let mut found = if matches!(dom.tag(id), Tag::Time | Tag::Address) { Voice::Furniture } else { Voice::Silent };
    for (name, value) in dom.attrs(id) {
        let said = match name {
            "itemprop" if value.split_ascii_whitespace().any(|p| p.eq_ignore_ascii_case("articleBody")) => {
                return Voice::Content;
            }
            "role" if OTHER_ROLES.contains(&value) => return Voice::Clutter,
            "hidden" => Voice::Clutter,
            "aria-hidden" if value == "true" => Voice::Clutter,
            "style" if hides(value) => Voice::Clutter,
            "class" | "id" => match (names_voice(value), trust) {
                (Voice::Others, _) => Voice::Others,
                (voice, Trust::Names) => voice,
                (_, Trust::Elements) => Voice::Silent,
            },
            _ => Voice::Silent,
        };
        match said {
            Voice::Content => return Voice::Content,
            Voice::Others => found = Voice::Others,
            Voice::Clutter if found != Voice::Others => found = Voice::Clutter,
            Voice::Furniture if found == Voice::Silent => found = Voice::Furniture,
            Voice::Clutter | Voice::Furniture | Voice::Silent => {}
        }
    }
    found
}

/// ARIA roles of what is not the article.
const OTHER_ROLES: &[&str] = &[
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "search",
    "dialog",
    "alertdialog",
    "menu",
    "menubar",
    "toolbar",
    "tablist",
];

pub(super) fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// What the tokens of a class or id say together. One that names the article's text outweighs the rest:
/// templates add `share` or `widget` to it for their programs' sake.
fn names_voice(value: &str) -> Voice {
    let mut found = Voice::Silent;
    for token in value.split_ascii_whitespace() {
        match token_voice(token) {
            Voice::Content => return Voice::Content,
            Voice::Others => found = Voice::Others,
            Voice::Clutter if found != Voice::Others => found = Voice::Clutter,
            Voice::Furniture if found == Voice::Silent => found = Voice::Furniture,
            Voice::Clutter | Voice::Furniture | Voice::Silent => {}
        }
    }
    found
}

fn token_voice(token: &str) -> Voice {
    // A slug of a heading's words is an anchor, not a name.
    if class_words(token).nth(SLUG_WORDS - 1).is_some() && !token.contains("__") && !token.contains("--") {
        return Voice::Silent;
    }
    let lower = token.to_ascii_lowercase();
    if CONTENT_TOKENS.contains(&lower.as_str()) {
        return Voice::Content;
    }
    if lower == "by" {
        return Voice::Furniture;
    }
    if HIDDEN_TOKENS.contains(&lower.as_str()) || AUTHOR_BOX.iter().any(|w| lower.contains(w)) {
        return Voice::Clutter;
    }
    // What an article is filed under says nothing of the element: `tag-social-media`, `category-newsletter`.
    if ["tag-", "category-", "cat-", "topic-", "section-", "post_tag-"].iter().any(|p| lower.starts_with(p)) {
        return Voice::Silent;
    }
    let mut found = Voice::Silent;
    for (i, word) in class_words(token).enumerate() {
        // `has-comments`, `no-sidebar`: said of something that holds or lacks them.
        if i == 0 && matches!(word.as_str(), "has" | "no" | "with" | "without" | "not" | "non" | "hide" | "show") {
            return Voice::Silent;
        }
        match word_voice(&word) {
            Voice::Others => found = Voice::Others,
            Voice::Clutter if found != Voice::Others => found = Voice::Clutter,
            Voice::Furniture if found == Voice::Silent => found = Voice::Furniture,
            Voice::Clutter | Voice::Furniture | Voice::Content | Voice::Silent => {}
        }
    }
    found
}

/// Whole tokens that hide an element, or leave it to those who listen.
const HIDDEN_TOKENS: &[&str] = &[
    "is-hidden",
    "visually-hidden",
    "visuallyhidden",
    "u-hidden",
    "sr-only",
    "screen-reader-text",
    "screenreader",
    "d-none",
    "offscreen",
    "skip-link",
    "skiplink",
    "audible",
];

/// Parts of tokens that name a box about the author.
const AUTHOR_BOX: &[&str] = &[
    "author-box",
    "authorbox",
    "author-bio",
    "authorbio",
    "author-profile",
    "authorprofile",
    "author-card",
    "authorcard",
    "author-info",
    "authorinfo",
    "about-author",
    "aboutauthor",
    "about-the-author",
    "author_bio",
    "author_box",
    "post-author",
    "author-desc",
    "author__bio",
    "author-about",
    "autorenbox",
];

/// Whole tokens that templates give to the element with the article's text.
const CONTENT_TOKENS: &[&str] = &[
    "article-body",
    "articlebody",
    "article__body",
    "article-content",
    "articlecontent",
    "article__content",
    "article-text",
    "articletext",
    "article_body",
    "article_content",
    "articlebody-content",
    "entry",
    "entry-content",
    "entry-inner",
    "post-content",
    "post-body",
    "post-entry",
    "postcontent",
    "story-body",
    "story-content",
    "story__content",
    "storybody",
    "story-text",
    "td-post-content",
    "single-content",
    "main-content",
    "content-body",
    "body-content",
    "news-content",
    "news-body",
    "newsbody",
    "content-text",
    "text-content",
    "rich-text",
    "richtext",
    "e-content",
    "hentry",
    "post",
    "page-content",
    "the-content",
    "blog-content",
    "article-detail",
    "article-main",
    "wysiwyg",
];

fn word_voice(word: &str) -> Voice {
    match word {
        "comment" | "comments" | "commentlist" | "respond" | "replies" | "disqus" | "discussion" | "kommentare"
        | "comentarios" | "commentaires" => Voice::Others,
        "commentary" | "gallery" | "slideshow" | "carousel" | "kommentar" | "related" | "relatedarticles"
        | "relatedposts" | "relatedcontent" | "relacionadas" | "relacionados" | "recommended" | "recommendation"
        | "recommendations" | "recommend" | "recirc" | "recirculation" | "readmore" | "mostread" | "trending"
        | "popular" | "teaser" | "teasers" | "promo" | "promos" | "promotion" | "promoted" | "crosspromo" | "share"
        | "sharing" | "sharebar" | "sharebuttons" | "shares" | "sharedaddy" | "social" | "socials" | "sociallinks"
        | "socialmedia" | "addtoany" | "newsletter" | "newsletters" | "subscribe" | "subscription"
        | "subscriptions" | "signup" | "abo" | "optin" | "sidebar" | "footer" | "foot" | "nav" | "navi"
        | "navigation" | "navbar" | "menu" | "submenu" | "breadcrumb" | "breadcrumbs" | "crumbs" | "cookie"
        | "cookies" | "consent" | "gdpr" | "cmp" | "ad" | "ads" | "adv" | "advert" | "adverts" | "advertisement"
        | "advertising" | "advertorial" | "adslot" | "adbox" | "adunit" | "anzeige" | "werbung" | "publicidad"
        | "sponsor" | "sponsored" | "sponsors" | "outbrain" | "taboola" | "toolbar" | "tools" | "pagination"
        | "pager" | "paging" | "modal" | "popup" | "overlay" | "tooltip" | "login" | "registration" | "donate"
        | "donation" | "feedback" | "rating" | "ratings" | "vote" | "poll" | "quiz" | "tags" | "taglist" | "topics"
        | "hashtags" | "keywords" | "tweet" | "embed" | "embeds" | "embedded" | "instagram" | "tiktok" | "slider"
        | "player" | "jwplayer" | "videoplayer" | "podcast" | "noprint" | "printonly" | "copyright" | "disclaimer"
        | "legal" | "imprint" | "partner" | "partners" | "affiliate" | "bookmark" | "bookmarks" | "mehr"
        | "morearticles" | "furtherreading" | "ticker" => Voice::Clutter,
        "author" | "authors" | "byline" | "bio" | "date" | "dateline" | "datetime" | "timestamp" | "time"
        | "published" | "pubdate" | "updated" | "meta" | "metadata" | "caption" | "captions" | "credit" | "credits"
        | "kicker" | "eyebrow" | "overline" | "tag" | "category" | "categories" | "rubric" | "label" | "badge"
        | "autor" | "icon" | "button" | "btn" | "cta" | "banner" | "source" | "photo" | "image" | "legend"
        | "follow" | "print" | "info" | "toc" | "paywall" | "widget" | "widgets" => Voice::Furniture,
        _ => Voice::Silent,
    }
}
