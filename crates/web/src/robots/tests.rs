//! The parser, by the RFC's own examples and by real files with their truth.

use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("WIREROOM_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let robots = shared.join("corpus/robots");
    if robots.is_dir() {
        return Some(robots);
    }
    eprintln!("SKIPPED: no robots.txt corpus at {}", robots.display());
    None
}

#[derive(Deserialize)]
struct Case {
    source: String,
    test: String,
    robots: RobotsBytes,
    agent: String,
    #[serde(default)]
    url: String,
    allowed: Option<bool>,
    crawl_delay: Option<f64>,
}

#[derive(Deserialize)]
struct RealFile {
    path: String,
    sitemaps: Vec<String>,
    crawl_delay: BTreeMap<String, f64>,
    decisions: Vec<Decision>,
}

#[derive(Deserialize)]
struct Decision {
    agent: String,
    url: String,
    allowed: bool,
}

/// Cases that are right, and the names of those that aren't.
fn score(cases: &[Case], source: &str) -> (usize, Vec<String>) {
    let of_source = || cases.iter().filter(|c| c.source == source);
    let is_right = |case: &Case| match case.allowed {
        Some(allowed) => decide(&case.robots.0, &case.agent, &case.url) == allowed,
        None => crawl_delay(&case.robots.0, &case.agent).map(|d| d.as_secs_f64()) == case.crawl_delay,
    };
    let wrong = of_source().filter(|c| !is_right(c)).map(|c| format!("{} {}", c.test, c.url)).collect::<Vec<_>>();
    (of_source().count() - wrong.len(), wrong)
}

#[test]
fn published_cases() {
    let Some(corpus) = corpus() else { return };
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(corpus.join("cases.json")).unwrap()).unwrap();
    assert_eq!(score(&cases, "google/robotstxt"), (142, vec![]));
    // What is left of protego's is told in the module's documentation; nothing else may join it.
    let (right, wrong) = score(&cases, "scrapy/protego");
    const LEFT: &[&str] = &[
        "test_unicode_url_and_useragent",
        "test_grouping_unknown_keys",
        "test_generosity",
        "test_percentage_encoding",
        "test_special_symbols_dual_behaviour",
        "test_with_absolute_urls",
        "test_user_agent_precedence",
    ];
    assert!(wrong.iter().all(|w| LEFT.iter().any(|l| w.contains(l))), "{wrong:#?}");
    assert!(right >= 363, "{right}: {wrong:#?}");
}

#[test]
fn real_files() {
    let Some(corpus) = corpus() else { return };
    let files: Vec<RealFile> = serde_json::from_slice(&std::fs::read(corpus.join("real.json")).unwrap()).unwrap();
    let (mut total, mut wrong) = (0, Vec::new());
    for file in &files {
        let robots = std::fs::read(corpus.join(&file.path)).unwrap();
        // The truth takes a byte order mark for a part of the first line: it says nothing about such a file.
        if robots.starts_with(b"\xef\xbb\xbf") {
            continue;
        }
        for d in &file.decisions {
            total += 1;
            if decide(&robots, &d.agent, &d.url) != d.allowed {
                wrong.push(format!("{} {} {}", file.path, d.agent, d.url));
            }
        }
        for (agent, seconds) in &file.crawl_delay {
            let delay = crawl_delay(&robots, agent).map(|d| d.as_secs_f64());
            assert_eq!(delay, Some(*seconds), "{} {agent}", file.path);
        }
        assert_eq!(**RobotsTxt::parse(&robots, "Wireroom").sitemaps(), *file.sitemaps, "{}", file.path);
    }
    assert!(total > 10_000, "{total}");
    assert!(wrong.is_empty(), "{} of {total}: {wrong:#?}", wrong.len());
}

#[track_caller]
fn check(robots: &str, url: &str, allowed: bool) {
    assert_eq!(decide(robots.as_bytes(), "Wireroom", url), allowed, "{url} by {robots}");
    let parsed = url::Url::parse(url).unwrap();
    assert_eq!(RobotsTxt::parse(robots.as_bytes(), "Wireroom").allows(&parsed), allowed, "{url} by {robots}");
}

#[test]
fn the_rfcs_own_examples() {
    // RFC 9309, section 5.1 and 5.2.
    let simple = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                  User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                  User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n";
    check(simple, "https://example.com/a.gif", false);
    check(simple, "https://example.com/a.gif?b", true);
    check(simple, "https://example.com/publications/a", true);
    assert!(!decide(simple.as_bytes(), "FooBot", "https://example.com/publications/"));
    assert!(decide(simple.as_bytes(), "foobot", "https://example.com/example/page.html"));
    assert!(!decide(simple.as_bytes(), "bazbot", "https://example.com/example/page.html"));
    assert!(decide(simple.as_bytes(), "quxbot", "https://example.com/example/"));
    let longest = "User-Agent: wireroom\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
    check(longest, "https://example.com/example/page/", true);
    check(longest, "https://example.com/example/page/disallowed.gif", false);
}

#[test]
fn groups_of_one_agent_are_merged_and_everybodys_left() {
    let robots = "User-agent: wireroom/2.0 (news)\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\n\
                  User-agent: other\nUser-agent: WIREROOM\nDisallow: /b\n";
    check(robots, "https://example.org/a", false);
    check(robots, "https://example.org/b", false);
    check(robots, "https://example.org/c", true);
    assert!(!decide(robots.as_bytes(), "Wire", "https://example.org/c"));
}

