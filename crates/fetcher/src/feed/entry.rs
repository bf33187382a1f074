//! One item of RSS or entry of Atom.

use super::namespace::Ns;
use super::text::{html_to_text, unescaped};
use super::tree::Element;
use super::xml::{Base, decoded, is_html, plain};
use super::{Entry, parse_date};

/// Bytes of a full text that are kept; what is longer is the page's business.
const MAX_CONTENT: usize = 512 << 10;

/// Reads an entry. Where an element occurs twice, the later one counts, as most readers do it; a name of the
/// feed's own vocabulary counts before a module's.
pub(super) fn read_entry(item: Element<'_, '_>, base: &Base) -> Entry {
    let mut entry = Entry::default();
    let mut modules = Entry::default();
    let mut guid_is_link = None;
    let mut pictures = Pictures::default();
    let mut name = [0; 24];
    for child in item.children() {
        let ns = child.ns();
        match (ns, child.local_in(&mut name)) {
            (Ns::Feed, "title") => entry.title = Some(plain(child)),
            (Ns::Dc | Ns::Media | Ns::Itunes, "title") => modules.title = modules.title.or_else(|| Some(plain(child))),
            (Ns::Feed, "link") => read_link(&mut entry, &mut pictures, child, base),
            (Ns::Redirector, "origlink") => entry.original_link = base.resolve(child, &child.own_text()),
            (Ns::Feed, "guid" | "id") => {
                let id = child.own_text();
                let permalink = child.attribute("isPermaLink").is_none_or(|p| p.trim().eq_ignore_ascii_case("true"));
                // A bare number is no address, even where nothing says that it is none.
                let is_address = permalink && (is_web_address(&id) || id.starts_with('/'));
                entry.id = if is_address { base.resolve(child, &id) } else { Some(id.into_owned()) };
                guid_is_link = entry.id.clone().filter(|i| is_address && is_web_address(i));
            }
            (Ns::Feed, "pubdate" | "published" | "issued") => keep(&mut entry.published, child),
            (Ns::Dc, "issued") => keep(&mut modules.published, child),
            (Ns::Feed, "updated" | "modified" | "lastmod") => keep(&mut entry.updated, child),
            (Ns::Dc, "date" | "modified") => keep(&mut modules.updated, child),
            (Ns::Feed, "summary" | "abstract") => entry.summary = Some(decoded(child).into_owned()),
            (Ns::Feed, "description") => modules.content = Some(unescaped(decoded(child)).into_owned()),
            (Ns::Dc, "description") => modules.summary = modules.summary.or_else(|| Some(decoded(child).into_owned())),
            (Ns::Content, "encoded") | (Ns::Feed, "content" | "fullitem") | (Ns::Xhtml, "body") => {
                entry.content = entry.content.or_else(|| Some(unescaped(decoded(child)).into_owned()));
            }
            (Ns::Feed, "category" | "keywords") | (Ns::Dc, "subject") | (Ns::Itunes, "keywords") => {
                read_category(&mut entry.categories, child);
            }
            (Ns::Dc, "language") => entry.language = Some(child.own_text().into_owned()),
            (Ns::Feed, "enclosure") => pictures.enclosure(child, base),
            (Ns::Media, "content" | "thumbnail" | "group") => pictures.media(child, base),
            (Ns::Itunes | Ns::Feed, "image") => pictures.plain(child, base),
            _ => {}
        }
    }
    entry.title = entry.title.filter(|t| !t.is_empty()).or(modules.title.take()).filter(|t| !t.is_empty());
    entry.id =
        entry.id.filter(|i| !i.is_empty()).or_else(|| item.attribute("rdf:about").and_then(|a| base.resolve(item, &a)));
    entry.link = entry.link.or(guid_is_link).or_else(|| item.attribute("href").and_then(|h| base.resolve(item, &h)));
    if entry.link.is_none() {
        entry.link = item.attribute("rdf:about").filter(|a| is_web_address(a)).map(|a| a.into_owned());
    }
    entry.published = entry.published.or(modules.published);
    entry.updated =
        entry.updated.or(modules.updated).or_else(|| item.attribute("lastmod").and_then(|d| parse_date(&d)));
    describe(&mut entry, modules);
    entry.authors = authors(item);
    entry.language = entry.language.or_else(|| item.lang().map(|l| l.into_owned())).filter(|l| !l.is_empty());
    entry.image = pictures.best();
    entry
}

fn keep(date: &mut Option<article::Timestamp>, element: Element<'_, '_>) {
    *date = parse_date(&element.own_text()).or(*date);
}

/// RSS has one `description`, which is a standfirst beside a full text and else may be either: it is taken for
/// the text when it is long.
fn describe(entry: &mut Entry, modules: Entry) {
    const STANDFIRST: usize = 2_000;
    let description = modules.content.filter(|d| !d.is_empty());
    let summary = entry.summary.take().filter(|s| !s.is_empty()).or(modules.summary);
    entry.summary = summary.as_deref().or(description.as_deref()).map(standfirst).filter(|s| !s.is_empty());
    let content = entry.content.take().filter(|c| !c.is_empty());
    entry.content = content.or(description.filter(|d| d.len() > STANDFIRST)).filter(|c| c.len() <= MAX_CONTENT);
}

/// The beginning of a text, without markup, in at most about 1,000 characters: a summary is one, or it is not
/// a summary.
fn standfirst(html: &str) -> String {
    const READ: usize = 4_000;
    const KEEP: usize = 1_000;
    let mut end = html.len().min(READ);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    // Not in the middle of a tag.
    if end < html.len() {
        end = html[..end].rfind('<').filter(|at| !html[*at..end].contains('>')).unwrap_or(end);
    }
    let text = html_to_text(&html[..end]);
    match text.char_indices().nth(KEEP) {
        Some((at, _)) => {
            let cut = text[..at].rfind(' ').unwrap_or(at);
            format!("{}…", &text[..cut])
        }
        None => text,
    }
}

