//! What a page says of itself, gathered in one walk: meta tags, links, structured data, headings, times.

use super::dom::{Dom, NodeId, Tag};
use super::jsonld::LinkedData;
use super::words;

/// Everything a page declares, in document order.
pub(crate) struct Facts<'d> {
    /// The page.
    pub(crate) dom: &'d Dom,
    /// `<meta>`s: name (or property, itemprop, http-equiv) in lower case, and content.
    metas: Vec<(String, &'d str)>,
    /// `<link>`s and links with a `rel`: relation in lower case, and the element.
    links: Vec<(String, NodeId)>,
    /// `<title>`.
    pub(crate) title: Option<String>,
    /// Declared on `<html>`, or on `<body>`.
    pub(crate) lang: Option<&'d str>,
    /// `<h1>`s that say something.
    pub(crate) h1: Vec<NodeId>,
    /// Elements with an `itemprop` (microdata), each property by itself.
    props: Vec<(String, NodeId)>,
    /// `<time>`s.
    pub(crate) times: Vec<NodeId>,
    /// JSON-LD.
    pub(crate) ld: LinkedData,
}

impl<'d> Facts<'d> {
    /// Gathers.
    pub(crate) fn gather(dom: &'d Dom) -> Self {
        let mut scripts = Vec::new();
        let mut facts = Facts {
            dom,
            metas: Vec::new(),
            links: Vec::new(),
            title: None,
            lang: None,
            h1: Vec::new(),
            props: Vec::new(),
            times: Vec::new(),
            ld: LinkedData::default(),
        };
        for id in 0..dom.len() {
            match dom.tag(id) {
                Tag::None | Tag::Text => continue,
                Tag::Html | Tag::Body => {
                    let lang = dom.attr(id, "lang").or_else(|| dom.attr(id, "xml:lang"));
                    facts.lang = facts.lang.or(lang.filter(|l| !l.trim().is_empty()));
                }
                Tag::Meta => facts.meta(id),
                Tag::Link | Tag::A => {
                    if let Some(rel) = dom.attr(id, "rel") {
                        facts.links.extend(rel.split_ascii_whitespace().map(|r| (r.to_ascii_lowercase(), id)));
                    }
                }
                // Pictures in SVG have titles too; the page's is the first.
                Tag::Title if facts.title.is_none() => {
                    let text: String = dom.descendants(id).filter_map(|t| dom.text(t)).collect();
                    facts.title = Some(words::plain(&text)).filter(|t| !t.is_empty());
                }
                Tag::H1 if !dom.text_of(id).is_empty() => facts.h1.push(id),
                Tag::Time => facts.times.push(id),
                // Only scripts with linked data have kept their text.
                Tag::Script => scripts.extend(dom.descendants(id).filter_map(|t| dom.text(t))),
                _ => {}
            }
            if let Some(props) = dom.attr(id, "itemprop") {
                facts.props.extend(props.split_ascii_whitespace().map(|p| (p.to_ascii_lowercase(), id)));
            }
        }
        facts.ld = LinkedData::read(scripts.into_iter());
        facts
    }

    fn meta(&mut self, id: NodeId) {
        let dom = self.dom;
        let Some(content) = dom.attr(id, "content") else { return };
        for attribute in ["name", "property", "http-equiv", "itemprop"] {
            // `property="og:title twitter:title"` names two.
            for name in dom.attr(id, attribute).unwrap_or_default().split_ascii_whitespace() {
                self.metas.push((name.to_ascii_lowercase(), content));
            }
        }
    }

    /// The raw contents of the metas of this name.
    pub(crate) fn raw_metas<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'d str> + 's {
        self.metas.iter().filter(move |(n, _)| n == name).map(|(_, c)| *c)
    }

    /// The first meta of these names, in the names' order, that says something, as plain text.
    pub(crate) fn meta_text(&self, names: &[&str]) -> Option<String> {
        names.iter().flat_map(|name| self.raw_metas(name)).map(words::plain).find(|text| !text.is_empty())
    }

    /// All metas of these names, as plain text.
    pub(crate) fn meta_texts(&self, names: &[&str]) -> Vec<String> {
        names.iter().flat_map(|name| self.raw_metas(name)).map(words::plain).filter(|text| !text.is_empty()).collect()
    }

    /// Elements that link with this relation.
    pub(crate) fn rel<'s>(&'s self, relation: &'s str) -> impl Iterator<Item = NodeId> + 's {
        self.links.iter().filter(move |(r, _)| r == relation).map(|(_, id)| *id)
    }

    /// Elements with this microdata property.
    pub(crate) fn prop<'s>(&'s self, name: &'s str) -> impl Iterator<Item = NodeId> + 's {
        let name = name.to_ascii_lowercase();
        self.props.iter().filter(move |(p, _)| *p == name).map(|(_, id)| *id)
    }

    /// What a microdata element says: its `content` or `datetime`, else its text.
    pub(crate) fn prop_value(&self, id: NodeId) -> String {
        match self.dom.attr(id, "content").or_else(|| self.dom.attr(id, "datetime")) {
            Some(value) => words::plain(value),
            None => self.dom.text_of(id),
        }
    }
}
