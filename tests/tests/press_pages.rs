//! Every page of the press, as the fetcher reads it, beside what is true of it: headline, standfirst, authors, time and
//! language are exactly those, every block of the story is there and is what it is, and nothing is there but the story
//! and what its carrier says around it. Nine languages' templates, with their clutter.

use article::Block;
use fetcher::extract::{Dated, Extracted, Hints, PageBytes, extract};
use press::{Expected, Press, PressSettings, RunningPress, TruthRow};
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HOST};
use std::time::Duration;

/// Seeds and articles of each: what all templates and languages take.
const SEEDS: [u64; 3] = [7501, 7502, 7503];
const ARTICLES: u32 = 500;

#[tokio::test]
async fn pages_are_read_as_they_are_meant() {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut wrong = Vec::new();
    let (mut read, mut credits, mut credited) = (0, 0, 0);
    for seed in SEEDS {
        let settings = PressSettings { seed, publishers: 40, instant: true, articles: ARTICLES, ..Default::default() };
        let press = Press::new(settings).start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        for row in press.truth().iter().filter(|row| row.expected == Expected::Article) {
            match page(&client, &press, row).await {
                Ok(found) => {
                    wrong.extend(differences(row, &found).map(|d| format!("{seed} {}: {d}", row.url.as_str())));
                    credits += usize::from(row.credit.is_some());
                    credited += usize::from(row.credit.as_ref().is_some_and(|c| found.primary.credits.contains(c)));
                }
                Err(why) => wrong.push(format!("{seed} {}: {why}", row.url.as_str())),
            }
            read += 1;
        }
    }
    assert!(read > 1_000 && credits > 200, "{read} articles may be read, {credits} name their source");
    // In how many words a carrier says whose text it is has no end.
    assert!(credited * 100 >= credits * 85, "of {credits} named sources {credited} are read");
    assert!(
        wrong.is_empty(),
        "{} differences in {read} pages:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

async fn page(client: &Client, press: &RunningPress, row: &TruthRow) -> Result<Extracted, String> {
    let url = row.url.url().ok_or("no address")?;
    let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(80));
    let mut here = url.clone();
    here.set_host(Some("127.0.0.1")).map_err(|e| e.to_string())?;
    here.set_port(Some(press.addr().port())).map_err(|()| "no port")?;
    let answer = client.get(here).header(HOST, host).send().await.map_err(|e| e.to_string())?;
    let content_type = answer.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let bytes = answer.bytes().await.map_err(|e| e.to_string())?;
    let content_type = content_type.as_deref();
    let page = PageBytes { bytes: &bytes, url: row.url.as_str(), content_type, headers: &[], received_at: None };
    extract(&page, &Hints::default()).map_err(|e| e.to_string())
}

fn differences(row: &TruthRow, found: &Extracted) -> impl Iterator<Item = String> {
    let field = |name: &str, ours: String, theirs: String| {
        (ours != theirs).then(|| format!("{name} is {ours:?} and should be {theirs:?}"))
    };
    let subtitle = found.subtitle.clone().unwrap_or_default();
    let ours: Vec<String> = found.blocks.iter().filter_map(told).collect();
    let theirs: Vec<String> = row.blocks.iter().filter_map(told).collect();
    let carrier = |text: &String| {
        row.head.iter().chain(&row.tail).any(|p| text == &format!("paragraph: {}", article::squeeze(p)))
    };
    let missing = theirs.iter().filter(|b| !ours.contains(b)).map(|b| format!("lacks {b:?}"));
    let more = ours.iter().filter(|b| !theirs.contains(b) && !carrier(b)).map(|b| format!("has too much: {b:?}"));
    let fields = [
        field("title", found.title.clone(), row.title.clone()),
        field("standfirst", subtitle, row.subtitle.clone()),
        field("authors", found.authors.join(", "), row.authors.join(", ")),
        field("section", found.section.as_str().to_owned(), row.section.as_str().to_owned()),
        field("language", found.language.clone().unwrap_or_default(), row.language.code().to_owned()),
        (!is_then(found.published.as_ref(), row))
            .then(|| format!("published {:?}, not {}", found.published, row.published)),
    ];
    let all: Vec<String> = fields.into_iter().flatten().chain(missing).chain(more).collect();
    all.into_iter()
}

/// A block and what it is, without a heading's level. Pictures are no text.
fn told(block: &Block) -> Option<String> {
    Some(match block {
        Block::Paragraph { text } => format!("paragraph: {}", article::squeeze(text)),
        Block::Heading { text, .. } => format!("heading: {text}"),
        Block::Quote { text } => format!("quote: {text}"),
        Block::List { items, .. } => format!("list: {}", items.join(" | ")),
        Block::Figure { .. } => return None,
    })
}

/// To the minute; where a page shows no zone its clock is its own country's.
fn is_then(found: Option<&Dated>, row: &TruthRow) -> bool {
    let Some(found) = found else { return false };
    let zoned = found.written.len() > "2026-11-29T03:00:00".len();
    let apart = Duration::from_millis(found.at.millis().abs_diff(row.published.millis()));
    apart < if zoned { Duration::from_secs(60) } else { Duration::from_secs(14 * 3600) }
}
