//! What a page says of itself in its head: links, robots, Open Graph, JSON-LD.

use super::{View, date, escape, is_reserved};
use crate::charset::{Charset, json_escapes};
use crate::publisher::{FeedStyle, Habit, Publisher};
use article::CarryReason;
use serde_json::{Value, json};

/// Links and robots' words: every markup has them.
pub(crate) fn basics(view: &View<'_>) -> String {
    let site =
        if view.publisher.does(Habit::SiteInTitle) { format!(" | {}", view.publisher.name) } else { String::new() };
    let mut out = format!(
        "<meta charset=\"{}\">\n<title>{}{}</title>\n",
        view.publisher.charset.name(),
        escape(&view.text.title),
        escape(&site)
    );
    out.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n");
    out.push_str(&format!("<meta name=\"description\" content=\"{}\">\n", escape(&view.text.standfirst)));
    if let Some(canonical) = &view.canonical {
        out.push_str(&format!("<link rel=\"canonical\" href=\"{}\">\n", escape(canonical)));
    }
    out.push_str(&feed_link(view.publisher, &view.base));
    if view.signal == Some(CarryReason::NoArchive) {
        out.push_str("<meta name=\"robots\" content=\"noarchive\">\n");
    }
    if is_reserved(view.publisher) {
        out.push_str("<meta name=\"tdm-reservation\" content=\"1\">\n");
    }
    out
}

/// The feed, for whoever looks for it (RSS autodiscovery).
pub(crate) fn feed_link(publisher: &Publisher, base: &str) -> String {
    let kind = match publisher.feed {
        FeedStyle::Rss2 => "application/rss+xml",
        FeedStyle::Atom => "application/atom+xml",
        FeedStyle::Json => "application/feed+json",
        FeedStyle::Rdf => "application/rdf+xml",
    };
    format!("<link rel=\"alternate\" type=\"{kind}\" href=\"{base}{}\">\n", publisher.feed_path())
}

/// Open Graph.
pub(crate) fn open_graph(view: &View<'_>) -> String {
    let language = view.publisher.language;
    let mut pairs = vec![
        ("og:type", "article".to_owned()),
        ("og:title", view.text.title.clone()),
        ("og:description", view.text.standfirst.clone()),
        ("og:url", view.url.clone()),
        ("og:image", view.image.clone()),
        ("og:site_name", view.publisher.name.clone()),
        ("article:published_time", date::iso(view.record.plan.published, language)),
        ("article:section", view.section().to_owned()),
    ];
    if let Some(modified) = view.record.modified {
        pairs.push(("article:modified_time", date::iso(modified, language)));
    }
    pairs.extend(view.text.authors.iter().map(|author| ("article:author", author.clone())));
    pairs.iter().map(|(name, value)| format!("<meta property=\"{name}\" content=\"{}\">\n", escape(value))).collect()
}

/// Schema.org's NewsArticle as JSON-LD.
pub(crate) fn json_ld(view: &View<'_>, as_graph: bool) -> String {
    let language = view.publisher.language;
    let person = |name: &String| json!({"@type": "Person", "name": name});
    let mut article = json!({
        "@type": "NewsArticle",
        "headline": view.text.title,
        "description": view.text.standfirst,
        "url": view.url,
        "inLanguage": language.code(),
        "datePublished": date::iso(view.record.plan.published, language),
        "dateModified": date::iso(view.record.modified.unwrap_or(view.record.plan.published), language),
        "articleSection": view.section(),
        "image": {"@type": "ImageObject", "url": view.image, "width": 800, "height": 450},
        "author": view.text.authors.iter().map(person).collect::<Vec<_>>(),
        "publisher": {"@type": "NewsMediaOrganization", "name": view.publisher.name},
        "keywords": view.text.keywords,
    });
    if let Some(based_on) = &view.based_on {
        article["isBasedOn"] = json!(based_on);
    }
    if view.record.plan.paid {
        article["isAccessibleForFree"] = json!(false);
        article["hasPart"] =
            json!({"@type": "WebPageElement", "isAccessibleForFree": false, "cssSelector": ".paywall"});
    }
    script(
        view,
        &if as_graph {
            let site = json!({"@type": "WebSite", "name": view.publisher.name, "url": format!("{}/", view.base)});
            json!({"@context": "https://schema.org", "@graph": [site, article]})
        } else {
            article["@context"] = json!("https://schema.org");
            article
        },
    )
}

/// What pages without other structured data still must say.
pub(crate) fn json_ld_if_needed(view: &View<'_>) -> String {
    match view.record.plan.paid || view.based_on.is_some() {
        true => json_ld(view, false),
        false => String::new(),
    }
}

fn script(view: &View<'_>, value: &Value) -> String {
    // “</” would end the script.
    let json = value.to_string().replace("</", "<\\/");
    let json = if view.publisher.charset == Charset::Utf8 { json } else { json_escapes(&json) };
    format!("<script type=\"application/ld+json\">{json}</script>\n")
}
