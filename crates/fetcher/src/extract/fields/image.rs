//! The lead picture. Only its address is kept: the picture stays with its owner.

use super::identity::absolute;
use crate::extract::dom::{Dom, NodeId, Tag};
use crate::extract::facts::Facts;
use crate::extract::jsonld::Thing;
use crate::extract::order::{Because, Field, Origin, first};
use article::Image;
use url::Url;

/// The lead picture.
pub(crate) fn image(
    facts: &Facts<'_>,
    ld: Option<Thing<'_>>,
    base: Option<&Url>,
    container: NodeId,
    because: &mut Vec<Because>,
) -> Option<Image> {
    let make = |href: &str, width: Option<u32>, height: Option<u32>, caption: Option<String>| {
        let url = absolute(base, href)?;
        (!is_placeholder(&url, width, height)).then(|| Image { url: url.into(), caption, width, height })
    };
    let mut found = first(Field::Image, because, |origin| match origin {
        Origin::OpenGraph => facts
            .raw_metas("og:image:secure_url")
            .chain(facts.raw_metas("og:image"))
            .chain(facts.raw_metas("og:image:url"))
            .find_map(|href| {
                make(
                    href,
                    number(facts, "og:image:width"),
                    number(facts, "og:image:height"),
                    facts.meta_text(&["og:image:alt"]),
                )
            })
            .map(|i| (i, "og:image".to_owned())),
        Origin::JsonLd => ld.and_then(|a| {
            let object = a.thing("image");
            let size = |key: &str| object.and_then(|o| o.text(key)).and_then(|t| pixels(&t));
            let caption = object.and_then(|o| o.text("caption"));
            a.addresses("image")
                .iter()
                .find_map(|href| make(href, size("width"), size("height"), caption.clone()))
                .map(|i| (i, "image".to_owned()))
        }),
        Origin::Twitter => facts
            .raw_metas("twitter:image")
            .chain(facts.raw_metas("twitter:image:src"))
            .find_map(|href| make(href, None, None, None))
            .map(|i| (i, "twitter:image".to_owned())),
        Origin::Page => facts
            .dom
            .descendants(container)
            .filter(|id| facts.dom.tag(*id) == Tag::Img)
            .find_map(|id| {
                let width = facts.dom.attr(id, "width").and_then(pixels);
                let height = facts.dom.attr(id, "height").and_then(pixels);
                let href = source(facts.dom, id)?;
                (width.is_none_or(|w| w >= 200)).then(|| make(&href, width, height, None))?
            })
            .map(|i| (i, "the first picture in the text".to_owned())),
        _ => None,
    })?;
    if let Some(caption) = caption_on_page(facts, &found.url) {
        found.caption = Some(caption);
    }
    Some(found)
}

fn number(facts: &Facts<'_>, name: &str) -> Option<u32> {
    facts.raw_metas(name).find_map(pixels)
}

/// A size in pixels as people write it: `1200`, `1200px`, `1200.0`.
fn pixels(text: &str) -> Option<u32> {
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|n| *n > 0)
}

/// Where a picture comes from: lazy loaders keep the true address beside the placeholder.
pub(crate) fn source(dom: &Dom, id: NodeId) -> Option<String> {
    let lazy = ["data-src", "data-original", "data-lazy-src", "data-lazy", "data-image", "data-url"]
        .iter()
        .find_map(|a| dom.attr(id, a));
    let set = || dom.attr(id, "srcset").or_else(|| dom.attr(id, "data-srcset")).and_then(largest);
    let plain = dom.attr(id, "src").filter(|s| !s.starts_with("data:"));
    lazy.map(str::to_owned).or_else(|| plain.map(str::to_owned)).or_else(set)
}

/// A picture's address made absolute, if it is one of the web and no placeholder.
pub(crate) fn address(href: &str, base: Option<&Url>) -> Option<String> {
    absolute(base, href).filter(|url| !is_placeholder(url, None, None)).map(String::from)
}

/// The largest of a `srcset`.
fn largest(set: &str) -> Option<String> {
    set.split(", ")
        .filter_map(|candidate| {
            let mut parts = candidate.split_whitespace();
            let url = parts.next()?.trim_end_matches(',');
            let size =
                parts.next().and_then(|s| s.trim_end_matches(['w', 'x', ',']).parse::<f32>().ok()).unwrap_or(1.0);
            Some((size, url))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, url)| url.to_owned())
}

fn is_placeholder(url: &Url, width: Option<u32>, height: Option<u32>) -> bool {
    let tiny = |n: Option<u32>| n.is_some_and(|n| n < 64);
    let name = url.path().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    tiny(width)
        || tiny(height)
        || ["logo", "placeholder", "spacer", "blank.", "pixel.", "favicon", "default-image", "avatar"]
            .iter()
            .any(|w| name.contains(w))
}

/// The name of the file that an address ends in: the same picture is served in many sizes.
fn file_of(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    path.rsplit('/').next().unwrap_or(path)
}

/// What is written under the same picture in the page.
fn caption_on_page(facts: &Facts<'_>, url: &str) -> Option<String> {
    let wanted = file_of(url);
    let dom = facts.dom;
    let mut pictures = (0..dom.len()).filter(|id| dom.tag(*id) == Tag::Img);
    let picture = pictures.find(|id| source(dom, *id).is_some_and(|s| file_of(s.trim()) == wanted))?;
    let figure = dom.ancestors(picture).take(8).find(|a| dom.tag(*a) == Tag::Figure)?;
    figure_caption(dom, figure)
}

/// A figure's caption.
pub(crate) fn figure_caption(dom: &Dom, figure: NodeId) -> Option<String> {
    let caption = dom.descendants(figure).find(|id| dom.tag(*id) == Tag::Figcaption)?;
    Some(dom.text_of(caption)).filter(|t| !t.is_empty() && t.chars().count() <= 600)
}
