//! Bytes into text.
//!
//! The order is the WHATWG encoding sniffing algorithm's: byte order mark, then the `Content-Type` header, then
//! the page's own `<meta>`, then detection from the bytes. A declaration that is plainly wrong (UTF-8 that is
//! not UTF-8, a legacy charset over bytes that are faultless UTF-8 with more than ASCII) is overruled: such
//! pages are common, and browsers' readers have learned to live with the damage, ours need not.

use super::error::ExtractError;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of the page's beginning is searched for a declaration, in bytes. The standard says 1024; pages
/// with long comments or preloads first are common.
const PRESCAN: usize = 16 * 1024;

/// Of all characters, the share of U+FFFD or of mojibake from which a text counts as badly decoded.
const BAD_SHARE: f64 = 0.005;

/// Bad characters below which a text is never refused: a stray byte or two is in many good pages.
const BAD_FLOOR: usize = 12;

/// In which encoding a page was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Charset {
    /// Its name by the Encoding Standard.
    pub name: &'static str,
    /// What told it.
    pub from: CharsetFrom,
}

/// What told the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CharsetFrom {
    /// A byte order mark.
    Bom,
    /// The `Content-Type` header.
    Header,
    /// A `<meta>` or XML declaration in the page.
    Meta,
    /// The bytes themselves.
    Detection,
}

/// A page's text and how it was read.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) charset: Charset,
}

/// Decodes a page. `tld` (of its host) helps detection among legacy encodings.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>, tld: Option<&str>) -> Decoded {
    let (encoding, from) = choose(bytes, content_type, tld);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    Decoded { text: text.into_owned(), charset: Charset { name: encoding.name(), from } }
}

fn choose(bytes: &[u8], content_type: Option<&str>, tld: Option<&str>) -> (&'static Encoding, CharsetFrom) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, CharsetFrom::Bom);
    }
    let declared = content_type
        .and_then(charset_of)
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .map(|e| (e, CharsetFrom::Header))
        .or_else(|| declared_in(bytes).map(|e| (e, CharsetFrom::Meta)));
    let Some((encoding, from)) = declared else { return (detect(bytes, tld), CharsetFrom::Detection) };
    let faultless_utf8 = std::str::from_utf8(bytes).is_ok();
    if encoding == UTF_8 {
        // Declared UTF-8 with a few bad bytes is UTF-8 with a few bad bytes; with many it is something else.
        let holds = faultless_utf8 || mostly_utf8(bytes);
        return if holds { (UTF_8, from) } else { (detect(bytes, tld), CharsetFrom::Detection) };
    }
    // A legacy encoding's text is practically never faultless UTF-8 by accident.
    if encoding.is_ascii_compatible() && faultless_utf8 && !bytes.is_ascii() {
        return (UTF_8, CharsetFrom::Detection);
    }
    (encoding, from)
}

fn detect(bytes: &[u8], tld: Option<&str>) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    // UTF-16 without a mark: every other byte of its markup is zero.
    let sample = &bytes[..bytes.len().min(512)];
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 2;
    if zeros(0) > sample.len() / 2 {
        return UTF_16BE;
    }
    if zeros(1) > sample.len() / 2 {
        return UTF_16LE;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let tld = tld.filter(|t| t.is_ascii() && !t.bytes().any(|b| b.is_ascii_uppercase() || b == b'.'));
    detector.guess(tld.map(str::as_bytes), Utf8Detection::Allow)
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut bad, mut good) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 4
}

/// The `charset` parameter of a media type (RFC 9110 section 8.3).
fn charset_of(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// What the page says of itself: `<meta charset>`, `<meta http-equiv>` or an XML declaration.
fn declared_in(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(PRESCAN)];
    let lower = head.to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = find(&lower[at..], b"charset") {
        let start = at + found + b"charset".len();
        at = start;
        let inside_meta = lower[..start]
            .iter()
            .rposition(|b| *b == b'<')
            .is_some_and(|lt| lower[lt..].starts_with(b"<meta") && !lower[lt..start].contains(&b'>'));
        if inside_meta && let Some(encoding) = label_after_equals(&lower[start..]) {
            // A page whose declaration could be read as ASCII is not in UTF-16, whatever it says.
            let unreadable = [UTF_16LE, UTF_16BE].contains(&encoding);
            return Some(if unreadable { UTF_8 } else { encoding });
        }
    }
    if lower.starts_with(b"<?xml") {
        let end = find(&lower, b"?>")?;
        let from = find(&lower[..end], b"encoding")? + b"encoding".len();
        return label_after_equals(&lower[from..end]);
    }
    None
}

fn label_after_equals(rest: &[u8]) -> Option<&'static Encoding> {
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|b| matches!(b, b'"' | b'\'' | b';' | b'>' | b'/' | b' ')).unwrap_or(rest.len());
    Encoding::for_label(&rest[..end])
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// Refuses a text whose letters came out wrong.
pub(crate) fn check_readable(text: &str) -> Result<(), ExtractError> {
    let (mut chars, mut lost) = (0usize, 0usize);
    for c in text.chars() {
        chars += 1;
        lost += usize::from(c == char::REPLACEMENT_CHARACTER);
    }
    let moji = mojibake(text);
    let bad = lost.max(moji);
    let share = bad as f64 / chars.max(1) as f64;
    if bad >= BAD_FLOOR && share >= BAD_SHARE {
        return Err(ExtractError::Charset { bad, chars });
    }
    Ok(())
}

/// How often two or more letters in a row are what UTF-8's bytes look like when read as windows-1252
/// (`Ã¤`, `â€™`, `Ð¿Ñ€`): a lead byte's letter, then continuation bytes' letters.
fn mojibake(text: &str) -> usize {
    let mut count = 0;
    let mut need = 0;
    for c in text.chars() {
        let Some(byte) = as_windows_1252(c) else {
            need = 0;
            continue;
        };
        if need > 0 && (0x80..0xC0).contains(&byte) {
            need -= 1;
            count += usize::from(need == 0);
        } else {
            need = match byte {
                0xC2..=0xDE => 1,
                0xE0..=0xEF => 2,
                0xF0..=0xF4 => 3,
                _ => 0,
            };
        }
    }
    count
}

fn as_windows_1252(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ (0x80..=0xFF) => u8::try_from(code).ok(),
        0x152..=0x2122 => {
            let mut buffer = [0; 4];
            let (bytes, _, lost) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
            (!lost).then(|| bytes[0])
        }
        _ => None,
    }
}