#[test]
fn escapes_compare_as_the_same_address() {
    let robots = "User-agent: *\nDisallow: /%7esmith/ö/%2f/%61<\nDisallow: /price$list\nDisallow: /star%2a/";
    check(robots, "https://example.org/~smith/%C3%B6/%2F/a%3C", false);
    check(robots, "https://example.org/%7Esmith/%c3%b6/%2F/a<", false);
    check(robots, "https://example.org/~smith/%C3%B6///a%3C", true);
    check(robots, "https://example.org/price$list", false);
    check(robots, "https://example.org/price%24list", false);
    check(robots, "https://example.org/star*/", false);
    check(robots, "https://example.org/starry/", true);
}

#[test]
fn a_file_is_read_whatever_its_bytes() {
    let robots =
        b"\xef\xbb\xbfUSER-AGENT:*\rdisallow:/a#b\r\nDisallow /c\nDisallow: /\xff\xfe\nNonsense\n:\nAllow: /a/b";
    assert!(!decide(robots, "Wireroom", "https://example.org/a"));
    assert!(decide(robots, "Wireroom", "https://example.org/a/b"));
    assert!(!decide(robots, "Wireroom", "https://example.org/c"));
    assert!(!decide(robots, "Wireroom", "https://example.org/%FF%FE"));
    assert!(decide(b"<html><body>Disallow: /</body></html>", "Wireroom", "https://example.org/"));
}

#[test]
fn robots_txt_itself_is_always_allowed() {
    check("User-agent: *\nDisallow: /", "https://example.org/robots.txt", true);
}

#[test]
fn delays_are_numbers_of_seconds_and_the_longest_counts() {
    let delay = |text: &str| crawl_delay(format!("User-agent: *\n{text}").as_bytes(), "Wireroom");
    assert_eq!(delay("Crawl-delay: 1.5 # slow"), Some(std::time::Duration::from_millis(1_500)));
    assert_eq!(delay("Crawl-delay: 1\nCrawl-delay: 3\nCrawl-delay: 2"), Some(std::time::Duration::from_secs(3)));
    for junk in ["Crawl-delay: soon", "Crawl-delay: -1", "Crawl-delay: NaN", "Crawl-delay: 1e999", "Crawl-delay:"] {
        assert_eq!(delay(junk), None, "{junk}");
    }
    // A delay alone is a group of its own: it doesn't borrow the next agent's rules.
    let robots = b"User-agent: wireroom\nCrawl-delay: 5\n\nUser-agent: *\nDisallow: /";
    assert!(decide(robots, "Wireroom", "https://example.org/a"));
}

#[test]
fn usage_is_the_longest_matching_lines() {
    let robots = b"User-agent: *\nContent-Usage: bots=y\nContent-Usage: /img/ train-ai=n\nAllow: /\n\n\
                   User-agent: other\nContent-Usage: train-ai=y\n";
    let parsed = RobotsTxt::parse(robots, "Wireroom");
    let usage = |url: &str| parsed.content_usage(&url::Url::parse(url).unwrap()).map(str::to_owned);
    assert_eq!(usage("https://example.org/a").as_deref(), Some("bots=y"));
    assert_eq!(usage("https://example.org/img/a").as_deref(), Some("train-ai=n"));
    assert_eq!(RobotsTxt::parse(b"User-agent: *\nContent-Usage:\n", "Wireroom"), RobotsTxt::default());
}

proptest::proptest! {
    #[test]
    fn no_file_and_no_address_is_too_odd(robots: Vec<u8>, agent: String, url: String) {
        let _ = decide(&robots, &agent, &url);
        let _ = crawl_delay(&robots, &agent);
    }

    #[test]
    fn a_pattern_is_what_a_simple_matcher_says(pattern in "/[ab*]{0,8}[$]?", path in "/[ab]{0,8}") {
        fn simple(pattern: &[u8], path: &[u8]) -> bool {
            match (pattern.first(), path.first()) {
                (None, _) => true,
                (Some(b'$'), end) => end.is_none(),
                (Some(b'*'), _) => (0..=path.len()).any(|n| simple(&pattern[1..], &path[n..])),
                (Some(p), Some(c)) => p == c && simple(&pattern[1..], &path[1..]),
                (Some(_), None) => false,
            }
        }
        let robots = format!("User-agent: *\nDisallow: {pattern}");
        let url = format!("https://example.org{path}");
        proptest::prop_assert_eq!(!decide(robots.as_bytes(), "Wireroom", &url), simple(pattern.as_bytes(), path.as_bytes()));
    }
}

#[test]
fn a_hostile_file_costs_no_more_than_its_length() {
    // 500 KiB of one pattern full of stars, and of many patterns, against a path that almost matches: with
    // backtracking this would not end.
    let path = format!("https://example.org/{}", "a".repeat(2_000));
    let one = format!("User-agent: *\nDisallow: /{}b", "a*".repeat(250_000));
    assert!(decide(one.as_bytes(), "Wireroom", &path));
    let many = "User-agent: *\n".to_owned() + &format!("Disallow: /{}b\n", "*a".repeat(20)).repeat(9_000);
    assert!(decide(many.as_bytes(), "Wireroom", &path));
}
