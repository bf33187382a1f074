//! RSS 2.0, Atom 1.0 (RFC 4287), RSS 1.0.

use super::{Entry, Outline};
use crate::page::{date, escape};
use article::Timestamp;

/// RSS 2.0. Its dates are RFC 822's; every second publisher writes them with `GMT`, as many do, the
/// others on their own clock.
pub(crate) fn rss2(feed: &Outline<'_>) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n\
         <channel>\n<title>{name}</title>\n<link>{base}/</link>\n<description>{name}</description>\n<language>{lang}</language>\n\
         <atom:link href=\"{url}\" rel=\"self\" type=\"application/rss+xml\"/>\n<lastBuildDate>{}</lastBuildDate>\n<ttl>5</ttl>\n",
        http_date(feed.updated),
        name = escape(&feed.publisher.name),
        base = feed.base,
        lang = feed.publisher.language.code(),
        url = feed.url,
    );
    let gmt = feed.publisher.label.len().is_multiple_of(2);
    for entry in &feed.entries {
        let date = if gmt {
            http_date(entry.published)
        } else {
            date::local(entry.published, feed.publisher.language).to_rfc2822()
        };
        out.push_str(&format!(
            "<item>\n<title>{}</title>\n<link>{}</link>\n<guid isPermaLink=\"{}\">{}</guid>\n<pubDate>{date}</pubDate>\n\
             <category>{}</category>\n<description>{}</description>\n",
            escape(&entry.title),
            escape(&entry.link),
            entry.guid_is_link,
            escape(&entry.guid),
            escape(entry.section),
            escape(&entry.summary),
        ));
        for author in &entry.authors {
            out.push_str(&format!("<dc:creator>{}</dc:creator>\n", escape(author)));
        }
        out.push_str(&format!("<media:content url=\"{}\" medium=\"image\"/>\n", escape(&entry.image)));
        if let Some(content) = &entry.content {
            out.push_str(&format!("<content:encoded><![CDATA[{content}]]></content:encoded>\n"));
        }
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

/// Atom 1.0.
pub(crate) fn atom(feed: &Outline<'_>) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n<title>{}</title>\n\
         <id>{base}/</id>\n<link rel=\"alternate\" href=\"{base}/\"/>\n<link rel=\"self\" href=\"{}\"/>\n<updated>{}</updated>\n",
        feed.publisher.language.code(),
        escape(&feed.publisher.name),
        feed.url,
        feed.updated.rfc3339(),
        base = feed.base,
    );
    for entry in &feed.entries {
        out.push_str(&format!(
            "<entry>\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n<id>{}</id>\n<published>{}</published>\n\
             <updated>{}</updated>\n<category term=\"{}\"/>\n<summary>{}</summary>\n",
            escape(&entry.title),
            escape(&entry.link),
            escape(&entry.guid),
            entry.published.rfc3339(),
            entry.updated.rfc3339(),
            escape(entry.section),
            escape(&entry.summary),
        ));
        for author in &entry.authors {
            out.push_str(&format!("<author><name>{}</name></author>\n", escape(author)));
        }
        if let Some(content) = &entry.content {
            out.push_str(&format!("<content type=\"html\">{}</content>\n", escape(content)));
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

/// RSS 1.0: RDF, with Dublin Core's dates.
pub(crate) fn rdf(feed: &Outline<'_>) -> String {
    let name = escape(&feed.publisher.name);
    let items: String =
        feed.entries.iter().map(|e| format!("<rdf:li rdf:resource=\"{}\"/>\n", escape(&e.link))).collect();
    let mut out = format!(
        "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel rdf:about=\"{}\">\n<title>{name}</title>\n<link>{}/</link>\n\
         <description>{name}</description>\n<dc:language>{}</dc:language>\n<items><rdf:Seq>\n{items}</rdf:Seq></items>\n</channel>\n",
        feed.url,
        feed.base,
        feed.publisher.language.code(),
    );
    feed.entries.iter().for_each(|entry| out.push_str(&rdf_item(entry)));
    out.push_str("</rdf:RDF>\n");
    out
}

fn rdf_item(entry: &Entry) -> String {
    let link = escape(&entry.link);
    let authors: String =
        entry.authors.iter().map(|author| format!("<dc:creator>{}</dc:creator>\n", escape(author))).collect();
    format!(
        "<item rdf:about=\"{link}\">\n<title>{}</title>\n<link>{link}</link>\n<description>{}</description>\n\
         <dc:date>{}</dc:date>\n<dc:subject>{}</dc:subject>\n{authors}</item>\n",
        escape(&entry.title),
        escape(&entry.summary),
        entry.published.rfc3339(),
        escape(entry.section),
    )
}

/// RFC 9110's date (section 5.6.7), which is also the usual one in feeds.
pub(crate) fn http_date(t: Timestamp) -> String {
    t.format("%a, %d %b %Y %H:%M:%S GMT")
}

/// A news sitemap. Its addresses are the entries' own where those are addresses.
pub(crate) fn sitemap(feed: &Outline<'_>) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
                   xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n"
            .to_owned();
    for entry in &feed.entries {
        let url = if entry.guid_is_link { &entry.guid } else { &entry.link };
        out.push_str(&format!(
            "<url><loc>{}</loc><news:news><news:publication><news:name>{}</news:name><news:language>{}</news:language></news:publication>\
             <news:publication_date>{}</news:publication_date><news:title>{}</news:title></news:news></url>\n",
            escape(url),
            escape(&feed.publisher.name),
            feed.publisher.language.code(),
            entry.published.rfc3339(),
            escape(&entry.title),
        ));
    }
    out.push_str("</urlset>\n");
    out
}
