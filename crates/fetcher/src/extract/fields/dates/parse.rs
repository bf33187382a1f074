//! Dates as pages write them.

use crate::feed::months;
use article::Timestamp;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// A date as written: the instant, and the text with the page's own zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dated {
    /// The instant; a date without a zone is read as UTC, one without a time as its midnight.
    pub at: Timestamp,
    /// RFC 3339 in the zone as written; without a zone or a time if none was written.
    pub written: String,
}

impl Dated {
    /// An instant known in UTC.
    pub(crate) fn utc(at: Timestamp) -> Self {
        Self { at, written: at.rfc3339() }
    }

    fn zoned(date: DateTime<FixedOffset>) -> Self {
        Self { at: Timestamp(date.timestamp_millis()), written: date.to_rfc3339() }
    }

    fn naive(date: NaiveDateTime) -> Self {
        Self { at: Timestamp(date.and_utc().timestamp_millis()), written: date.format("%Y-%m-%dT%H:%M:%S").to_string() }
    }

    fn of_day(date: NaiveDate) -> Self {
        Self {
            at: Timestamp(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis()),
            written: date.format("%Y-%m-%d").to_string(),
        }
    }
}

/// Reads a date: ISO 8601 in its variants, RFC 2822, Unix time, and days written out in many languages.
pub(crate) fn parse_date(text: &str) -> Option<Dated> {
    let text = text.trim();
    if text.len() < 6 || text.len() > 400 {
        return None;
    }
    unix(text)
        .or_else(|| iso(text))
        .or_else(|| DateTime::parse_from_rfc2822(text).ok().map(Dated::zoned))
        .or_else(|| east_asian(text))
        .or_else(|| written_out(text))
}

/// Seconds or milliseconds since 1970.
fn unix(text: &str) -> Option<Dated> {
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => Some(Dated::utc(Timestamp::from_secs(number))),
        13 => Some(Dated::utc(Timestamp(number))),
        8 => day(&text[..4], &text[4..6], &text[6..]),
        _ => None,
    }
}

/// `2024-05-03T15:47:42.389+02:00` and what is close to it.
fn iso(text: &str) -> Option<Dated> {
    let mut scan = Scan { rest: text };
    let year = scan.digits(4, 4)?;
    scan.one(&['-', '/', '.'])?;
    let month = scan.digits(1, 2)?;
    scan.one(&['-', '/', '.'])?;
    let dom = scan.digits(1, 2)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, dom)?;
    Some(with_time(date, scan.rest))
}

/// `2026年11月27日 23時41分` and `2026년 11월 27일`, wherever in the text.
fn east_asian(text: &str) -> Option<Dated> {
    let at = text.find(['年', '년'])?;
    let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
    let mut scan = Scan { rest: &text[at - digits..] };
    let year = scan.digits(4, 4)?;
    scan.one(&['年', '년'])?;
    scan.space();
    let month = scan.digits(1, 2)?;
    scan.one(&['月', '월'])?;
    scan.space();
    let dom = scan.digits(1, 2)?;
    scan.one(&['日', '일'])?;
    // The weekday may stand between, in brackets.
    if scan.one(&['(', '（']).is_some() {
        scan.rest = scan.rest.split_once([')', '）']).map_or(scan.rest, |(_, rest)| rest);
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, dom)?;
    Some(with_time(date, scan.rest))
}

/// A day and whatever time the rest of the text gives.
fn with_time(date: NaiveDate, rest: &str) -> Dated {
    match clock(rest) {
        Some((time, zone)) => {
            let naive = date.and_time(time);
            match zone.and_then(|z| naive.and_local_timezone(z).single()) {
                Some(zoned) => Dated::zoned(zoned),
                None => Dated::naive(naive),
            }
        }
        None => Dated::of_day(date),
    }
}

