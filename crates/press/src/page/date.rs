//! Dates in each language's words and on each publisher's clock.

use crate::grammar::Grammar;
use crate::language::Language;
use article::Timestamp;
use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Timelike};

/// A moment on the publisher's clock.
pub(crate) fn local(t: Timestamp, language: Language) -> DateTime<FixedOffset> {
    let seconds = language.utc_offset_minutes() * 60;
    let offset = FixedOffset::east_opt(seconds).unwrap_or(FixedOffset::east_opt(0).unwrap_or_else(utc));
    t.utc().with_timezone(&offset)
}

fn utc() -> FixedOffset {
    chrono::Offset::fix(&chrono::Utc)
}

/// RFC 3339 with the publisher's offset.
pub(crate) fn iso(t: Timestamp, language: Language) -> String {
    local(t, language).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// As a reader reads it.
pub(crate) fn words(t: Timestamp, language: Language) -> String {
    let t = local(t, language);
    let months = Grammar::of(language).plain("month");
    let month = months.get(t.month0() as usize).copied().unwrap_or_default();
    let (day, year, hour, minute) = (t.day(), t.year(), t.hour(), t.minute());
    match language {
        Language::English => format!("{day} {month} {year}, {hour:02}:{minute:02}"),
        Language::German => format!("{day}. {month} {year}, {hour:02}:{minute:02} Uhr"),
        Language::French => format!("{day} {month} {year} à {hour:02}h{minute:02}"),
        Language::Spanish => format!("{day} de {month} de {year} a las {hour:02}:{minute:02}"),
        Language::Japanese => format!("{year}年{}月{day}日 {hour}時{minute:02}分", t.month()),
        // Declined months: the short form is what these sites print.
        Language::Russian | Language::Greek => {
            format!("{day:02}.{:02}.{year}, {hour:02}:{minute:02}", t.month())
        }
        Language::Arabic => format!("{day} {month} {year} - {hour:02}:{minute:02}"),
        Language::Hindi => format!("{day} {month} {year}, {hour:02}:{minute:02} बजे"),
    }
}
