//! A page into an article.
//!
//! Pure: bytes and what the feed said go in, an article or the reason why there is none comes out. Nothing
//! here knows a network, a clock, a store or a site by name: every rule holds for pages of its kind anywhere.

mod amp;
mod body;
mod charset;
mod dom;
mod error;
mod facts;
mod fields;
mod jsonld;
mod order;
mod page_kind;
mod parts;
mod report;
mod words;

#[cfg(test)]
mod tests;

pub use amp::original_of_amp;
pub use charset::{Charset, CharsetFrom};
pub use error::{ExtractError, OtherPage};
pub use fields::dates::Dated;
pub use fields::rights::{Signal, Signals};
pub use order::{Because, Field, ORDER, Origin};
pub use page_kind::bot_wall;
pub use parts::Continues;
pub(crate) use parts::{Joined, join, take_whole};
pub use report::report_line;

use article::{Block, CanonicalUrl, Image, PrimaryHints, Section, Timestamp};
use facts::Facts;
use fields::{authors, credits, dates, identity, image, rights, title, topic};

/// Nodes of a page that are read; what follows is left out. The largest news pages have a tenth of it.
const MAX_NODES: usize = 200_000;

/// Elements inside each other that are kept. Real pages stay below a hundred.
const MAX_DEPTH: u32 = 512;

/// A response's body and what the response said of it.
#[derive(Clone, Copy, Debug)]
pub struct PageBytes<'a> {
    /// The body, decompressed.
    pub bytes: &'a [u8],
    /// Its address after redirects.
    pub url: &'a str,
    /// `Content-Type`, as sent.
    pub content_type: Option<&'a str>,
    /// Headers, in order; names in any case.
    pub headers: &'a [(String, String)],
    /// When the response came: no article is younger.
    pub received_at: Option<Timestamp>,
}

impl PageBytes<'_> {
    /// The first header of this name.
    pub(crate) fn header<'s>(&'s self, name: &'s str) -> Option<&'s str> {
        self.headers_named(name).next()
    }

    /// All headers of this name.
    pub(crate) fn headers_named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> + 's {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// What the feed and the source say of the article. All may be empty: a page is read without them too.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The entry's title, plain text.
    pub title: Option<String>,
    /// The entry's summary, plain text.
    pub summary: Option<String>,
    /// The entry's authors.
    pub authors: Vec<String>,
    /// The entry's categories.
    pub categories: Vec<String>,
    /// The entry's date.
    pub published: Option<Timestamp>,
    /// The feed's, else the source's language.
    pub language: Option<String>,
    /// The feed's, else the source's section.
    pub section: Option<Section>,
    /// The source's name for readers.
    pub source_name: Option<String>,
}

/// An article as its page tells it.
#[derive(Clone, PartialEq, Debug)]
pub struct Extracted {
    /// Names the article: see [`article::Article::url`].
    pub url: CanonicalUrl,
    /// Other addresses of it on the same site.
    pub aliases: Vec<String>,
    /// Headline, without the site's name.
    pub title: String,
    /// Standfirst, where the page shows one; it is not among the blocks.
    pub subtitle: Option<String>,
    /// People.
    pub authors: Vec<String>,
    /// When it was published.
    pub published: Option<Dated>,
    /// When it was changed.
    pub modified: Option<Dated>,
    /// BCP 47.
    pub language: Option<String>,
    /// Section.
    pub section: Section,
    /// Keywords.
    pub keywords: Vec<String>,
    /// Lead picture.
    pub image: Option<Image>,
    /// The publisher's name as the page gives it.
    pub site_name: Option<String>,
    /// The text.
    pub blocks: Vec<Block>,
    /// Where the text comes from.
    pub primary: PrimaryHints,
    /// What speaks against carrying the text, and its licence.
    pub signals: Signals,
    /// The encoding it was read in.
    pub charset: Charset,
    /// Where it goes on, if this page is not all of it.
    pub continues: Option<Continues>,
    /// Whether the page was larger or deeper than the limits, so that only its beginning was read.
    pub truncated: bool,
    /// Why each field has its value.
    pub because: Vec<Because>,
}

impl Extracted {
    /// The running text with its standfirst.
    pub fn text(&self) -> String {
        let body = article::plain_text(&self.blocks);
        match &self.subtitle {
            Some(lead) if body.is_empty() => lead.clone(),
            Some(lead) => format!("{lead}\n\n{body}"),
            None => body,
        }
    }

    /// Words in the running text.
    pub fn words(&self) -> usize {
        article::word_count(&self.blocks)
    }
}

