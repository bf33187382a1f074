//! Structured data in JSON-LD: the schema.org description of the page's article.
//!
//! Publishers' JSON-LD is broken in a handful of ways over and over; what [`parse`] can't read as JSON it
//! repairs and tries once more.

mod repair;

use serde_json::{Map, Value};

/// Objects looked at in one page's structured data: lists of hundreds of teasers are common.
const MAX_OBJECTS: usize = 2_000;

/// Objects inside each other that are looked for. A list in a page in a graph makes four or five; what lies deeper
/// stays where it is.
const MAX_DEPTH: usize = 8;

/// The page's structured data, flattened to its typed objects.
#[derive(Default, Debug)]
pub(crate) struct LinkedData {
    objects: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    object: Map<String, Value>,
    /// Whether it stands for the page itself, not for something that the page lists or mentions.
    own: bool,
}

/// The types of schema.org that are articles: `NewsArticle`, `BlogPosting`, `OpinionNewsArticle`, `Report`…
fn is_article_type(name: &str) -> bool {
    name.ends_with("Article")
        || name.ends_with("Posting")
        || matches!(name, "Report" | "Review" | "AdvertiserContentArticle")
}

impl LinkedData {
    /// Reads the contents of the page's `application/ld+json` scripts.
    pub(crate) fn read<'a>(scripts: impl Iterator<Item = &'a str>) -> Self {
        let mut data = Self::default();
        for script in scripts {
            for value in parse(script) {
                data.flatten(value, true, 0);
            }
        }
        data
    }

    /// Takes the objects out of each other: one that stayed in the outer too would be there once for each level.
    fn flatten(&mut self, value: Value, own: bool, depth: usize) {
        if self.objects.len() >= MAX_OBJECTS {
            return;
        }
        match value {
            Value::Array(items) => items.into_iter().for_each(|v| self.flatten(v, own, depth)),
            Value::Object(mut object) => {
                if depth < MAX_DEPTH {
                    self.flatten_inner(&mut object, own, depth + 1);
                }
                if object.contains_key("@type") {
                    self.objects.push(Found { object, own });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn flatten_inner(&mut self, object: &mut Map<String, Value>, own: bool, depth: usize) {
        // What a page is about may be nested in the page; what it lists is not about it.
        for (key, own_below) in [
            ("@graph", own),
            ("mainEntity", own),
            ("mainEntityOfPage", own),
            ("itemListElement", false),
            ("item", false),
        ] {
            let nests = |v: &Value| v.is_object() || v.is_array() && key != "item";
            if object.get(key).is_some_and(nests)
                && let Some(inner) = object.remove(key)
            {
                self.flatten(inner, own_below, depth);
            }
        }
    }

    /// The object that describes the page's article: of those that are articles and its own, the one that says most.
    pub(crate) fn article(&self) -> Option<Thing<'_>> {
        let articles = || self.objects.iter().filter(|f| types(&f.object).any(is_article_type));
        let richness = |f: &&Found| {
            ["headline", "datePublished", "author", "articleBody", "image", "dateModified"]
                .iter()
                .filter(|k| f.object.contains_key(**k))
                .count()
        };
        // max_by_key gives the last of equals; the first is meant.
        let best = articles().filter(|f| f.own).rev_max(richness);
        best.or_else(|| {
            let mut listed = articles();
            let only = listed.next()?;
            listed.next().is_none().then_some(only)
        })
        .map(|f| Thing { object: &f.object, all: self })
    }

    /// Whether the page has an object of one of these types.
    pub(crate) fn has_own(&self, wanted: &[&str]) -> bool {
        self.objects.iter().any(|f| f.own && types(&f.object).any(|t| wanted.contains(&t)))
    }

    /// The first own object of one of these types.
    pub(crate) fn own(&self, wanted: &[&str]) -> Option<Thing<'_>> {
        self.objects
            .iter()
            .find(|f| f.own && types(&f.object).any(|t| wanted.contains(&t)))
            .map(|f| Thing { object: &f.object, all: self })
    }

    fn by_id(&self, id: &str) -> Option<&Map<String, Value>> {
        self.objects.iter().map(|f| &f.object).find(|o| o.get("@id").and_then(Value::as_str) == Some(id))
    }
}

trait RevMax: Iterator + Sized {
    fn rev_max<K: Ord>(self, key: impl Fn(&Self::Item) -> K) -> Option<Self::Item>;
}

impl<I: Iterator> RevMax for I {
    /// The first of the largest.
    fn rev_max<K: Ord>(self, key: impl Fn(&I::Item) -> K) -> Option<I::Item> {
        self.fold(None, |best: Option<(K, I::Item)>, item| {
            let k = key(&item);
            match best {
                Some((bk, b)) if bk >= k => Some((bk, b)),
                _ => Some((k, item)),
            }
        })
        .map(|(_, item)| item)
    }
}

fn types(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let list: Vec<&str> = match object.get("@type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    list.into_iter().map(|n| n.rsplit(['/', '#', ':']).next().unwrap_or(n))
}

/// One object, with the others at hand to resolve `@id` references.
#[derive(Clone, Copy)]
pub(crate) struct Thing<'d> {
    object: &'d Map<String, Value>,
    all: &'d LinkedData,
}

impl<'d> Thing<'d> {
    /// A property's value.
    pub(crate) fn get(&self, key: &str) -> Option<&'d Value> {
        self.object.get(key).filter(|v| !v.is_null())
    }

    /// A text property: of a list the first, of an object its name or value.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.texts(key).into_iter().next()
    }

    /// A text property as written, breaks and tags and all.
    pub(crate) fn raw(&self, key: &str) -> Option<&'d str> {
        self.get(key)?.as_str()
    }

    /// All texts of a property.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(value) = self.get(key) {
            self.collect(value, &["name", "@value", "headline"], &mut out, 0);
        }
        out
    }

    /// All addresses of a property: texts, or objects' `url` or `@id`.
    pub(crate) fn addresses(&self, key: &str) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(value) = self.get(key) {
            self.collect(value, &["url", "contentUrl", "@id"], &mut out, 0);
        }
        out
    }

    /// A property that is an object, or a list's first object, or a reference to one.
    pub(crate) fn thing(&self, key: &str) -> Option<Thing<'d>> {
        let value = self.get(key)?;
        let value = value.as_array().and_then(|a| a.first()).unwrap_or(value);
        value.as_object().map(|o| self.resolve(o))
    }

    /// A property's objects.
    pub(crate) fn things(&self, key: &str) -> Vec<Thing<'d>> {
        match self.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).map(|o| self.resolve(o)).collect(),
            Some(Value::Object(object)) => vec![self.resolve(object)],
            _ => Vec::new(),
        }
    }

    /// A truth value, as written by people: `false`, `"False"`, `"http://schema.org/False"`.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(b) => Some(*b),
            Value::String(s) => {
                let word = s.rsplit('/').next().unwrap_or(s).trim().to_ascii_lowercase();
                match word.as_str() {
                    "true" | "yes" | "1" => Some(true),
                    "false" | "no" | "0" => Some(false),
                    _ => None,
                }
            }
            Value::Array(items) => items.first().and_then(Value::as_bool),
            Value::Null | Value::Number(_) | Value::Object(_) => None,
        }
    }

    fn resolve(&self, object: &'d Map<String, Value>) -> Thing<'d> {
        let bare = object.len() == 1;
        let referred = object.get("@id").filter(|_| bare).and_then(Value::as_str).and_then(|id| self.all.by_id(id));
        Thing { object: referred.unwrap_or(object), all: self.all }
    }

    fn collect(&self, value: &'d Value, keys: &[&str], out: &mut Vec<String>, depth: usize) {
        match value {
            Value::String(text) => {
                let text = super::words::plain(text);
                if !text.is_empty() {
                    out.push(text);
                }
            }
            Value::Number(n) => out.push(n.to_string()),
            Value::Array(items) => items.iter().take(100).for_each(|v| self.collect(v, keys, out, depth + 1)),
            Value::Object(object) if depth < 4 => {
                let thing = self.resolve(object);
                if let Some(inner) = keys.iter().find_map(|k| thing.get(k)) {
                    thing.collect(inner, keys, out, depth + 1);
                }
            }
            Value::Object(_) | Value::Bool(_) | Value::Null => {}
        }
    }
}

