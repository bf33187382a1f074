//! Five habits of markup.

use super::theme::{Part, class};
use super::{View, clutter, date, escape, meta};
use crate::publisher::{Habit, Markup};
use article::Block;

/// The page in its publisher's markup.
pub(crate) fn page(view: &View<'_>) -> String {
    let (head, middle) = match view.publisher.markup {
        Markup::Semantic => (meta::json_ld(view, false), semantic(view)),
        Markup::DivSoup => (meta::open_graph(view) + &meta::json_ld_if_needed(view), div_soup(view)),
        Markup::Microdata => (meta::json_ld_if_needed(view), microdata(view)),
        Markup::Graph => (meta::open_graph(view) + &meta::json_ld(view, true), graph(view)),
        Markup::Bare => (meta::json_ld_if_needed(view), bare(view)),
    };
    let language = view.publisher.language;
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n{}{head}</head>\n<body>\n{}{}{middle}{}</body>\n</html>\n",
        language.code(),
        language.direction(),
        meta::basics(view),
        clutter::cookies(view),
        clutter::navigation(view.publisher, &view.base),
        clutter::footer(view.publisher),
    )
}

/// Who wrote it, in an element of its own; nothing where nobody is named.
fn byline(view: &View<'_>, tag: &str) -> String {
    let authors = view.text.authors.join(", ");
    if authors.is_empty() {
        return String::new();
    }
    let class = class(view.publisher, Part::Byline);
    format!("<{tag} class=\"{class}\">{}</{tag}>\n", escape(&view.grammar.fill("ui.byline", &authors)))
}

/// When it was published and, if so, changed, in words.
fn times(view: &View<'_>) -> String {
    let language = view.publisher.language;
    let published = date::words(view.record.plan.published, language);
    match view.record.modified {
        Some(modified) => format!(
            "{} {published} · {} {}",
            view.grammar.phrase("ui.published"),
            view.grammar.phrase("ui.updated"),
            date::words(modified, language)
        ),
        None => format!("{} {published}", view.grammar.phrase("ui.published")),
    }
}

fn figure(view: &View<'_>) -> String {
    format!(
        "<figure><img src=\"{}\" width=\"800\" height=\"450\" alt=\"\"><figcaption>{}</figcaption></figure>\n",
        escape(&view.image),
        escape(&view.text.caption)
    )
}

/// Frame and body, each block as `open` has paragraphs begin; clutter goes in where the publisher puts it.
fn body(view: &View<'_>, open: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let paragraph = |text: &str| format!("{open}{}</p>\n", escape(text));
    parts.extend(view.text.head.iter().map(|text| paragraph(text)));
    for (i, block) in view.text.blocks.iter().enumerate() {
        if i == 2 && view.publisher.does(Habit::NewsletterInside) {
            parts.push(clutter::newsletter(view));
        }
        if i == 4 && view.publisher.does(Habit::RelatedInside) {
            parts.push(clutter::related(view));
        }
        if i == 5 {
            parts.push(clutter::advertisement(view));
        }
        parts.push(match block {
            Block::Paragraph { text } => paragraph(text),
            Block::Heading { level, text } => format!("<h{level}>{}</h{level}>\n", escape(text)),
            Block::Quote { text } => format!("<blockquote>{open}{}</p></blockquote>\n", escape(text)),
            Block::List { ordered, items } => list(*ordered, items),
            Block::Figure { url, .. } => format!("<figure><img src=\"{}\" alt=\"\"></figure>\n", escape(url)),
        });
    }
    let tail: String = view.text.tail.iter().map(|text| paragraph(text)).collect();
    parts.push(match view.record.plan.paid {
        true => format!("<div class=\"paywall\">{tail}</div>\n"),
        false => tail,
    });
    parts.concat()
}

fn list(ordered: bool, items: &[String]) -> String {
    let tag = if ordered { "ol" } else { "ul" };
    let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
    format!("<{tag}>{items}</{tag}>\n")
}

fn semantic(view: &View<'_>) -> String {
    let byline = byline(view, "address");
    format!(
        "<main><article>\n<header><span class=\"kicker\">{}</span><h1>{}</h1><p class=\"{standfirst}\">{}</p>\n\
         {byline}<time datetime=\"{}\">{}</time></header>\n{}{}{}</article>\n{}{}</main>\n{}",
        view.section(),
        escape(&view.text.title),
        escape(&view.text.standfirst),
        date::iso(view.record.plan.published, view.publisher.language),
        times(view),
        figure(view),
        body(view, "<p>"),
        clutter::share(view),
        clutter::related(view),
        clutter::newsletter(view),
        clutter::below(view),
        standfirst = class(view.publisher, Part::Standfirst),
    )
}

