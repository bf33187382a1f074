//! Where each field is looked for, first to last.

use serde::Serialize;

/// A field of an article.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Headline.
    Title,
    /// Standfirst.
    Subtitle,
    /// Who wrote it.
    Authors,
    /// When it was published.
    Published,
    /// When it was changed.
    Modified,
    /// Its language.
    Language,
    /// Its section.
    Section,
    /// Its keywords.
    Keywords,
    /// Its lead picture.
    Image,
    /// Its canonical address.
    Url,
    /// Its publisher's name.
    SiteName,
    /// Its text.
    Text,
}

/// Where a value came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// JSON-LD: the page's article as schema.org describes it.
    JsonLd,
    /// Open Graph and its `article:` namespace.
    OpenGraph,
    /// Twitter cards.
    Twitter,
    /// Microdata (`itemprop`).
    Microdata,
    /// Other `<meta>` tags, Dublin Core and the like among them.
    Meta,
    /// `<link>` elements and links with a `rel`.
    Link,
    /// `<title>`.
    TitleTag,
    /// What a reader sees: headings, bylines, times.
    Page,
    /// The address itself.
    Address,
    /// The HTTP response's headers.
    Header,
    /// What the feed said of the entry.
    Entry,
    /// Recognised from the text.
    Detection,
}

/// The table. The first origin that has a usable value gives it.
pub const ORDER: &[(Field, &[Origin])] = &[
    // Open Graph is what publishers check when their links are shared; JSON-LD's headline is often cut or keyed
    // for search; the first heading is the headline, but for pages that give it to their own name.
    (
        Field::Title,
        &[
            Origin::Page,
            Origin::JsonLd,
            Origin::OpenGraph,
            Origin::Twitter,
            Origin::Microdata,
            Origin::Meta,
            Origin::TitleTag,
            Origin::Entry,
        ],
    ),
    (Field::Subtitle, &[Origin::Page, Origin::JsonLd]),
    // Structured data names people without “By” and roles.
    (
        Field::Authors,
        &[
            Origin::JsonLd,
            Origin::Meta,
            Origin::OpenGraph,
            Origin::Microdata,
            Origin::Link,
            Origin::Page,
            Origin::Entry,
        ],
    ),
    (
        Field::Published,
        &[
            Origin::JsonLd,
            Origin::OpenGraph,
            Origin::Microdata,
            Origin::Meta,
            Origin::Page,
            Origin::Address,
            Origin::Entry,
        ],
    ),
    (Field::Modified, &[Origin::JsonLd, Origin::OpenGraph, Origin::Microdata, Origin::Meta]),
    (
        Field::Language,
        &[
            Origin::Page,
            Origin::JsonLd,
            Origin::OpenGraph,
            Origin::Meta,
            Origin::Header,
            Origin::Entry,
            Origin::Detection,
        ],
    ),
    // The address is the site's own order; labels follow in the order of how general they are.
    (
        Field::Section,
        &[
            Origin::Address,
            Origin::JsonLd,
            Origin::Microdata,
            Origin::OpenGraph,
            Origin::Meta,
            Origin::Entry,
            Origin::Page,
        ],
    ),
    (Field::Keywords, &[Origin::JsonLd, Origin::Meta, Origin::OpenGraph, Origin::Entry]),
    (Field::Image, &[Origin::OpenGraph, Origin::JsonLd, Origin::Twitter, Origin::Page]),
    (Field::Url, &[Origin::Link, Origin::OpenGraph, Origin::Address]),
    (Field::SiteName, &[Origin::OpenGraph, Origin::JsonLd, Origin::Meta, Origin::Entry]),
];

/// The origins of a field, in order.
pub(crate) fn order(field: Field) -> &'static [Origin] {
    ORDER.iter().find(|(f, _)| *f == field).map_or(&[], |(_, origins)| origins)
}

/// Why a field has its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Because {
    /// Which field.
    pub field: Field,
    /// Where its value came from.
    pub origin: Origin,
    /// More exactly: the tag, property or rule.
    pub detail: String,
}

/// The first usable value of a field by the table.
pub(crate) fn first<T>(
    field: Field,
    because: &mut Vec<Because>,
    mut look: impl FnMut(Origin) -> Option<(T, String)>,
) -> Option<T> {
    order(field).iter().find_map(|origin| {
        let (value, detail) = look(*origin)?;
        because.push(Because { field, origin: *origin, detail });
        Some(value)
    })
}
