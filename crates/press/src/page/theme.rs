//! Class names: every house has its own.

use crate::publisher::Publisher;

/// What a class marks.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Header,
    Cookies,
    Share,
    Related,
    MostRead,
    Newsletter,
    Advertisement,
    Disclaimer,
    Comments,
    Footer,
    Standfirst,
    Byline,
    Text,
}

/// The names in use, a row for each part.
const NAMES: [[&str; 6]; 13] = [
    ["site-header", "masthead", "c-header", "topbar", "hd", "page__head"],
    ["cookie-notice", "cc-banner", "consent-layer", "c-gdpr", "privacy-hint", "cmp"],
    ["share-buttons", "social", "c-sharebar", "tools", "shr", "article__share"],
    ["related-articles", "more-on-topic", "c-teaser-list", "box linked", "rel", "article__related"],
    ["most-read", "popular", "c-toplist", "ranking", "mr", "aside__top"],
    ["newsletter-signup", "nl-box", "c-subscribe", "mail-teaser", "nl", "article__newsletter"],
    ["ad ad-slot", "advert", "c-promo", "banner-300", "anz", "page__ad"],
    ["disclaimer", "legal-note", "c-note", "small-print", "dsc", "article__legal"],
    ["comments", "discussion", "c-forum", "reader-opinions", "cmt", "article__comments"],
    ["site-footer", "colophon", "c-footer", "bottom", "ft", "page__foot"],
    ["standfirst", "lede", "c-intro", "teaser-text", "sub", "article__summary"],
    ["byline", "author-line", "c-author", "written-by", "by", "article__author"],
    ["article-text", "entry-content", "c-body", "story", "txt", "article__body"],
];

/// A publisher's class name for a part.
pub(crate) fn class(publisher: &Publisher, part: Part) -> &'static str {
    let names = &NAMES[part as usize];
    names[publisher.theme % names.len()]
}
