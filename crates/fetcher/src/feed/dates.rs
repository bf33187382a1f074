//! Dates as feeds write them.
//!
//! RFC 822 and its successors, ISO 8601 and W3C-DTF, asctime, and what content systems of the world make of
//! them: full or foreign month names, missing weekdays, seconds or zones, slashes, dots, CJK units. One lenient
//! reader takes all of them: it splits a text into numbers, words and marks, takes out the time and the zone
//! behind it, and reads what is left as a date.

use super::months::month;
use article::Timestamp;
use chrono::NaiveDate;

/// Reads a date; UTC where it names no zone. `None` if no date can be made out or there is no such day.
///
/// Numbers only, year last, are day first (`24/11/2026`), unless that can't be or the time has AM or PM, which
/// is how Americans write. Years from 1900 to 2200 are believed; two digits mean 1970 to 2069.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // Nothing that is a date is longer.
    if text.is_empty() || text.len() > 120 {
        return None;
    }
    let tokens = lex(text);
    let mut used = vec![false; tokens.len()];
    let clock = clock(&tokens, &mut used);
    let (year, month, day) = calendar(&tokens, &used, clock.twelve_hours)?;
    if !(1900..=2200).contains(&year) {
        return None;
    }
    let midnight = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    Some(Timestamp::from_secs(midnight + clock.seconds - clock.offset))
}

#[derive(Clone, PartialEq, Debug)]
enum Lexeme {
    /// Value and how many digits it was written with.
    Number(u32, usize),
    /// In lower case.
    Word(String),
    Mark(char),
    Space,
}

use Lexeme::{Mark, Number, Space, Word};

