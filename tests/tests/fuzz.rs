//! Broken input by the million: nothing that reads the web's bytes may panic or hang, whatever they are.
//!
//! Inputs are the corpus's own files (or a few seeds, where there is no corpus), cut, doubled, mixed and strewn
//! with what parsers stumble over. A run tries a few hundred; the long run is
//! `WIREROOM_FUZZ_INPUTS=1000000 cargo test --release -p wireroom-tests --test it -- fuzz:: --nocapture`.
//! A failure names its seed and leaves the input in a file; `WIREROOM_FUZZ_KEEP=N` keeps input N, such as a slow one.

use article::CanonicalUrl;
use fetcher::extract::{Hints, PageBytes, extract};
use fetcher::feed::{FeedContext, discover, parse, parse_date};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};
use url::Url;
use web::robots::RobotsTxt;

/// What parsers stumble over.
const STONES: &[&[u8]] = &[
    b"<",
    b">",
    b"&",
    b"\"",
    b"'",
    b"=",
    b"/",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<!DOCTYPE ",
    b"[",
    b"{",
    b"}",
    b",",
    b"\\u",
    b"\\ud800",
    b"&#x80;",
    b"&#55296;",
    b"&#999999999999;",
    b"&nbsp;",
    b"\xc3",
    b"\xe2\x80\x94",
    b"\0",
    b"\xff\xfe",
    b"</item>",
    b"<item>",
    b"<entry>",
    b"xml:base=\"",
    b"<script>",
    b"</p>",
    b"<div>",
    b"<table><p>",
    b"<svg><",
    b"<template>",
    b"<meta charset=utf-16>",
    b"<script type=application/ld+json>{",
    b"<base href=//[",
    b"2026-",
    b":",
    b"%",
    b"%e2%80",
    b"http://",
    b"@",
    b"(",
    b"*",
    b"$",
    b"\r",
    b"Disallow: *",
    b"User-agent: ",
];

/// Xorshift: the same seed gives the same run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (below.max(1) as u64)).unwrap()
    }

    fn spoil(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.roll(seeds.len())].clone();
        for _ in 0..=self.roll(12) {
            let at = self.roll(bytes.len() + 1);
            let to = (at + self.roll(200)).min(bytes.len());
            match self.roll(6) {
                0 if at < bytes.len() => bytes[at] = u8::try_from(self.roll(256)).unwrap(),
                1 => bytes.truncate(at),
                2 => drop(bytes.drain(at..to)),
                3 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
                4 => {
                    let other = &seeds[self.roll(seeds.len())];
                    let from = self.roll(other.len() + 1);
                    let piece = other[from..(from + 100).min(other.len())].to_vec();
                    drop(bytes.splice(at..at, piece));
                }
                _ => drop(bytes.splice(at..at, STONES[self.roll(STONES.len())].iter().copied())),
            }
        }
        bytes
    }
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// Bytes that a long run may hold more at its end than after its first tenth: what a leak of a few hundred bytes an
/// input would pass in a million.
const GROWTH: u64 = 200_000_000;

/// Bytes of memory that the process holds; 0 where the system does not say.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// Time this thread has worked, whatever else the machine does; none where the system does not say.
fn worked() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = stat.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Tries `read` on spoiled inputs: `few` of them unless the environment says how many.
fn spoil(target: &str, few: usize, seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    let inputs = number("WIREROOM_FUZZ_INPUTS").unwrap_or(few);
    let seed = number("WIREROOM_FUZZ_SEED").unwrap_or(20_261_124);
    let mut dice = Dice(seed as u64 | 1);
    let (began, mut slowest, mut held) = (Instant::now(), (Duration::ZERO, 0), 0);
    for n in 0..inputs {
        let input = dice.spoil(seeds);
        let before = worked();
        if catch_unwind(AssertUnwindSafe(|| read(&input))).is_err() {
            let file = std::env::temp_dir().join(format!("wireroom-fuzz-{target}-{seed}-{n}"));
            std::fs::write(&file, &input).unwrap();
            panic!("{target}: input {n} of seed {seed} panics; it is kept in {}", file.display());
        }
        slowest = slowest.max((worked().saturating_sub(before), n));
        if number("WIREROOM_FUZZ_KEEP") == Some(n) {
            std::fs::write(std::env::temp_dir().join(format!("wireroom-fuzz-{target}-{seed}-{n}")), &input).unwrap();
        }
        if n == inputs / 10 {
            held = resident();
        }
        if inputs >= 100_000 && n > 0 && n % (inputs / 10) == 0 {
            eprintln!("{target}: {n} inputs in {} s, the slowest is {slowest:?}", began.elapsed().as_secs());
        }
    }
    let grown = resident().saturating_sub(held);
    let (time, n) = slowest;
    eprintln!("{target}: {inputs} inputs, input {n} took longest with {time:?}; {} MB more memory", grown / 1_000_000);
    assert!(grown <= GROWTH, "{target}: {grown} bytes more memory after {inputs} inputs");
}

/// Files of the corpus with this ending, none larger than `bytes`; `own` where there is no corpus.
fn seeds(folder: &str, ending: &str, bytes: usize, own: &[&str]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = own.iter().map(|s| s.as_bytes().to_vec()).collect();
    let Some(shared) = harness::shared_folder() else { return found };
    let Ok(files) = std::fs::read_dir(shared.join("corpus").join(folder)) else { return found };
    let mut paths: Vec<_> = files.map(|f| f.unwrap().path()).filter(|p| is_seed(p, ending)).collect();
    paths.sort();
    found.extend(paths.iter().map(|p| std::fs::read(p).unwrap()).filter(|b| b.len() <= bytes));
    found
}