/// The first `hh:mm[:ss[.fff]]` with `am`/`pm` and a zone, if they follow; or `23時41分`.
fn clock(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    if let Some(time) = east_asian_clock(text) {
        return Some((time, None));
    }
    let bytes = text.as_bytes();
    let start = (0..bytes.len()).find(|i| {
        bytes[*i].is_ascii_digit() && (*i == 0 || !bytes[i - 1].is_ascii_digit()) && {
            let digits = bytes[*i..].iter().take_while(|b| b.is_ascii_digit()).count();
            (1..=2).contains(&digits)
                && matches!(bytes.get(i + digits), Some(b':' | b'.' | b'h' | b'H'))
                && bytes.get(i + digits + 1).is_some_and(u8::is_ascii_digit)
                && bytes.get(i + digits + 2).is_some_and(u8::is_ascii_digit)
        }
    })?;
    let mut scan = Scan { rest: &text[start..] };
    let mut hour = scan.digits(1, 2)?;
    scan.one(&[':', '.', 'h', 'H'])?;
    let minute = scan.digits(2, 2)?;
    let mut second = 0;
    let mut nanos = 0;
    if scan.rest.starts_with(':') && scan.rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        scan.one(&[':']);
        second = scan.digits(1, 2)?.min(59);
        if scan.one(&['.', ',']).is_some() {
            let digits: String = scan.rest.chars().take_while(char::is_ascii_digit).collect();
            scan.rest = &scan.rest[digits.len()..];
            nanos = format!("{digits:0<9}")[..9].parse().unwrap_or(0);
        }
    }
    let rest = scan.rest.trim_start();
    let lower: String = rest.chars().take(8).flat_map(char::to_lowercase).filter(|c| *c != '.').collect();
    let mut zone_at = rest;
    if lower.starts_with("pm") || lower.starts_with("am") {
        if lower.starts_with("pm") && hour < 12 {
            hour += 12;
        } else if lower.starts_with("am") && hour == 12 {
            hour = 0;
        }
        zone_at = rest.trim_start_matches(|c: char| c.is_alphabetic() || c == '.').trim_start();
    }
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?;
    Some((time, zone(zone_at)))
}

/// `23時41分`, `午後11時41分`, `오후 11시 41분`, right at the beginning.
fn east_asian_clock(text: &str) -> Option<NaiveTime> {
    let text = text.trim_start();
    let before_noon = ["午前", "上午", "오전"].iter().find_map(|w| text.strip_prefix(w));
    let after_noon = ["午後", "下午", "오후"].iter().find_map(|w| text.strip_prefix(w));
    let mut scan = Scan { rest: before_noon.or(after_noon).unwrap_or(text).trim_start() };
    let hour = scan.digits(1, 2)?;
    scan.one(&['時', '时', '點', '点', '시'])?;
    scan.space();
    let minute = scan.digits(1, 2).unwrap_or(0);
    let noon = u32::from(after_noon.is_some() && hour < 12) * 12;
    NaiveTime::from_hms_opt(hour + noon, minute, 0)
}

/// `Z`, `+02:00`, `+0200`, `+02`, `UTC`, and the abbreviations that mean one offset only.
fn zone(text: &str) -> Option<FixedOffset> {
    let text = text.trim_start().trim_start_matches(['(', '[']);
    if let Some(rest) = text.strip_prefix(['+', '-', '−']) {
        let digits: String = rest.chars().filter(|c| *c != ':').take_while(char::is_ascii_digit).take(4).collect();
        let (h, m) = match digits.len() {
            2 => (digits.parse::<i32>().ok()?, 0),
            4 => (digits[..2].parse::<i32>().ok()?, digits[2..].parse::<i32>().ok()?),
            _ => return None,
        };
        let seconds = h * 3600 + m * 60;
        return FixedOffset::east_opt(if text.starts_with('+') { seconds } else { -seconds });
    }
    let word: String = text.chars().take_while(|c| c.is_ascii_alphabetic()).collect::<String>().to_ascii_uppercase();
    let minutes = match word.as_str() {
        "Z" | "UTC" | "GMT" | "WET" => 0,
        "CET" | "MEZ" | "WEST" => 60,
        "CEST" | "MESZ" | "EET" | "SAST" => 120,
        "EEST" | "MSK" => 180,
        "EDT" => -240,
        "EST" | "CDT" => -300,
        "MDT" => -360,
        "PDT" | "MST" => -420,
        "PST" => -480,
        "JST" | "KST" => 540,
        "AEST" => 600,
        "AEDT" => 660,
        _ => return None,
    };
    FixedOffset::east_opt(minutes * 60)
}