/// The JSON values of a script, repaired if need be.
fn parse(script: &str) -> Vec<Value> {
    let text = repair::unwrap(script);
    if text.is_empty() {
        return Vec::new();
    }
    if let Ok(value) = serde_json::from_str(text) {
        return vec![value];
    }
    let mended = repair::mend(text);
    serde_json::Deserializer::from_str(&mended).into_iter::<Value>().map_while(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headline(script: &str) -> Option<String> {
        LinkedData::read([script].into_iter()).article().and_then(|a| a.text("headline"))
    }

    #[test]
    fn the_article_is_found_wherever_it_lies() {
        for script in [
            r#"{"@type":"NewsArticle","headline":"Found"}"#,
            r#"[{"@type":"WebSite"},{"@type":["Thing","NewsArticle"],"headline":"Found"}]"#,
            r#"{"@context":"x","@graph":[{"@type":"WebPage"},{"@type":"http://schema.org/BlogPosting","headline":"Found"}]}"#,
            r#"{"@type":"WebPage","mainEntity":{"@type":"Article","headline":"Found"}}"#,
        ] {
            assert_eq!(headline(script).as_deref(), Some("Found"), "{script}");
        }
    }

    #[test]
    fn a_list_of_teasers_is_not_the_article() {
        let script = r#"[{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"A"},
            {"@type":"NewsArticle","headline":"B"}]},{"@type":"NewsArticle","headline":"Own"}]"#;
        assert_eq!(headline(script).as_deref(), Some("Own"));
        let only_teasers = r#"{"@type":"ItemList","itemListElement":[{"item":{"@type":"NewsArticle","headline":"A"}},
            {"item":{"@type":"NewsArticle","headline":"B"}}]}"#;
        assert_eq!(headline(only_teasers), None);
    }

    #[test]
    fn broken_json_is_mended() {
        for script in [
            "<!-- {\"@type\":\"NewsArticle\",\"headline\":\"Found\"} -->",
            "//<![CDATA[\n{\"@type\":\"NewsArticle\",\"headline\":\"Found\",}\n//]]>",
            "{\"@type\":\"NewsArticle\",\"description\":\"two\nlines\",\"headline\":\"Found\"};",
            r#"{"@type":"NewsArticle","description":"he said "no" twice","headline":"Found"}"#,
            r#"{"@type":"NewsArticle","headline":"Found","author":[{"name":"A""#,
            r#"{"@type":"NewsArticle","description":"it\'s","headline":"Found"}"#,
        ] {
            assert_eq!(headline(script).as_deref(), Some("Found"), "{script}");
        }
    }

    #[test]
    fn references_are_followed() {
        let script = r##"{"@graph":[{"@type":"Article","headline":"H","author":{"@id":"#p"}},
            {"@type":"Person","@id":"#p","name":"Ada Byron"}]}"##;
        let data = LinkedData::read([script].into_iter());
        assert_eq!(data.article().unwrap().texts("author"), ["Ada Byron"]);
    }

    #[test]
    fn what_is_nested_is_found_in_its_order_and_is_own_unless_it_is_listed() {
        let script = r#"{"@type":"WebPage","mainEntityOfPage":{"@type":"Place"},"item":{"@type":"Event"},
            "itemListElement":[{"@type":"ListItem","item":{"@type":"Product"}}],"mainEntity":{"@type":"Article"},
            "@graph":[{"@type":"Person"}]}"#;
        let data = LinkedData::read([script].into_iter());
        let found: Vec<_> = data.objects.iter().map(|f| (types(&f.object).next().unwrap(), f.own)).collect();
        let expected = [
            ("Person", true),
            ("Article", true),
            ("Place", true),
            ("Product", false),
            ("ListItem", false),
            ("Event", false),
            ("WebPage", true),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_nested_deep_is_kept_once() {
        for key in ["mainEntity", "mainEntityOfPage", "itemListElement", "item", "@graph"] {
            let script = format!(
                r#"{{"@type":"NewsArticle","headline":"Outermost","{key}":{}{{"@type":"Thing","text":"{}"}}{}"#,
                format!(r#"{{"@type":"Thing","{key}":"#).repeat(118),
                "x".repeat(1_000_000),
                "}".repeat(119),
            );
            let data = LinkedData::read([script.as_str()].into_iter());
            let kept: usize = data.objects.iter().map(|f| serde_json::to_string(&f.object).unwrap().len()).sum();
            assert!(kept < 3_000_000, "{key}: {kept} bytes");
            assert_eq!(data.article().and_then(|a| a.text("headline")).as_deref(), Some("Outermost"), "{key}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused_not_followed() {
        let deep = "[".repeat(100_000);
        assert!(LinkedData::read([deep.as_str()].into_iter()).article().is_none());
    }
}
