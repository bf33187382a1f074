//! Set phrases of the world's press that are no part of any article.

mod lists;

use super::sources;
use lists::{DISCLOSURES, ENDS, PROMOTIONS, REQUESTS, SIGNPOSTS};

/// Bytes up to which a normalised line may be a signpost.
pub(super) const LONGEST_SIGNPOST: usize = 60;

/// Whether a line only points somewhere else.
pub(super) fn is_signpost(normal: &str) -> bool {
    normal.len() <= LONGEST_SIGNPOST && SIGNPOSTS.contains(&normal)
}

/// Whether a heading or short line says that the article is over.
pub(super) fn ends_article(normal: &str) -> bool {
    normal.len() <= 80 && ENDS.contains(&normal)
}

/// A picture's credit, a caption with one, or a source's mark, on a line of its own: `© AFP`, `Foto: dpa`,
/// `Quelle: Reuters`. `weight` is the line's.
pub(super) fn is_credit(text: &str, weight: usize) -> bool {
    if weight <= 250 && (text.contains('©') || text.starts_with('®')) {
        return true;
    }
    if weight > 90 {
        return false;
    }
    let Some((label, name)) = sources::label(text) else { return false };
    let is_pictures = matches!(
        label.as_str(),
        "foto"
            | "fotos"
            | "photo"
            | "photos"
            | "photo credit"
            | "photograph"
            | "image"
            | "image credit"
            | "images"
            | "picture"
            | "credit"
            | "bild"
            | "bilder"
            | "bildquelle"
            | "fot"
            | "фото"
            | "crédit photo"
            | "crédit"
            | "crédits"
            | "fotografía"
            | "imagen"
            | "fotoğraf"
            | "사진"
            | "写真"
    );
    (is_pictures || sources::is_sources(&label)) && name.split_whitespace().count() <= 8
}

/// Whether a line is a cookie notice.
pub(super) fn is_cookie_notice(text: &str) -> bool {
    if !text.contains("ookie") {
        return false;
    }
    holds(
        text,
        &[
            "we use cookies",
            "uses cookies",
            "use of cookies",
            "accept cookies",
            "accept all cookies",
            "verwenden cookies",
            "verwendet cookies",
            "nutzt cookies",
            "nutzen cookies",
            "setzt cookies",
            "einsatz von cookies",
            "verwendung von cookies",
            "utilise des cookies",
            "utilisons des cookies",
            "utilisation de cookies",
            "utilisation des cookies",
            "utiliza cookies",
            "utilizamos cookies",
            "uso de cookies",
            "usa cookies",
            "usamos cookies",
            "utilizza cookie",
            "utilizziamo i cookie",
            "uso dei cookie",
            "gebruikt cookies",
            "gebruiken cookies",
            "maakt gebruik van cookies",
            "plików cookie",
            "файлы cookie",
            "файли cookie",
            "çerez",
            "bruker cookies",
            "använder cookies",
            "bruger cookies",
        ],
    )
}

/// Whether a closing line promotes: newsletters, channels, subscriptions, donations.
pub(super) fn promotes(text: &str) -> bool {
    holds(text, PROMOTIONS) || holds(text, REQUESTS)
}

/// Whether a line asks the reader for something: after it comes no more article.
pub(super) fn asks(text: &str) -> bool {
    holds(text, REQUESTS)
}

/// Whether a line says under what terms the text is given.
pub(super) fn discloses(text: &str) -> bool {
    holds(text, DISCLOSURES)
}

fn holds(text: &str, phrases: &[&str]) -> bool {
    let lower = text.to_lowercase();
    phrases.iter().any(|p| lower.contains(p))
}
