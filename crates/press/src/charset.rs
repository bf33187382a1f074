//! Characters as bytes, for houses that have not moved to UTF-8.

use crate::language::Language;

/// What a publisher's pages are encoded in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Charset {
    /// UTF-8, as nearly everybody.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// Windows-1251, Cyrillic.
    Windows1251,
}

impl Charset {
    /// The old charset of a language's sites; none where there was none worth having here.
    pub(crate) fn old(language: Language) -> Self {
        match language {
            Language::English | Language::German | Language::French | Language::Spanish => Charset::Latin1,
            Language::Russian => Charset::Windows1251,
            Language::Arabic | Language::Japanese | Language::Hindi | Language::Greek => Charset::Utf8,
        }
    }

    /// As headers and `meta` name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "utf-8",
            Charset::Latin1 => "iso-8859-1",
            Charset::Windows1251 => "windows-1251",
        }
    }

    /// HTML as bytes; what the charset lacks becomes a numeric character reference.
    pub(crate) fn encode(self, html: String) -> Vec<u8> {
        if self == Charset::Utf8 {
            return html.into_bytes();
        }
        let mut out = Vec::with_capacity(html.len());
        for c in html.chars() {
            match self.byte(c) {
                Some(byte) => out.push(byte),
                None => out.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes()),
            }
        }
        out
    }

    fn byte(self, c: char) -> Option<u8> {
        let code = u32::from(c);
        let offset = |base: u32, from: u8| u8::try_from(code - base).ok().map(|d| from + d);
        match (self, c) {
            (_, '\0'..='\x7f') => u8::try_from(code).ok(),
            // Browsers read ISO 8859-1 as Windows-1252, which agrees with it from here on.
            (Charset::Latin1, '\u{a0}'..='ÿ') => u8::try_from(code).ok(),
            (Charset::Windows1251, 'А'..='я') => offset(0x410, 0xc0),
            (Charset::Windows1251, 'Ё') => Some(0xa8),
            (Charset::Windows1251, 'ё') => Some(0xb8),
            (Charset::Windows1251, '«') => Some(0xab),
            (Charset::Windows1251, '»') => Some(0xbb),
            (Charset::Windows1251, '–') => Some(0x96),
            (Charset::Windows1251, '\u{a0}') => Some(0xa0),
            _ => None,
        }
    }
}

/// Text for a script element, where character references are not read: what isn't ASCII as JSON escapes.
pub(crate) fn json_escapes(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\0'..='\x7f' => out.push(c),
            other => {
                let mut units = [0; 2];
                other.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    out
}
