//! OPML 2.0 subscription lists, and those that only resemble it.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// A feed in a subscription list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outline {
    /// `title` or `text`, else the feed's address.
    pub title: String,
    /// `xmlUrl`.
    pub feed: String,
    /// `htmlUrl`.
    pub home: Option<String>,
    /// `language`.
    pub language: Option<String>,
    /// The folder it is in.
    pub category: Option<String>,
}

/// All feeds of a list, in order. The error says at which byte the text stops being XML.
pub(crate) fn outlines(text: &str) -> Result<Vec<Outline>, String> {
    let mut reader = Reader::from_str(text);
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut found = Vec::new();
    let mut is_opml = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(e)) if e.local_name().as_ref() == "outline" => {
                let label = outline(&e, &folders, &mut found);
                folders.push(label);
            }
            Ok(Event::Empty(e)) if e.local_name().as_ref() == "outline" => {
                outline(&e, &folders, &mut found);
            }
            Ok(Event::Start(e)) if e.local_name().as_ref() == "opml" => is_opml = true,
            Ok(Event::End(e)) if e.local_name().as_ref() == "outline" => {
                folders.pop();
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(e) => return Err(format!("not well-formed at byte {}: {e}", reader.error_position())),
        }
    }
    if !is_opml {
        return Err("this is XML, but not an OPML list: its root must be <opml>".to_owned());
    }
    Ok(found)
}

/// Adds the outline if it is a feed; gives its label, which is the folder's name if it is one.
fn outline(element: &BytesStart<'_>, folders: &[Option<String>], found: &mut Vec<Outline>) -> Option<String> {
    let get = |name: &str| {
        element
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|a| a.key.local_name().as_ref().eq_ignore_ascii_case(name))
            .and_then(|a| a.normalized_value(XmlVersion::Implicit1_0).ok())
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    };
    let label = get("title").or_else(|| get("text"));
    if let Some(feed) = get("xmlUrl") {
        found.push(Outline {
            title: label.clone().unwrap_or_else(|| feed.clone()),
            feed,
            home: get("htmlUrl"),
            language: get("language"),
            category: folders.iter().rev().flatten().next().cloned().or_else(|| get("category")),
        });
    }
    label
}