fn div_soup(view: &View<'_>) -> String {
    let byline = byline(view, "div");
    format!(
        "<div class=\"wrap\"><div class=\"col-main\"><div class=\"hd\"><div class=\"cat\">{}</div><h1 class=\"ttl\">{}</h1>\
         <div class=\"{standfirst}\">{}</div></div>\n{byline}<div class=\"meta-date\">{}</div>\n{}<div class=\"pic\">{}</div>\n\
         <div class=\"{text}\"><div class=\"inner\">\n{}</div></div></div>\n<div class=\"col-side\">{}{}{}</div>{}</div>\n",
        view.section(),
        escape(&view.text.title),
        escape(&view.text.standfirst),
        times(view),
        clutter::share(view),
        figure(view),
        body(view, "<p class=\"txt\">"),
        clutter::most_read(view),
        clutter::newsletter(view),
        clutter::advertisement(view),
        clutter::below(view),
        standfirst = class(view.publisher, Part::Standfirst),
        text = class(view.publisher, Part::Text),
    )
}

fn microdata(view: &View<'_>) -> String {
    let language = view.publisher.language;
    let authors: String = view
        .text
        .authors
        .iter()
        .map(|name| {
            format!(
                "<span itemprop=\"author\" itemscope itemtype=\"https://schema.org/Person\"><span itemprop=\"name\">{}</span></span> ",
                escape(name)
            )
        })
        .collect();
    let modified = view
        .record
        .modified
        .map(|t| format!("<meta itemprop=\"dateModified\" content=\"{}\">\n", date::iso(t, language)))
        .unwrap_or_default();
    format!(
        "<div itemscope itemtype=\"https://schema.org/NewsArticle\">\n<meta itemprop=\"articleSection\" content=\"{}\">\n\
         <h1 itemprop=\"headline\">{}</h1><h2 class=\"deck\" itemprop=\"description\">{}</h2>\n{authors}\
         <time itemprop=\"datePublished\" datetime=\"{}\">{}</time>\n{modified}\
         <link itemprop=\"image\" href=\"{}\">{}<div itemprop=\"articleBody\">\n{}</div></div>\n{}{}{}",
        view.section(),
        escape(&view.text.title),
        escape(&view.text.standfirst),
        date::iso(view.record.plan.published, language),
        times(view),
        escape(&view.image),
        figure(view),
        body(view, "<p>"),
        clutter::related(view),
        clutter::share(view),
        clutter::below(view),
    )
}

fn graph(view: &View<'_>) -> String {
    let byline = byline(view, "p");
    format!(
        "<main id=\"content\"><section class=\"article-head\"><p class=\"breadcrumb\"><a href=\"{}/\">{}</a> › {}</p><h1>{}</h1>\n\
         <p class=\"{standfirst}\">{}</p>{byline}<p class=\"dateline\">{}</p></section>\n{}<section class=\"{text}\">\n{}</section>\n{}{}</main>\n\
         <aside class=\"sidebar\">{}{}</aside>\n{}",
        view.base,
        view.grammar.phrase("ui.home"),
        view.section(),
        escape(&view.text.title),
        escape(&view.text.standfirst),
        times(view),
        figure(view),
        body(view, "<p>"),
        clutter::share(view),
        clutter::newsletter(view),
        clutter::most_read(view),
        clutter::advertisement(view),
        clutter::below(view),
        standfirst = class(view.publisher, Part::Standfirst),
        text = class(view.publisher, Part::Text),
    )
}

fn bare(view: &View<'_>) -> String {
    let byline = byline(view, "i");
    format!(
        "<table width=\"100%\"><tr><td valign=\"top\" width=\"70%\">\n<small>{}</small>\n<h1>{}</h1>\n<b>{}</b><br>\n{byline}<small>{}</small>\n\
         <img src=\"{}\" width=\"800\" height=\"450\" alt=\"{}\">\n{}{}</td>\n<td valign=\"top\">{}{}{}</td></tr></table>\n{}",
        view.section(),
        escape(&view.text.title),
        escape(&view.text.standfirst),
        times(view),
        escape(&view.image),
        escape(&view.text.caption),
        body(view, "<p>"),
        clutter::share(view),
        clutter::most_read(view),
        clutter::advertisement(view),
        clutter::newsletter(view),
        clutter::below(view),
    )
}