/// Days written out: `28 April 2023`, `April 28, 2023`, `28.04.2023`, `28/4/2023`, `2 de mayo de 2022`.
fn written_out(text: &str) -> Option<Dated> {
    let words: Vec<(usize, &str)> = tokens(text);
    for (i, (at, word)) in words.iter().enumerate() {
        let after = |n: usize| words.get(i + n).map(|(_, w)| *w);
        // 28.04.2023, 28/04/2023, 28-04-23
        if let Some((date, end)) = numeric(text, *at, word) {
            return Some(with_time(date, &text[end..]));
        }
        let Some(month) = month(word) else { continue };
        let before: Vec<&str> = words[..i].iter().rev().map(|(_, w)| *w).filter(|w| !is_filler(w)).take(1).collect();
        let following: Vec<(usize, &str)> =
            words[i + 1..].iter().filter(|(_, w)| !is_filler(w)).take(2).copied().collect();
        let number = |w: &str| w.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok();
        let year_of = |w: &str| number(w).filter(|y| (1990..2100).contains(y));
        // “28 April 2023”
        if let (Some(d), Some((pos, y))) = (
            before.first().and_then(|w| number(w)),
            following.first().and_then(|(p, w)| Some((*p + w.len(), year_of(w)?))),
        ) && let Some(date) = NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, month, d)
        {
            return Some(with_time(date, &text[pos..]));
        }
        // “April 28, 2023”
        if let (Some((_, d)), Some((p, y))) = (following.first(), following.get(1))
            && let (Some(d), Some(y)) = (number(d), year_of(y))
            && let Some(date) = NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, month, d)
        {
            return Some(with_time(date, &text[*p + 4..]));
        }
        let _ = after;
    }
    None
}

/// Words with where they start: runs of letters and digits.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let inside = c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}');
        match (start, inside) {
            (None, true) => start = Some(i),
            (Some(s), false) => {
                out.push((s, &text[s..i]));
                start = None;
            }
            _ => {}
        }
    }
    out
}

fn is_filler(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "de" | "del"
            | "di"
            | "of"
            | "den"
            | "le"
            | "st"
            | "nd"
            | "rd"
            | "th"
            | "г"
            | "року"
            | "os"
            | "da"
            | "do"
            | "at"
            | "año"
    )
}

fn numeric(text: &str, at: usize, word: &str) -> Option<(NaiveDate, usize)> {
    if word.len() > 2 || !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut scan = Scan { rest: &text[at..] };
    let a = scan.digits(1, 2)?;
    let sep = scan.one(&['.', '/', '-'])?;
    scan.rest = scan.rest.trim_start_matches(' ');
    let b = scan.digits(1, 2)?;
    scan.one(&[sep])?;
    scan.rest = scan.rest.trim_start_matches(' ');
    let digits = scan.rest.bytes().take_while(u8::is_ascii_digit).count();
    let year = match digits {
        4 => scan.digits(4, 4)?,
        2 => 2000 + scan.digits(2, 2)?,
        _ => return None,
    };
    if !(1990..2100).contains(&year) {
        return None;
    }
    let year = i32::try_from(year).ok()?;
    // Day first, as most of the world writes; month first only where the day can't be one.
    let date = NaiveDate::from_ymd_opt(year, b, a).or_else(|| NaiveDate::from_ymd_opt(year, a, b))?;
    Some((date, text.len() - scan.rest.len()))
}

/// A calendar day from its digits.
pub(super) fn day(year: &str, month: &str, day: &str) -> Option<Dated> {
    let year: i32 = year.parse().ok()?;
    (1990..2100).contains(&year).then_some(())?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?).map(Dated::of_day)
}

/// A month by its name; a word of two letters is none.
fn month(word: &str) -> Option<u32> {
    let lower = word.to_lowercase();
    (lower.chars().count() >= 3 && lower.starts_with(char::is_alphabetic)).then(|| months::month(&lower)).flatten()
}

struct Scan<'a> {
    rest: &'a str,
}

impl Scan<'_> {
    fn digits(&mut self, min: usize, max: usize) -> Option<u32> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if !(min..=max).contains(&count) {
            return None;
        }
        let value = self.rest[..count].parse().ok()?;
        self.rest = &self.rest[count..];
        Some(value)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn one(&mut self, allowed: &[char]) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| allowed.contains(c))?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }
}
