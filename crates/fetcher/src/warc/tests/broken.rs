//! Broken records cost nothing but themselves.

use super::archives::{LIMITS, answer, found, gzip, info, record, small};
use crate::warc::read::{Found, read};
use crate::warc::record::{Content, Flaw};
use std::ops::ControlFlow;

const A: &str = "https://aurora.example/a";
const B: &str = "https://aurora.example/b";
const C: &str = "https://aurora.example/c";

/// The addresses that were read, and what stands in their place where they weren't.
fn summary(archive: &[u8]) -> Vec<String> {
    found(archive, 0)
        .into_iter()
        .map(|found| match found.what {
            Ok(Content::Response { url, .. }) => url.rsplit('/').next().unwrap().to_owned(),
            Ok(Content::TooLarge) => "too large".to_owned(),
            Ok(Content::Truncated) => "truncated".to_owned(),
            Ok(Content::Other) => "other".to_owned(),
            Err(flaw) => format!("{}: {flaw}", found.at),
        })
        .collect()
}

#[track_caller]
fn check(archive: &[u8], expected: &[&str]) {
    assert_eq!(summary(archive), expected);
}

#[test]
fn plain_and_compressed_archives_hold_the_same() {
    let records = [info(), small(A), small(B)];
    check(&records.concat(), &["other", "a", "b"]);
    check(&records.iter().flat_map(|r| gzip(r)).collect::<Vec<u8>>(), &["other", "a", "b"]);
    check(&gzip(&records.concat()), &["other", "a", "b"]);
    check(b"", &[]);
}

#[test]
fn line_ends_may_be_bare_and_more_or_fewer_than_two() {
    let bare = String::from_utf8(small(A)).unwrap().replacen("\r\n\r\nHTTP", "\n\nHTTP", 1).into_bytes();
    let mut archive = [bare, b"\r\n\r\n".to_vec(), small(B)].concat();
    archive.truncate(archive.len() - 2);
    check(&archive, &["a", "b"]);
}

#[test]
fn garbage_between_records_is_named_with_its_place() {
    let archive = [small(A), b"<html>not a record</html>\r\n".to_vec(), small(B)].concat();
    let place = small(A).len();
    check(&archive, &["a", &format!("{place}: it doesn't begin as a record"), "b"]);
}

#[test]
fn a_length_that_is_wrong_takes_no_other_record_with_it() {
    let length = |from: &str, to: &str| String::from_utf8(small(B)).unwrap().replacen(from, to, 1).into_bytes();
    let whole = String::from_utf8(small(B)).unwrap();
    let honest = whole.lines().find(|line| line.starts_with("Content-Length")).unwrap();
    let place = small(A).len();
    for (lie, why) in [
        ("Content-Length: 3", "its Content-Length doesn't fit its block"),
        ("Content-Length: 9000", "the archive ends before it does"),
        ("Content-Length: 99999999999", "the archive ends before it does"),
        ("Content-Length: many", "its Content-Length is missing or no number"),
    ] {
        let archive = [small(A), length(honest, lie), small(C)].concat();
        check(&archive, &["a", &format!("{place}: {why}"), "c"]);
    }
    // Long enough to end inside the next record.
    let archive = [small(A), length(honest, "Content-Length: 200"), small(C)].concat();
    check(&archive, &["a", &format!("{place}: its Content-Length doesn't fit its block"), "c"]);
}

