use crate::extract::{ExtractError, OtherPage};
use crate::retriever::refusal::Refusal;
use article::Timestamp;
use queue::Outcome;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use store::StoreError;
use web::{Away, FetchError, Phase};

fn text(word: &str) -> String {
    word.to_owned()
}

/// Every refusal with what it becomes.
#[test]
fn what_each_refusal_becomes() {
    let at = Timestamp::parse_rfc3339("2026-11-24T09:30:00Z").unwrap();
    let host = || text("aurora.example");
    let no_article = |kind| Refusal::Extract(ExtractError::NoArticle { kind, why: text("seen") });
    let every = vec![
        ("taken down", Refusal::TakenDown { url: text("u") }),
        ("source away", Refusal::SourceAway { source_id: text("s") }),
        ("too old", Refusal::TooOld { published: at, days: 30 }),
        ("robots", Refusal::Disallowed { host: host() }),
        ("crawl delay", Refusal::TooSlow { host: host() }),
        ("robots unknown", Refusal::RobotsUnknown { host: host(), why: text("500"), retry_at: at }),
        ("host busy", Refusal::HostBusy { free_at: at }),
        ("unfinished", Refusal::Unfinished { next: 3 }),
        ("slots away", Refusal::SlotsAway(Away { why: text("refused") })),
        ("gone", Refusal::Gone { what: text("404") }),
        ("unchanged", Refusal::Unchanged),
        ("slow down", Refusal::SlowDown { status: 429, until: at }),
        ("5xx", Refusal::ServerError { status: 502 }),
        ("4xx", Refusal::ClientError { status: 401 }),
        ("reserved", Refusal::Reserved { signal: text("tdm-reservation: 1") }),
        ("message too large", Refusal::TooLarge { bytes: 2, limit: 1 }),
        ("broken", Refusal::Broken(text("panic"))),
        ("fetch url", Refusal::Fetch(FetchError::Url { why: text("no host") })),
        ("fetch scheme", Refusal::Fetch(FetchError::Scheme { scheme: text("ftp") })),
        ("fetch port", Refusal::Fetch(FetchError::Port { port: 25 })),
        ("fetch url too long", Refusal::Fetch(FetchError::UrlTooLong { limit: 2_048 })),
        ("fetch inward", Refusal::Fetch(FetchError::Forbidden { host: host(), ip: IpAddr::V4(Ipv4Addr::LOCALHOST) })),
        ("fetch dns", Refusal::Fetch(FetchError::Dns { host: host(), why: text("none") })),
        ("fetch connect", Refusal::Fetch(FetchError::Connect { host: host(), why: text("refused") })),
        ("fetch tls", Refusal::Fetch(FetchError::Tls { host: host(), why: text("expired") })),
        ("fetch timeout", Refusal::Fetch(FetchError::Timeout { host: host(), what: Phase::Total, limit_ms: 1 })),
        ("fetch too large", Refusal::Fetch(FetchError::TooLarge { host: host(), limit: 1 })),
        ("fetch loop", Refusal::Fetch(FetchError::RedirectLoop { host: host() })),
        ("fetch redirects", Refusal::Fetch(FetchError::TooManyRedirects { host: host(), limit: 5 })),
        ("fetch redirect", Refusal::Fetch(FetchError::BadRedirect { host: host() })),
        ("fetch cut off", Refusal::Fetch(FetchError::CutOff { host: host(), why: text("reset") })),
        ("fetch header", Refusal::Fetch(FetchError::BadHeader { host: host(), why: text("not HTTP") })),
        ("fetch encoding", Refusal::Fetch(FetchError::Encoding { host: host(), why: text("gzip") })),
        ("not html", Refusal::Extract(ExtractError::NotHtml(text("image/png")))),
        ("charset", Refusal::Extract(ExtractError::Charset { bad: 50, chars: 100 })),
        ("consent", Refusal::Extract(ExtractError::Consent(text("wall")))),
        ("blocked", Refusal::Extract(ExtractError::Blocked(text("wall")))),
        ("no title", Refusal::Extract(ExtractError::NoTitle)),
        ("bad address", Refusal::Extract(ExtractError::Address(article::UrlError::TooLong { len: 9_999 }))),
        ("video", no_article(OtherPage::Video)),
        ("gallery", no_article(OtherPage::Gallery)),
        ("audio", no_article(OtherPage::Audio)),
        ("live blog", no_article(OtherPage::LiveBlog)),
        ("front", no_article(OtherPage::Front)),
        ("search", no_article(OtherPage::Search)),
        ("thin", no_article(OtherPage::Thin)),
        ("store away", Refusal::Store(StoreError::Away(text("refused")))),
        ("store conflict", Refusal::Store(StoreError::Conflict(text("deadlock")))),
        ("store newer", Refusal::Store(StoreError::NewerSchema { found: 2, known: 1 })),
        ("store settings", Refusal::Store(StoreError::Settings(text("no such database")))),
        ("store address", Refusal::Store(StoreError::Address(text("not an address")))),
        ("store broken", Refusal::Store(StoreError::Broken(text("no such column")))),
    ];
    let mut table = String::new();
    for (name, refusal) in every {
        let outcome = Outcome::from(refusal);
        let more = match &outcome {
            Outcome::Retry { not_before: Some(at), .. } => format!(", not before {at}"),
            Outcome::Done(_) | Outcome::Drop { .. } | Outcome::Retry { .. } | Outcome::Dead { .. } => String::new(),
        };
        writeln!(table, "{name}: {} {}{more}", outcome.name(), outcome.reason()).unwrap();
    }
    insta::assert_snapshot!(table, @r"
    taken down: drop taken_down
    source away: drop source_away
    too old: drop too_old
    robots: drop robots
    crawl delay: drop robots
    robots unknown: retry robots_unknown, not before 2026-11-24T09:30:00Z
    host busy: retry host_busy, not before 2026-11-24T09:30:00Z
    unfinished: retry host_busy
    slots away: retry dependency_away
    gone: drop gone
    unchanged: drop unchanged
    slow down: retry rate_limited, not before 2026-11-24T09:30:00Z
    5xx: retry server_error
    4xx: dead client_error
    reserved: drop no_article
    message too large: dead too_large
    broken: dead internal
    fetch url: drop bad_address
    fetch scheme: drop bad_address
    fetch port: drop bad_address
    fetch url too long: drop bad_address
    fetch inward: dead forbidden_address
    fetch dns: retry unreachable
    fetch connect: retry unreachable
    fetch tls: retry unreachable
    fetch timeout: retry timed_out
    fetch too large: dead too_large
    fetch loop: dead redirect_loop
    fetch redirects: dead redirect_loop
    fetch redirect: dead redirect_loop
    fetch cut off: retry cut_off
    fetch header: dead client_error
    fetch encoding: retry cut_off
    not html: drop not_html
    charset: dead charset
    consent: drop consent
    blocked: dead blocked
    no title: dead extraction
    bad address: drop bad_address
    video: drop not_text
    gallery: drop not_text
    audio: drop not_text
    live blog: drop not_text
    front: drop no_article
    search: drop no_article
    thin: dead extraction
    store away: retry dependency_away
    store conflict: retry conflict
    store newer: retry dependency_away
    store settings: dead internal
    store address: dead internal
    store broken: dead internal
    ");
}