/// Reads a page.
pub fn extract(page: &PageBytes<'_>, hints: &Hints) -> Result<Extracted, ExtractError> {
    let address = CanonicalUrl::parse(page.url)?;
    refuse_other_types(page)?;
    let tld = address.host().rsplit('.').next().map(str::to_owned);
    let decoded = charset::decode(page.bytes, page.content_type, tld.as_deref());
    let dom = dom::parse(&decoded.text, dom::Limits { nodes: MAX_NODES, depth: MAX_DEPTH });
    let facts = Facts::gather(&dom);
    let ld = facts.ld.article();
    let base = address.url();
    let mut because = Vec::new();

    let identity = identity::identify(&facts, &address, &mut because);
    let site_name = topic::site_name(&facts, ld, hints, &mut because);
    let site = site_names(site_name.as_deref(), hints, &facts, &address);
    let headline = title::title(&facts, ld, &site, hints.title.as_deref(), &mut because);
    let summaries = summaries(&facts, ld, hints);
    let known = body::Known {
        title: headline.as_deref().unwrap_or_default(),
        summaries: &summaries,
        declared: ld.and_then(|a| a.raw("articleBody")),
        base: base.as_ref(),
        source: &decoded.text,
    };
    let body = body::read(&facts, &known);
    let text = article::plain_text(&body.blocks);

    charset::check_readable(if text.is_empty() { headline.as_deref().unwrap_or_default() } else { &text })?;
    let seen = page_kind::Seen {
        chars: text.chars().filter(|c| !c.is_whitespace()).count() + body.lead.as_ref().map_or(0, |l| l.len()),
        link_share: body.link_share,
        text: &text,
        title: headline.as_deref(),
        url: &address,
    };
    page_kind::check(&facts, ld, &seen)?;
    because.push(Because { field: Field::Text, origin: Origin::Page, detail: body.how.clone() });

    let keywords = topic::keywords(&facts, ld, hints, &mut because);
    Ok(Extracted {
        title: headline.or_else(|| first_words(&text)).ok_or(ExtractError::NoTitle)?,
        authors: authors::authors(&facts, ld, &site, &hints.authors, &mut because),
        published: dates::published(&facts, ld, &address, hints.published, page.received_at, &mut because),
        modified: dates::modified(&facts, ld, page.received_at, &mut because),
        language: topic::language(&facts, ld, page, hints, &text, &mut because),
        section: topic::section(&facts, ld, &identity.url, &keywords, hints, &mut because),
        image: image::image(&facts, ld, base.as_ref(), body.container, &mut because),
        primary: credits::credits(&facts, ld, &address, identity.foreign, &site, &body),
        signals: rights::signals(page, &facts, ld),
        continues: parts::continues(&facts, &address, &identity.url),
        url: identity.url,
        aliases: identity.aliases,
        keywords,
        site_name,
        subtitle: body.lead,
        blocks: body.blocks,
        charset: decoded.charset,
        truncated: dom.truncated,
        because,
    })
}

/// What a response's headers alone say about carrying: enough to know that a text must not be looked at.
pub fn header_signals(headers: &[(String, String)], received_at: Option<Timestamp>) -> Signals {
    rights::from_headers(&PageBytes { bytes: &[], url: "", content_type: None, headers, received_at })
}

/// Refuses what its own header calls something else than HTML. A missing or nonsensical header is no reason.
fn refuse_other_types(page: &PageBytes<'_>) -> Result<(), ExtractError> {
    let Some(declared) = page.content_type else { return Ok(()) };
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let other = [
        "image/",
        "video/",
        "audio/",
        "font/",
        "application/pdf",
        "application/json",
        "application/zip",
        "application/octet-stream",
        "application/rss+xml",
        "application/atom+xml",
        "text/css",
        "text/javascript",
        "application/javascript",
    ];
    if other.iter().any(|o| essence.starts_with(o)) {
        return Err(ExtractError::NotHtml(essence));
    }
    Ok(())
}

/// Every name under which the site may sign its titles and bylines.
fn site_names(declared: Option<&str>, hints: &Hints, facts: &Facts<'_>, address: &CanonicalUrl) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    names.extend(declared.map(str::to_owned));
    names.extend(hints.source_name.clone());
    names.extend(facts.meta_text(&["og:site_name"]));
    names.extend(facts.meta_text(&["application-name"]));
    if let Some(publisher) =
        facts.ld.article().and_then(|a| a.thing("publisher")).or_else(|| facts.ld.own(&["WebSite"]))
    {
        names.extend(publisher.text("name"));
        names.extend(publisher.text("alternateName"));
    }
    names.extend(facts.meta_text(&["twitter:site"]).map(|t| t.trim_start_matches('@').to_owned()));
    let host = address.host().trim_start_matches("www.");
    names.push(host.to_owned());
    names.push(address.domain().to_owned());
    names.extend(address.domain().split('.').next().map(str::to_owned));
    names
}

/// Where neither page nor feed has a headline, the text's first sentence serves.
fn first_words(text: &str) -> Option<String> {
    const LONGEST: usize = 100;
    let sentence = text.split_inclusive(['.', '!', '?', '。', '\n']).next()?;
    let sentence = article::squeeze(sentence);
    let cut: String = sentence.chars().take(LONGEST).collect();
    (!cut.is_empty()).then(|| if cut.len() < sentence.len() { format!("{cut}…") } else { cut })
}

/// What others call the article's summary: a line that says the same is its standfirst.
fn summaries(facts: &Facts<'_>, ld: Option<jsonld::Thing<'_>>, hints: &Hints) -> Vec<String> {
    let mut out = facts.meta_texts(&["og:description", "description", "twitter:description"]);
    out.extend(ld.and_then(|a| a.text("description")));
    out.extend(ld.and_then(|a| a.text("alternativeHeadline")));
    out.extend(hints.summary.clone());
    out
}