fn lex(text: &str) -> Vec<Lexeme> {
    let mut out = Vec::with_capacity(16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = |f: fn(char) -> bool| rest.find(|c| !f(c)).unwrap_or(rest.len());
        if c.is_ascii_digit() {
            let length = run(|c| c.is_ascii_digit());
            // A number too large for any date reads as one that fits none.
            out.push(Number(rest[..length].parse().unwrap_or(u32::MAX), length));
            rest = &rest[length..];
        } else if is_unit(c) {
            out.push(Word(c.to_string()));
            rest = &rest[c.len_utf8()..];
        } else if c.is_alphabetic() || is_mark_of_word(c) {
            let length = run(|c| (c.is_alphabetic() || is_mark_of_word(c)) && !is_unit(c));
            out.push(Word(rest[..length].to_lowercase()));
            rest = &rest[length..];
        } else if c.is_whitespace() {
            let length = run(char::is_whitespace);
            out.push(Space);
            rest = &rest[length..];
        } else {
            out.push(Mark(if matches!(c, '−' | '–' | '‐') { '-' } else { c }));
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Year, month, day, hour, minute, second in Chinese and Japanese, Korean.
fn is_unit(c: char) -> bool {
    matches!(c, '年' | '月' | '日' | '号' | '时' | '時' | '分' | '秒' | '년' | '월' | '일' | '시' | '초')
}

/// Vowel signs of Indic scripts are no letters, but stand in words.
fn is_mark_of_word(c: char) -> bool {
    matches!(c as u32, 0x0900..=0x0963 | 0x0300..=0x036f)
}

/// A time of day.
#[derive(Default)]
struct Clock {
    /// Since midnight.
    seconds: i64,
    /// East of UTC, in seconds.
    offset: i64,
    /// Written with AM or PM.
    twelve_hours: bool,
}

fn clock(tokens: &[Lexeme], used: &mut [bool]) -> Clock {
    let number = |i: usize| match tokens.get(i) {
        Some(Number(n, digits)) => Some((i64::from(*n), *digits)),
        _ => None,
    };
    let is_mark = |i: usize, c: char| tokens.get(i) == Some(&Mark(c));
    let is_word = |i: usize, words: &[&str]| matches!(tokens.get(i), Some(Word(w)) if words.contains(&w.as_str()));
    let separates = |i: usize| is_mark(i, ':') || is_word(i, &["h", "时", "時", "시", "분", "分", "uhr"]);
    let skip_space = |i: usize| if tokens.get(i) == Some(&Space) { i + 1 } else { i };

    let mut clock = Clock::default();
    // Where the time begins: a number of one or two digits with `:` or an hour's unit and a number behind it …
    let colon = (0..tokens.len()).find(|i| {
        number(*i).is_some_and(|(n, digits)| digits <= 2 && n <= 24)
            && separates(i + 1)
            && number(skip_space(i + 2)).is_some_and(|(n, digits)| digits <= 2 && n < 60)
    });
    // … or digits behind `T` (ISO 8601 basic format, or hours alone).
    let basic = (1..tokens.len())
        .find(|i| is_word(*i, &["t"]) && number(i + 1).is_some_and(|(_, d)| d <= 6) && number(i - 1).is_some());
    let (from, mut at) = match (colon, basic) {
        (Some(i), _) => {
            let hours = number(i).map_or(0, |(n, _)| n);
            let mut at = skip_space(i + 2);
            let minutes = number(at).map_or(0, |(n, _)| n);
            at += 1;
            let mut seconds = 0;
            if separates(at) {
                let next = skip_space(at + 1);
                if let Some((n, _)) = number(next).filter(|(n, digits)| *digits <= 2 && *n <= 61) {
                    seconds = n;
                    at = next + 1;
                } else {
                    at += 1;
                }
            }
            clock.seconds = hours * 3600 + minutes * 60 + seconds;
            (i, at)
        }
        (None, Some(t)) => {
            let (n, digits) = number(t + 1).unwrap_or((0, 0));
            clock.seconds = match digits {
                1 | 2 => n * 3600,
                3 | 4 => n / 100 * 3600 + n % 100 * 60,
                _ => n / 10_000 * 3600 + n / 100 % 100 * 60 + n % 100,
            };
            (t, t + 2)
        }
        (None, None) => return clock,
    };
    // A fraction of a second.
    if (is_mark(at, '.') || is_mark(at, ',')) && number(at + 1).is_some() {
        at += 2;
    }
    if is_word(at, &["秒", "초", "h", "分", "분", "时", "時", "uhr"]) {
        at += 1;
    }
    used[from..at.min(tokens.len())].fill(true);
    if from > 0 && is_word(from - 1, &["t"]) {
        used[from - 1] = true;
    }
    half_day(tokens, used, from, at, &mut clock);
    clock.offset = zone(tokens, used, at);
    clock
}

/// AM and PM, behind the time or, in East Asia, before it.
fn half_day(tokens: &[Lexeme], used: &mut [bool], from: usize, at: usize, clock: &mut Clock) {
    for (i, token) in tokens.iter().enumerate() {
        let near = i + 3 >= from && i <= at + 3;
        let Word(word) = token else { continue };
        let after_noon = match word.as_str() {
            "pm" | "오후" | "下午" | "午後" | "μμ" | "ΜΜ" | "م" => true,
            "am" | "오전" | "上午" | "午前" | "πμ" | "ص" => false,
            // `p.m.`
            "p" | "a" if tokens.get(i + 1) == Some(&Mark('.')) && tokens.get(i + 2) == Some(&Word("m".to_owned())) => {
                word == "p"
            }
            _ => continue,
        };
        if !near {
            continue;
        }
        used[i] = true;
        clock.twelve_hours = true;
        let hour = clock.seconds / 3600;
        if after_noon && hour < 12 {
            clock.seconds += 12 * 3600;
        } else if !after_noon && hour == 12 {
            clock.seconds -= 12 * 3600;
        }
        return;
    }
}

/// The zone behind the time: `Z`, `+01:00`, `-0500`, `EST`, `GMT+1`.
fn zone(tokens: &[Lexeme], used: &mut [bool], at: usize) -> i64 {
    let mut named = None;
    let mut i = at;
    while i < tokens.len() && i < at + 8 {
        match &tokens[i] {
            Space | Mark('(' | ')' | '[' | ']' | ',' | '.') => {}
            Word(word) => {
                if let Some(hours) = zone_name(word) {
                    used[i] = true;
                    named = named.or(Some(hours));
                }
            }
            Mark(sign @ ('+' | '-')) => {
                let Some(Number(n, digits)) = tokens.get(i + 1) else { break };
                let n = i64::from(*n);
                let (seconds, end) = match digits {
                    1 | 2 => match (tokens.get(i + 2), tokens.get(i + 3)) {
                        (Some(Mark(':')), Some(Number(m, _))) => (n * 3600 + i64::from(*m).min(59) * 60, i + 4),
                        _ => (n * 3600, i + 2),
                    },
                    3 | 4 => (n / 100 * 3600 + n % 100 * 60, i + 2),
                    _ => break,
                };
                // UTC+14 is the furthest there is; beyond that it is a typing error, and UTC the best guess.
                if seconds > 15 * 3600 {
                    used[i..end].fill(true);
                    return 0;
                }
                used[i..end].fill(true);
                return if *sign == '-' { -seconds } else { seconds };
            }
            Number(..) | Mark(_) => break,
        }
        i += 1;
    }
    named.unwrap_or(0)
}

/// Seconds east of UTC. Names that two parts of the world share mean what RFC 822 says, else the larger press.
fn zone_name(word: &str) -> Option<i64> {
    let quarters = match word {
        "z" | "ut" | "utc" | "gmt" | "wet" => 0,
        "bst" | "west" | "cet" | "met" | "mez" => 4,
        "cest" | "mest" | "mesz" | "eet" | "sast" | "cat" => 8,
        "eest" | "msk" | "trt" | "eat" => 12,
        "msd" | "gst" => 16,
        "pkt" => 20,
        "ist" => 22,
        "npt" => 23,
        "ict" | "wib" => 28,
        "hkt" | "sgt" | "awst" | "pht" | "wita" => 32,
        "jst" | "kst" | "wit" => 36,
        "aest" => 40,
        "aedt" => 44,
        "nzst" => 48,
        "nzdt" => 52,
        "brt" | "art" | "adt" => -12,
        "ast" | "edt" | "clt" => -16,
        "est" | "et" | "cdt" | "pet" | "cot" => -20,
        "cst" | "ct" | "mdt" => -24,
        "mst" | "mt" | "pdt" => -28,
        "pst" | "pt" | "akdt" => -32,
        "akst" => -36,
        "hst" => -40,
        _ => return None,
    };
    Some(quarters * 900)
}

/// Year, month and day from what the time has left.
fn calendar(tokens: &[Lexeme], used: &[bool], american: bool) -> Option<(i32, u32, u32)> {
    let left = || tokens.iter().zip(used).filter(|(_, used)| !**used).map(|(t, _)| t);
    // The last word that names a month: `mar., 24 nov.` begins with a Tuesday.
    let named = left().filter_map(|t| if let Word(w) = t { month(w) } else { None }).next_back();
    let numbers: Vec<(u32, usize)> =
        left().filter_map(|t| if let Number(n, digits) = t { Some((*n, *digits)) } else { None }).collect();
    let separator = left().find_map(|t| if let Mark(c @ ('/' | '.' | '-')) = t { Some(*c) } else { None });

    if let Some(month) = named {
        let (first, second) = (numbers.first()?, numbers.get(1)?);
        let (year, day) = if first.1 >= 3 || first.0 > 31 { (first, second) } else { (second, first) };
        return Some((full_year(*year)?, month, day.0));
    }
    match numbers[..] {
        // 20261124, 261124
        [(n, 8), ..] => Some((i32::try_from(n / 10_000).ok()?, n / 100 % 100, n % 100)),
        [(n, 6)] => Some((full_year((n / 10_000, 2))?, n / 100 % 100, n % 100)),
        // 2026328: ISO 8601 ordinal date
        [(n, 7)] => ordinal(n / 1000, n % 1000),
        [(y, 4), (n, 3)] => ordinal(y, n),
        [(y, 4), (m, 1 | 2), (d, 1 | 2), ..] => Some((i32::try_from(y).ok()?, m, d)),
        [(y, 4), (m, 1 | 2)] => Some((i32::try_from(y).ok()?, m, 1)),
        [(y, 4), (n, 4)] => Some((i32::try_from(y).ok()?, n / 100, n % 100)),
        [(y, 4)] => Some((i32::try_from(y).ok()?, 1, 1)),
        [(a, 1 | 2), (b, 1 | 2), (y, 4), ..] => {
            let year = i32::try_from(y).ok()?;
            let month_first = b > 12 || (american && a <= 12 && separator != Some('.'));
            Some(if month_first { (year, a, b) } else { (year, b, a) })
        }
        // 03-12-31 is ISO's short form; with dots or slashes the year stands last.
        [(a, 2), (b, 1 | 2), (c, 1 | 2), ..] if separator == Some('-') || separator.is_none() => {
            Some((full_year((a, 2))?, b, c))
        }
        [(a, 1 | 2), (b, 1 | 2), (c, 2), ..] => {
            let month_first = b > 12 || (american && a <= 12 && separator != Some('.'));
            let year = full_year((c, 2))?;
            Some(if month_first { (year, a, b) } else { (year, b, a) })
        }
        _ => None,
    }
}

fn ordinal(year: u32, day: u32) -> Option<(i32, u32, u32)> {
    use chrono::Datelike;
    let date = NaiveDate::from_yo_opt(i32::try_from(year).ok()?, day)?;
    Some((date.year(), date.month(), date.day()))
}

fn full_year((year, digits): (u32, usize)) -> Option<i32> {
    let year = i32::try_from(year).ok()?;
    Some(match digits {
        1 | 2 if year < 70 => 2000 + year,
        1 | 2 => 1900 + year,
        // RFC 2822 section 4.3: a year of three digits counts from 1900.
        3 => 1900 + year,
        _ => year,
    })
}