#[test]
fn a_member_that_is_damaged_or_cut_takes_no_other_with_it() {
    let members = [gzip(&small(A)), gzip(&small(B)), gzip(&small(C))];
    let (start, middle) = (members[0].len(), members[1].len() / 2);
    for at in [12, middle, members[1].len() - 6] {
        let mut damaged = members.clone();
        damaged[1][at] ^= 0xff;
        let seen = summary(&damaged.concat());
        assert_eq!((seen.len(), seen[0].as_str(), seen[2].as_str()), (3, "a", "c"), "{seen:?}");
        assert!(seen[1].starts_with(&format!("{start}: ")), "{seen:?}");
    }
    for kept in [4, middle, members[1].len() - 1] {
        let archive = [&members[0], &members[1][..kept], &members[2]].concat();
        let seen = summary(&archive);
        assert_eq!((seen.len(), seen[0].as_str(), seen[2].as_str()), (3, "a", "c"), "{kept}: {seen:?}");
    }
    check(
        &[&members[0][..], &members[1][..middle]].concat(),
        &["a", &format!("{start}: the archive ends before it does")],
    );
}

#[test]
fn what_is_too_much_is_left_out() {
    let large = record(B, &answer(200, "", &vec![b'x'; LIMITS.record]));
    check(&[small(A), large, small(C)].concat(), &["a", "too large", "c"]);
    let endless = [b"WARC/1.0\r\n".to_vec(), vec![b'x'; 5_000]].concat();
    let place = small(A).len();
    let archive = [small(A), endless, b"\r\n".to_vec(), small(C)].concat();
    check(&archive, &["a", &format!("{place}: its header is longer than 1000 bytes"), "c"]);
    let cut = String::from_utf8(small(B)).unwrap().replacen("\r\n", "\r\nWARC-Truncated: length\r\n", 1).into_bytes();
    check(&[small(A), cut].concat(), &["a", "truncated"]);
}

#[test]
fn what_says_neither_where_nor_when_is_broken() {
    for (field, why) in [("WARC-Date", "WARC-Date"), ("WARC-Target-URI", "WARC-Target-URI")] {
        let without = String::from_utf8(small(A)).unwrap().replacen(field, "WARC-Other", 1).into_bytes();
        check(&[without, small(B)].concat(), &[&format!("0: its {why} is missing or can't be read"), "b"]);
    }
}

#[test]
fn every_place_to_go_on_from_gives_the_rest() {
    let plain: Vec<u8> = [info(), small(A), b"junk\n".to_vec(), small(B), small(C)].concat();
    let packed: Vec<u8> = [info(), small(A), small(B), small(C)].iter().flat_map(|r| gzip(r)).collect();
    for archive in [plain, packed] {
        let all = found(&archive, 0);
        assert_eq!(all.last().unwrap().then, archive.len() as u64);
        for (n, done) in all.iter().enumerate() {
            let rest = found(&archive, usize::try_from(done.then).unwrap());
            assert_eq!(rest, all[n + 1..], "after {n}");
        }
    }
}

#[test]
fn whoever_has_enough_is_given_no_more() {
    for archive in [
        [small(A), small(B)].concat(),
        [gzip(&small(A)), gzip(&small(B))].concat(),
        gzip(&[small(A), small(B)].concat()),
    ] {
        let mut all: Vec<Found> = Vec::new();
        read(archive.as_slice(), 0, &LIMITS, |found| {
            all.push(found);
            ControlFlow::Break(())
        })
        .unwrap();
        assert_eq!(all.len(), 1);
    }
}

/// A file that can't be read is the file's fault, not a record's.
#[test]
fn a_disk_that_fails_is_no_broken_record() {
    struct Failing<'a>(&'a [u8]);
    impl std::io::Read for Failing<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() { Err(std::io::Error::other("the disk is gone")) } else { self.0.read(into) }
        }
    }
    for archive in [small(A), gzip(&small(A))] {
        let half = &archive[..archive.len() / 2];
        let mut seen = 0;
        let read = read(Failing(half), 0, &LIMITS, |_| {
            seen += 1;
            ControlFlow::Continue(())
        });
        assert!(read.is_err() && seen == 0, "{read:?} {seen}");
    }
}

#[test]
fn flaws_are_told_apart() {
    assert_eq!(found(b"WARC/1.0\r\nA: b", 0)[0].what, Err(Flaw::CutOff));
}
