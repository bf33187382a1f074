//! The namespaces that matter in feeds.

/// What an element's namespace is to us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ns {
    /// RSS of any version, Atom of any version, sitemaps, or none: the formats share names without conflict.
    Feed,
    /// Dublin Core elements and terms.
    Dc,
    /// RSS module Content.
    Content,
    /// RSS module Syndication.
    Syndication,
    /// Media RSS.
    Media,
    /// Apple's podcasts.
    Itunes,
    /// RDF's own syntax.
    Rdf,
    /// Google News in sitemaps.
    News,
    /// Google Image in sitemaps.
    Image,
    /// FeedBurner, Pheedo: redirectors that name the original.
    Redirector,
    /// XHTML.
    Xhtml,
    /// Anything else.
    Other,
}

impl Ns {
    /// The meaning of a namespace's name, compared without case, scheme and what trails it: they vary in the
    /// wild. `None` where it has none for us.
    pub(super) fn of_uri(uri: &str) -> Option<Ns> {
        let uri = uri.trim().to_ascii_lowercase();
        let uri = uri.trim_end_matches(['/', '#']);
        let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")).unwrap_or(uri);
        Some(match rest {
            "" => Ns::Feed,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Ns::Rdf,
            "www.w3.org/1999/xhtml" => Ns::Xhtml,
            "purl.org/rss/1.0/modules/content" => Ns::Content,
            "purl.org/rss/1.0/modules/syndication" => Ns::Syndication,
            "search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" | "tools.search.yahoo.com/mrss" => Ns::Media,
            _ if rest.starts_with("purl.org/dc/") => Ns::Dc,
            _ if rest.contains("itunes.com/dtds") => Ns::Itunes,
            _ if rest.contains("schemas/sitemap-news") => Ns::News,
            _ if rest.contains("schemas/sitemap-image") => Ns::Image,
            _ if rest.contains("feedburner.org/ns") || rest.contains("pheedo.com/namespace") => Ns::Redirector,
            _ if rest.starts_with("purl.org/rss/1.0/modules/") => return None,
            _ if is_feed_uri(rest) => Ns::Feed,
            _ => return None,
        })
    }

    /// What a prefix usually means, for one that is undeclared or bound to a name nobody knows.
    pub(super) fn of_prefix(prefix: &str) -> Ns {
        match prefix.to_ascii_lowercase().as_str() {
            "rss" | "atom" | "atom10" | "atom03" | "a10" => Ns::Feed,
            "dc" | "dcterms" | "dct" => Ns::Dc,
            "content" => Ns::Content,
            "sy" | "syn" => Ns::Syndication,
            "media" => Ns::Media,
            "itunes" => Ns::Itunes,
            "rdf" => Ns::Rdf,
            "news" | "n" => Ns::News,
            "image" => Ns::Image,
            "feedburner" | "pheedo" => Ns::Redirector,
            "xhtml" | "html" => Ns::Xhtml,
            _ => Ns::Other,
        }
    }
}

fn is_feed_uri(uri: &str) -> bool {
    const KNOWN: &[&str] = &[
        "purl.org/rss/1.0",
        "purl.org/net/rss1.1",
        "my.netscape.com",
        "channel.netscape.com",
        "backend.userland.com",
        "blogs.law.harvard.edu/tech/rss",
        "cyber.law.harvard.edu/rss",
        "www.rssboard.org",
        "www.w3.org/2005/atom",
        "purl.org/atom",
        "www.sitemaps.org/schemas/sitemap/",
        "www.google.com/schemas/sitemap/",
    ];
    KNOWN.iter().any(|k| uri.starts_with(k.trim_end_matches('/')))
}
