//! What stands around an article.

use super::theme::{Part, class};
use super::{View, escape, sections};
use crate::grammar::Grammar;
use crate::publisher::{Habit, Publisher};

/// The navigation, with its search box and the way in.
pub(crate) fn navigation(publisher: &Publisher, base: &str) -> String {
    let grammar = Grammar::of(publisher.language);
    let items: String = sections(publisher, base)
        .iter()
        .map(|(label, url)| format!("<li><a href=\"{url}\">{label}</a></li>"))
        .collect();
    format!(
        "<header class=\"{class}\"><a class=\"logo\" href=\"{base}/\">{}</a>\
         <form action=\"{base}/search\" role=\"search\"><input name=\"q\" placeholder=\"{}\"></form>\
         <nav aria-label=\"{}\"><ul><li><a href=\"{base}/\">{}</a></li>{items}<li><a href=\"{base}/login\">{}</a></li></ul></nav></header>\n",
        escape(&publisher.name),
        grammar.phrase("ui.search"),
        grammar.phrase("ui.menu"),
        grammar.phrase("ui.home"),
        grammar.phrase("ui.login"),
        class = class(publisher, Part::Header),
    )
}

/// The cookie notice.
pub(crate) fn cookies(view: &View<'_>) -> String {
    format!(
        "<div class=\"{}\"><p>{}</p><button>{}</button></div>\n",
        class(view.publisher, Part::Cookies),
        view.grammar.phrase("ui.cookie"),
        view.grammar.phrase("ui.accept")
    )
}

/// Links to share the article by.
pub(crate) fn share(view: &View<'_>) -> String {
    let url = escape(&view.url);
    format!(
        "<div class=\"{}\"><span>{}</span><ul><li><a href=\"mailto:?body={url}\">E-Mail</a></li>\
         <li><a href=\"https://social.invalid/share?u={url}\">Social</a></li></ul></div>\n",
        class(view.publisher, Part::Share),
        view.grammar.phrase("ui.share")
    )
}

/// Headlines of other articles.
pub(crate) fn related(view: &View<'_>) -> String {
    links(view, Part::Related, "ui.related", &view.related)
}

/// The same in the side column.
pub(crate) fn most_read(view: &View<'_>) -> String {
    let reversed: Vec<_> = view.related.iter().rev().cloned().collect();
    links(view, Part::MostRead, "ui.mostread", &reversed)
}

fn links(view: &View<'_>, part: Part, title: &str, links: &[(String, String)]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let items: String = links
        .iter()
        .map(|(title, url)| format!("<li><a href=\"{}\">{}</a></li>", escape(url), escape(title)))
        .collect();
    let class = class(view.publisher, part);
    format!("<aside class=\"{class}\"><h3>{}</h3><ul>{items}</ul></aside>\n", view.grammar.phrase(title))
}

/// The newsletter's box.
pub(crate) fn newsletter(view: &View<'_>) -> String {
    format!(
        "<div class=\"{}\"><p>{}</p><form action=\"{}/newsletter\" method=\"post\">\
         <input type=\"email\" placeholder=\"{}\"></form></div>\n",
        class(view.publisher, Part::Newsletter),
        view.grammar.phrase("ui.newsletter"),
        view.base,
        view.grammar.phrase("ui.email")
    )
}

/// An advertisement.
pub(crate) fn advertisement(view: &View<'_>) -> String {
    format!(
        "<div class=\"{}\"><span>{}</span><a href=\"https://ads.invalid/c\"><img src=\"https://ads.invalid/b.gif\" alt=\"\"></a></div>\n",
        class(view.publisher, Part::Advertisement),
        view.grammar.phrase("ui.ad")
    )
}

/// Below the article: comments, and the disclaimer of those who have one.
pub(crate) fn below(view: &View<'_>) -> String {
    let house = view.publisher;
    let disclaimer = match house.does(Habit::Disclaimer) {
        true => {
            let class = class(house, Part::Disclaimer);
            format!("<p class=\"{class}\">{}</p>\n", view.grammar.phrase("ui.disclaimer"))
        }
        false => String::new(),
    };
    let class = class(house, Part::Comments);
    format!("{disclaimer}<section class=\"{class}\"><p>{}</p></section>\n", view.grammar.phrase("ui.comments"))
}

/// The site's last lines.
pub(crate) fn footer(publisher: &Publisher) -> String {
    let grammar = Grammar::of(publisher.language);
    format!(
        "<footer class=\"{}\"><p>© {} – {}</p><ul><li><a href=\"/imprint\">{}</a></li><li><a href=\"/privacy\">{}</a></li></ul></footer>\n",
        class(publisher, Part::Footer),
        escape(&publisher.name),
        grammar.phrase("ui.footer"),
        grammar.phrase("ui.imprint"),
        grammar.phrase("ui.privacy"),
    )
}
