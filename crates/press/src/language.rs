//! The languages the press writes in.

use serde::{Deserialize, Serialize};

/// A language with a grammar of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// Russian: Cyrillic script.
    #[serde(rename = "ru")]
    Russian,
    /// Arabic: written from right to left.
    #[serde(rename = "ar")]
    Arabic,
    /// Japanese: no spaces between words.
    #[serde(rename = "ja")]
    Japanese,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Hindi: Devanagari script.
    #[serde(rename = "hi")]
    Hindi,
    /// Greek.
    #[serde(rename = "el")]
    Greek,
}

impl Language {
    /// Every language, in the order in which publishers are founded.
    pub const ALL: [Language; 9] = [
        Language::English,
        Language::German,
        Language::Russian,
        Language::Arabic,
        Language::Japanese,
        Language::French,
        Language::Spanish,
        Language::Hindi,
        Language::Greek,
    ];

    /// BCP 47 code.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::Russian => "ru",
            Language::Arabic => "ar",
            Language::Japanese => "ja",
            Language::French => "fr",
            Language::Spanish => "es",
            Language::Hindi => "hi",
            Language::Greek => "el",
        }
    }

    /// ISO 3166 country where its publishers sit.
    pub fn country(self) -> &'static str {
        match self {
            Language::English => "GB",
            Language::German => "DE",
            Language::Russian => "KZ",
            Language::Arabic => "JO",
            Language::Japanese => "JP",
            Language::French => "FR",
            Language::Spanish => "ES",
            Language::Hindi => "IN",
            Language::Greek => "GR",
        }
    }

    /// `ltr` or `rtl`, as HTML's `dir` has it.
    pub fn direction(self) -> &'static str {
        if self == Language::Arabic { "rtl" } else { "ltr" }
    }

    /// Whether white space parts its words.
    pub fn is_spaced(self) -> bool {
        self != Language::Japanese
    }

    /// What stands between two sentences.
    pub(crate) fn sentence_gap(self) -> &'static str {
        if self.is_spaced() { " " } else { "" }
    }

    /// Whether the family name comes first.
    pub(crate) fn family_first(self) -> bool {
        self == Language::Japanese
    }

    /// Minutes east of UTC of its publishers' clocks, in winter.
    pub(crate) fn utc_offset_minutes(self) -> i32 {
        match self {
            Language::English => 0,
            Language::German | Language::French | Language::Spanish => 60,
            Language::Greek => 120,
            Language::Arabic => 180,
            Language::Russian => 300,
            Language::Hindi => 330,
            Language::Japanese => 540,
        }
    }

    /// Decimal sign.
    pub(crate) fn decimal_sign(self) -> &'static str {
        match self {
            Language::English | Language::Hindi | Language::Japanese | Language::Arabic => ".",
            _ => ",",
        }
    }

    /// What parts thousands.
    pub(crate) fn thousands_sign(self) -> &'static str {
        match self {
            Language::English | Language::Hindi | Language::Japanese | Language::Arabic => ",",
            Language::German | Language::Spanish | Language::Greek => ".",
            Language::Russian | Language::French => "\u{a0}",
        }
    }

    /// Its grammar's source.
    pub(crate) fn grammar_text(self) -> &'static str {
        match self {
            Language::English => include_str!("../grammar/en.txt"),
            Language::German => include_str!("../grammar/de.txt"),
            Language::Russian => include_str!("../grammar/ru.txt"),
            Language::Arabic => include_str!("../grammar/ar.txt"),
            Language::Japanese => include_str!("../grammar/ja.txt"),
            Language::French => include_str!("../grammar/fr.txt"),
            Language::Spanish => include_str!("../grammar/es.txt"),
            Language::Hindi => include_str!("../grammar/hi.txt"),
            Language::Greek => include_str!("../grammar/el.txt"),
        }
    }
}