fn is_seed(path: &Path, ending: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(ending) && name != "truth.json" && name != "manifest.json"
}

const RSS: &str = "<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>T &amp; t</title><link>http://example.org/</link><item><title><![CDATA[One <b>two</b>]]></title><link>/1</link><pubDate>Tue, 24 Nov 2026 09:30:00 +0100</pubDate><dc:creator>A (b@c)</dc:creator></item></channel></rss>";

#[test]
fn feeds() {
    let mut seeds_of_all = seeds("feeds", "", 20_000, &[RSS]);
    seeds_of_all.extend(seeds("feeds_real", "", 20_000, &[]));
    let charsets =
        [None, Some("text/xml; charset=big5"), Some("application/xml; charset=utf-16"), Some("x; charset=iso-2022-jp")];
    spoil("feeds", 2_000, &seeds_of_all, |bytes| {
        let content_type = charsets[bytes.len() % charsets.len()];
        let context = FeedContext { url: Some("https://example.org/a/b"), content_type, ..FeedContext::default() };
        let _ = parse(bytes, &context).map(|feed| feed.verify());
        let _ = discover(&String::from_utf8_lossy(bytes), "https://example.org/");
    });
}

#[test]
fn dates() {
    let own = [
        "Tue, 24 Nov 2026 09:30:00 +0100",
        "2026-11-24T09:30:00.123Z",
        "20261124T093000",
        "2004년 05월 28일 오후 01:31:15",
        "Κυρ, 11 Ιούλ 2004 12:00:00 EST",
        "2004-július-13T9:15-05:00",
        "mar., 24 nov. 2026 à 9h30",
        "11/24/2026 9:30 p.m.",
    ];
    let seeds = own.map(|s| s.as_bytes().to_vec());
    spoil("dates", 20_000, &seeds, |bytes| {
        let _ = parse_date(&String::from_utf8_lossy(bytes));
    });
}

#[test]
fn pages() {
    let own = "<html><head><title>T</title><script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"H\"}</script></head><body><article><h1>H</h1><p>One paragraph of text, long enough to be one.</p></article></body></html>";
    // Of each page its head, and pieces of what follows: whole ones take a hundred times as long and break no sooner.
    let pages = seeds("fundus/html", ".html", 2_000_000, &[own]);
    let head = |page: &[u8]| page[..page.len().min(3_000)].to_vec();
    let pieces = |page: &[u8]| page.chunks(4_000).skip(1).step_by(9).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let seeds: Vec<Vec<u8>> = pages
        .iter()
        .flat_map(|page| pieces(page).into_iter().map(move |piece| [head(page), piece].concat()).chain([head(page)]))
        .collect();
    spoil("pages", 300, &seeds, |bytes| {
        let page = PageBytes {
            bytes,
            url: "https://www.example.org/news/1",
            content_type: Some("text/html"),
            headers: &[],
            received_at: None,
        };
        let _ = extract(&page, &Hints::default());
    });
}

#[test]
fn charsets() {
    let text = "<html><head><meta charset=\"{}\"><title>Größe, 大きさ, размер</title></head><body><article><h1>Größe</h1><p>Der Zug fährt um fünf; поезд идёт в пять; 列車は五時に出る。</p></article></body></html>";
    let labels =
        ["utf-8", "utf-16le", "windows-1252", "iso-8859-15", "koi8-r", "shift_jis", "euc-kr", "gb18030", "big5"];
    let own: Vec<String> = labels.iter().map(|label| text.replace("{}", label)).collect();
    let mut seeds_of_all: Vec<Vec<u8>> = own.iter().map(|s| s.as_bytes().to_vec()).collect();
    seeds_of_all.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    seeds_of_all.push([0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect());
    seeds_of_all.extend(seeds("feeds", "", 4_000, &[RSS]));
    let types = labels.map(|label| format!("text/html; charset={label}"));
    spoil("charsets", 2_000, &seeds_of_all, |bytes| {
        let content_type = types.get(bytes.len() % (types.len() + 3)).map(String::as_str);
        let url = "https://www.example.org/news/1";
        let page = PageBytes { bytes, url, content_type, headers: &[], received_at: None };
        let _ = extract(&page, &Hints::default());
        let _ = parse(bytes, &FeedContext { url: Some(url), content_type, ..FeedContext::default() });
    });
}

#[test]
fn robots() {
    let own = "User-agent: *\nDisallow: /a*b$\nAllow: /a/\nCrawl-delay: 3\nSitemap: https://example.org/s.xml\nContent-Usage: train-ai=n\n";
    let seeds = seeds("robots/real", "", 100_000, &[own]);
    let url = Url::parse("https://example.org/a/b?c=%2a").unwrap();
    spoil("robots", 2_000, &seeds, |bytes| {
        let rules = RobotsTxt::parse(bytes, "wireroom");
        let _ = (rules.allows(&url), rules.crawl_delay(), rules.content_usage(&url));
    });
}

#[test]
fn addresses() {
    let own = [
        "https://user:pw@Example.org:443/a/../b//c;jsessionid=1?utm_source=x&b=%2f&a=1#top",
        "http://[::ffff:127.0.0.1]/",
        "https://bücher.example/ü",
        "HTTP://example.org./%7ejoe",
        "https://example.org/?a&&b==&=c",
    ];
    let seeds = own.map(|s| s.as_bytes().to_vec());
    spoil("addresses", 20_000, &seeds, |bytes| {
        if let Ok(once) = CanonicalUrl::parse(&String::from_utf8_lossy(bytes)) {
            assert_eq!(CanonicalUrl::parse(once.as_str()).as_ref(), Ok(&once), "canonicalising twice changes nothing");
            let _ = (once.host(), once.path(), once.domain());
        }
    });
}
