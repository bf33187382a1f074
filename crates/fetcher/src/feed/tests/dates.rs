use crate::feed::parse_date;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(parse_date(text).map(|t| t.rfc3339()).as_deref(), Some(expected), "{text}");
}

#[track_caller]
fn check_none(text: &str) {
    assert_eq!(parse_date(text), None, "{text}");
}

#[test]
fn rfc_822_and_what_is_made_of_it() {
    check("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z");
    check("Thu, 01 Jan 04 19:48 GMT", "2004-01-01T19:48:00Z");
    check("01 Jan 2004 19:48:21 +0530", "2004-01-01T14:18:21Z");
    check("Thu,  1 January 2004 19:48:21 EST", "2004-01-02T00:48:21Z");
    check("Thursday, January 1, 2004 7:48:21 PM PST", "2004-01-02T03:48:21Z");
    check("Thu, Jan 01 2004 12:00:00 AM", "2004-01-01T00:00:00Z");
    check("1-Jan-2004 19:48 UTC+1", "2004-01-01T18:48:00Z");
    check("Thu, 01 Jan 2004 19:48:21 GMT-0500", "2004-01-02T00:48:21Z");
    check("Thu, 01 Jan 2004", "2004-01-01T00:00:00Z");
    check("Tue, 31 Dec 1985 23:59:60 GMT", "1986-01-01T00:00:00Z");
    check("Thu, 31 Dec 98 10:00 Z", "1998-12-31T10:00:00Z");
    check("Thu, 01 Jan 2004 19:48:21 +9999", "2004-01-01T19:48:21Z");
}

#[test]
fn iso_8601_in_every_length() {
    check("2003-12-31T10:14:55Z", "2003-12-31T10:14:55Z");
    check("2003-12-31T10:14:55.123-08:00", "2003-12-31T18:14:55Z");
    check("2003-12-31T10:14:55+0200", "2003-12-31T08:14:55Z");
    check("2003-12-31 10:14", "2003-12-31T10:14:00Z");
    check("20031231T101455Z", "2003-12-31T10:14:55Z");
    check("2003-12-31T10Z", "2003-12-31T10:00:00Z");
    check("20031231", "2003-12-31T00:00:00Z");
    check("2003-12-31", "2003-12-31T00:00:00Z");
    check("2003-12", "2003-12-01T00:00:00Z");
    check("2003", "2003-01-01T00:00:00Z");
    check("2003-335", "2003-12-01T00:00:00Z");
    check("2003335", "2003-12-01T00:00:00Z");
    check("03-12-31", "2003-12-31T00:00:00Z");
    check("2003-12-31T24:00:00Z", "2004-01-01T00:00:00Z");
}

#[test]
fn other_orders_and_marks() {
    check("Sun Jan 04 16:29:06 PST 2004", "2004-01-05T00:29:06Z");
    check("Sun Jan  4 16:29:06 2004", "2004-01-04T16:29:06Z");
    check("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z");
    check("2020/1/10 14:33:00", "2020-01-10T14:33:00Z");
    check("24.11.2026 09:30", "2026-11-24T09:30:00Z");
    check("24/11/2026 09:30", "2026-11-24T09:30:00Z");
    check("11/24/2026 9:30:00 PM", "2026-11-24T21:30:00Z");
    check("4/5/2026 9:30:00 PM", "2026-04-05T21:30:00Z");
    check("4/5/2026 21:30", "2026-05-04T21:30:00Z");
}

#[test]
fn other_languages() {
    check("2004년 05월 28일 오후 01:31:15", "2004-05-28T13:31:15Z");
    check("2004-05-25 오후 11:23:17", "2004-05-25T23:23:17Z");
    check("2004-05-28 13:31:15.0", "2004-05-28T13:31:15Z");
    check("2026年11月24日 下午3:05", "2026-11-24T15:05:00Z");
    check("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z");
    check("Σαβ, 18 Ιουν 2005 09:00:00 GMT", "2005-06-18T09:00:00Z");
    check("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z");
    check("2004-február-11T10:00+01:00", "2004-02-11T09:00:00Z");
    check("mar., 24 nov. 2026 09:30:00 +0100", "2026-11-24T08:30:00Z");
    check("mardi 24 novembre 2026 à 9h30", "2026-11-24T09:30:00Z");
    check("Di, 24 Dez 2026 09:30:00 MEZ", "2026-12-24T08:30:00Z");
    check("Вт, 24 ноя 2026 12:30:00 +0300", "2026-11-24T09:30:00Z");
    check("24 Kasım 2026 09:30", "2026-11-24T09:30:00Z");
    check("24. marraskuuta 2026", "2026-11-24T00:00:00Z");
    check("24 listopada 2026, 09:30", "2026-11-24T09:30:00Z");
    check("24 نوفمبر 2026", "2026-11-24T00:00:00Z");
}

#[test]
fn what_is_no_date() {
    for text in
        ["", "yesterday", "Thu, 32 Jan 2004 19:48:21 GMT", "2003-13-01", "99999999999999999999", "12:30", "0000-00-00"]
    {
        check_none(text);
    }
}

proptest! {
    #[test]
    fn any_text_is_a_date_or_none(text in "\\PC{0,60}") {
        parse_date(&text);
    }

    #[test]
    fn digits_and_marks_never_panic(text in "[0-9TZ:+./ apm年월-]{0,40}") {
        parse_date(&text);
    }

    #[test]
    fn every_second_comes_back_from_both_standard_forms(secs in -2_208_988_800_i64..7_258_118_400) {
        let time = article::Timestamp::from_secs(secs);
        prop_assert_eq!(parse_date(&time.rfc3339()), Some(time));
        prop_assert_eq!(parse_date(&time.rfc2822()), Some(time));
    }
}
