//! Which charset the bytes are in.
//!
//! Order: byte order mark, then `charset` of the Content-Type (RFC 7303 section 3), then the XML declaration,
//! then detection. Two corrections for how feeds are served in truth: bytes that are valid UTF-8 beyond ASCII
//! are UTF-8, whatever a server's default header says; and a candidate that leaves broken characters gives way
//! to one that leaves fewer.

use super::FeedError;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Broken characters in a thousand beyond which the text is not worth reading.
const MAX_BROKEN_PER_MILLE: usize = 100;

/// A text and the name of the charset it was in.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) charset: &'static str,
}

/// Decodes a feed's bytes.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Result<Decoded<'a>, FeedError> {
    if let Some(decoded) = by_mark(bytes) {
        return Ok(decoded);
    }
    let header = content_type.and_then(charset_parameter).and_then(for_label);
    let declared = declaration(bytes).and_then(|label| for_label(&label));
    let candidates = [header, declared];

    let legacy_text = |e: &'static Encoding| {
        let (text, broken) = e.decode_without_bom_handling(bytes);
        (!broken).then_some(Decoded { text, charset: e.name() })
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let named = candidates.into_iter().flatten().find(|e| !e.is_single_byte() && *e != UTF_8);
            if let Some(decoded) = named.filter(|_| may_be_legacy(bytes)).and_then(legacy_text) {
                return Ok(decoded);
            }
            Ok(Decoded { text: Cow::Borrowed(text), charset: UTF_8.name() })
        }
        Err(_) => {
            if let Some(decoded) = nearly_utf8(bytes) {
                return Ok(decoded);
            }
            if let Some(decoded) = candidates.into_iter().flatten().filter(|e| *e != UTF_8).find_map(legacy_text) {
                return Ok(decoded);
            }
            least_broken(bytes, candidates)
        }
    }
}

/// UTF-8 with a few broken bytes (a cut in mid-character, one pasted quotation mark) stays UTF-8, also where a
/// server's default header names a single-byte charset, in which everything decodes.
fn nearly_utf8(bytes: &[u8]) -> Option<Decoded<'_>> {
    let beyond_ascii = bytes.iter().filter(|b| !b.is_ascii()).count();
    let text = String::from_utf8_lossy(bytes);
    let broken = text.matches('\u{fffd}').count();
    (broken * 200 <= beyond_ascii).then_some(Decoded { text, charset: UTF_8.name() })
}

/// Whether valid UTF-8 may be a legacy multi-byte text all the same: a short one can be both by chance, a long
/// one can't, and ISO-2022 is ASCII with escapes.
fn may_be_legacy(bytes: &[u8]) -> bool {
    let beyond_ascii = bytes.iter().filter(|b| !b.is_ascii()).take(12).count();
    (1..12).contains(&beyond_ascii) || bytes.contains(&0x1b)
}

/// Nothing decodes without loss: the candidate, the detector's guess or UTF-8 that loses least; in doubt the
/// one that was named first.
fn least_broken<'a>(bytes: &'a [u8], candidates: [Option<&'static Encoding>; 2]) -> Result<Decoded<'a>, FeedError> {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    let mut best: Option<(usize, Decoded<'a>)> = None;
    for encoding in candidates.into_iter().flatten().chain([guess, UTF_8]) {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        let broken = text.matches('\u{fffd}').count();
        if best.as_ref().is_none_or(|(least, _)| broken < *least) {
            best = Some((broken, Decoded { text, charset: encoding.name() }));
        }
    }
    let (_, decoded) = best.unwrap_or_else(|| (0, Decoded { text: String::from_utf8_lossy(bytes), charset: "UTF-8" }));
    let broken = decoded.text.matches('\u{fffd}').count();
    let per_mille = broken * 1000 / decoded.text.chars().count().max(1);
    if per_mille > MAX_BROKEN_PER_MILLE {
        return Err(FeedError::Charset { charset: decoded.charset, replaced: per_mille });
    }
    Ok(decoded)
}

/// Byte order marks, and the patterns of `<` in wide encodings without one (XML 1.0 appendix F).
fn by_mark(bytes: &[u8]) -> Option<Decoded<'_>> {
    let wide = |e: &'static Encoding, skip: usize| {
        let (text, _) = e.decode_without_bom_handling(&bytes[skip..]);
        Some(Decoded { text, charset: e.name() })
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Some(Decoded { text: String::from_utf8_lossy(rest), charset: UTF_8.name() }),
        [0x00, 0x00, 0xFE, 0xFF, rest @ ..] => Some(utf32(rest, u32::from_be_bytes, "UTF-32BE")),
        [0xFF, 0xFE, 0x00, 0x00, rest @ ..] => Some(utf32(rest, u32::from_le_bytes, "UTF-32LE")),
        [0x00, 0x00, 0x00, b'<', ..] => Some(utf32(bytes, u32::from_be_bytes, "UTF-32BE")),
        [b'<', 0x00, 0x00, 0x00, ..] => Some(utf32(bytes, u32::from_le_bytes, "UTF-32LE")),
        [0xFE, 0xFF, ..] => wide(UTF_16BE, 2),
        [0xFF, 0xFE, ..] => wide(UTF_16LE, 2),
        [0x00, b'<' | b'{', ..] => wide(UTF_16BE, 0),
        [b'<' | b'{', 0x00, ..] => wide(UTF_16LE, 0),
        _ => None,
    }
}

/// UTF-32 is not among the web's encodings, but some feeds are in it.
fn utf32<'a>(bytes: &'a [u8], read: fn([u8; 4]) -> u32, charset: &'static str) -> Decoded<'a> {
    let (units, _) = bytes.as_chunks::<4>();
    let text: String = units.iter().map(|u| char::from_u32(read(*u)).unwrap_or('\u{fffd}')).collect();
    Decoded { text: Cow::Owned(text), charset }
}

/// The `charset` parameter of a media type, quoted either way or not at all.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// `encoding` of the XML declaration, within the first bytes.
fn declaration(bytes: &[u8]) -> Option<String> {
    let head: String = bytes.iter().take(512).map(|b| char::from(*b)).collect();
    let from = head.find("<?xml")?;
    let inside = &head[from..from + head[from..].find("?>")?];
    let value = inside[inside.find("encoding")? + "encoding".len()..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}

/// A label by the Encoding Standard. A wide encoding is ruled out: bytes that reach here have ASCII in single
/// bytes. ASCII is read as windows-1252, as browsers do, but must not hide UTF-8.
fn for_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim();
    if label.eq_ignore_ascii_case("us-ascii") || label.eq_ignore_ascii_case("ascii") {
        return None;
    }
    let encoding = Encoding::for_label(label.as_bytes()).or_else(|| {
        let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match plain.as_str() {
            "utf8" => Some(UTF_8),
            "latin1" | "cp1252" => Some(WINDOWS_1252),
            "cp1250" => Some(encoding_rs::WINDOWS_1250),
            "cp1251" => Some(encoding_rs::WINDOWS_1251),
            "cp936" | "gb2312" => Some(encoding_rs::GBK),
            "cp949" => Some(encoding_rs::EUC_KR),
            "cp932" | "sjis" => Some(encoding_rs::SHIFT_JIS),
            "cp950" => Some(encoding_rs::BIG5),
            _ => None,
        }
    })?;
    (encoding != UTF_16BE && encoding != UTF_16LE && encoding != encoding_rs::REPLACEMENT).then_some(encoding)
}