/// RSS's text or Atom's `href`; of several the last that leads to a page.
fn read_link(entry: &mut Entry, pictures: &mut Pictures, link: Element<'_, '_>, base: &Base) {
    let Some(href) = link.attribute("href") else {
        let rel = link.attribute("rel");
        let text = link.own_text();
        if !text.is_empty() && rel.is_none_or(|r| r.eq_ignore_ascii_case("alternate")) {
            entry.link = base.resolve(link, &text).or(entry.link.take());
        }
        return;
    };
    let rel = link.attribute("rel").map_or_else(|| "alternate".to_owned(), |r| r.to_ascii_lowercase());
    match rel.as_str() {
        "alternate" | "" if is_html(link) => entry.link = base.resolve(link, &href).or(entry.link.take()),
        "enclosure" => pictures.enclosure(link, base),
        _ => {}
    }
}

fn is_web_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|s| super::markup::starts_with_ignoring_case(text.trim(), s))
}

/// Atom's `term` or `label`, else the text, of which commas make a list.
fn read_category(categories: &mut Vec<String>, element: Element<'_, '_>) {
    const MAX: usize = 32;
    let label = element.attribute("label").or_else(|| element.attribute("term")).filter(|l| !l.is_empty());
    let text = label.map_or_else(|| plain(element), |l| html_to_text(&l));
    for part in text.split([',', ';']).map(str::trim).filter(|p| !p.is_empty() && p.len() <= 200) {
        if categories.len() < MAX && !categories.iter().any(|c| c == part) {
            categories.push(part.to_owned());
        }
    }
}

/// The names of who wrote an entry or edits a feed, first the ones of the feed's own vocabulary.
pub(super) fn authors(element: Element<'_, '_>) -> Vec<String> {
    let mut own = Vec::new();
    let mut modules = Vec::new();
    let mut name = [0; 24];
    for child in element.children() {
        let list = match (child.ns(), child.local_in(&mut name)) {
            (Ns::Feed, "author") => &mut own,
            (Ns::Dc, "creator" | "author") => &mut modules,
            (Ns::Itunes, "author") if modules.is_empty() => &mut modules,
            _ => continue,
        };
        let author = match child.child(Ns::Feed, "name") {
            Some(name) => plain(name),
            None if child.has_elements() => continue,
            None => person(&plain(child)),
        };
        if !author.is_empty() && list.len() < 32 && !list.contains(&author) {
            list.push(author);
        }
    }
    // RSS's `author` is an address by its specification; a creator beside it is the name.
    if own.iter().all(|a| a.contains('@')) && !modules.is_empty() { modules } else { own }
}

/// The name in `a@example.org (Name)` and `Name <a@example.org>`.
fn person(text: &str) -> String {
    let Some(at) = text.find('@') else { return text.to_owned() };
    if let Some((address, rest)) = text.split_once('(')
        && address.contains('@')
        && let Some((name, _)) = rest.rsplit_once(')')
        && !name.trim().is_empty()
    {
        return name.trim().to_owned();
    }
    if let Some((name, _)) = text[..at].rsplit_once(['<', '(']).filter(|(n, _)| !n.trim().is_empty()) {
        return name.trim().trim_matches('"').to_owned();
    }
    text.to_owned()
}

/// Pictures that an entry names; the widest of Media RSS wins, else the first.
#[derive(Default)]
struct Pictures {
    best: Option<(u32, String)>,
}

impl Pictures {
    fn offer(&mut self, width: u32, url: Option<String>) {
        if let Some(url) = url.filter(|u| is_web_address(u))
            && self.best.as_ref().is_none_or(|(w, _)| width > *w)
        {
            self.best = Some((width, url));
        }
    }

    fn enclosure(&mut self, element: Element<'_, '_>, base: &Base) {
        if element.attribute("type").is_some_and(|t| t.starts_with("image/")) {
            let url = element.attribute("url").or_else(|| element.attribute("href"));
            self.offer(1, url.and_then(|u| base.resolve(element, &u)));
        }
    }

    fn media(&mut self, element: Element<'_, '_>, base: &Base) {
        if element.is(Ns::Media, "group") {
            for child in element.children().filter(|c| c.ns() == Ns::Media) {
                if !child.is(Ns::Media, "group") {
                    self.media(child, base);
                }
            }
            return;
        }
        if let Some(url) = element.attribute("url") {
            let is = |name: &str, start: &str| element.attribute(name).is_some_and(|v| v.starts_with(start));
            let extension = url.split(['?', '#']).next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
            let known =
                matches!(extension.to_ascii_lowercase().as_str(), "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif");
            if element.is(Ns::Media, "thumbnail") || is("medium", "image") || is("type", "image/") || known {
                let width = element.attribute("width").and_then(|w| w.parse().ok()).unwrap_or(1);
                self.offer(width, base.resolve(element, &url));
            }
        }
        for thumbnail in element.children().filter(|c| c.is(Ns::Media, "thumbnail")) {
            self.media(thumbnail, base);
        }
    }

    fn plain(&mut self, element: Element<'_, '_>, base: &Base) {
        let url = element
            .attribute("href")
            .or_else(|| element.child(Ns::Feed, "url").map(Element::own_text))
            .unwrap_or_else(|| element.own_text());
        self.offer(0, base.resolve(element, &url));
    }

    fn best(self) -> Option<String> {
        self.best.map(|(_, url)| url)
    }
}
