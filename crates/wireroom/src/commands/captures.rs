//! `wireroom captures`.

use crate::age;
use crate::cli::{Captures as Asked, ExportCaptures};
use crate::house::House;
use crate::output::line;
use anyhow::{Context, bail};
use article::{ArticleId, CanonicalUrl, Timestamp};
use fetcher::warc::Writer;
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use store::{CaptureHead, Store};

/// Heads read at a time.
const PAGE: u32 = 500;

/// Carries out a command about captures.
pub(crate) async fn run(house: &Arc<House>, asked: Asked) -> anyhow::Result<()> {
    let Asked::Export(asked) = asked;
    let store = house.store().await?;
    let wanted = Wanted::read(&store, &asked).await?;
    match &asked.to {
        Some(path) => {
            let cant = || format!("can't write {}", path.display());
            let file = std::fs::File::create(path).with_context(cant)?;
            let gzip = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
            let count = export(&store, &wanted, BufWriter::new(file), gzip).await.with_context(cant)?;
            line(format!("{count} written to {}", path.display()));
        }
        None => {
            export(&store, &wanted, std::io::stdout(), false).await?;
        }
    }
    Ok(())
}

/// Which captures.
struct Wanted {
    articles: Option<BTreeSet<ArticleId>>,
    host: Option<String>,
    since: Timestamp,
}

impl Wanted {
    async fn read(store: &Store, asked: &ExportCaptures) -> anyhow::Result<Self> {
        let since = match &asked.since {
            Some(age) => Timestamp::now().minus(age::parse(age).map_err(anyhow::Error::msg)?),
            None => Timestamp(0),
        };
        let mut articles = BTreeSet::new();
        for name in &asked.articles {
            articles.extend(ids(store, name).await?);
        }
        let host = asked.host.as_ref().map(|host| host.trim().to_ascii_lowercase());
        Ok(Self { articles: (!asked.articles.is_empty()).then_some(articles), host, since })
    }

    fn has(&self, head: &CaptureHead) -> bool {
        let host = || url::Url::parse(&head.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let is_of = |articles: &BTreeSet<ArticleId>| {
            articles.contains(&head.article) || head.part_of.as_ref().is_some_and(|whole| articles.contains(whole))
        };
        self.articles.as_ref().is_none_or(is_of)
            && self.host.as_ref().is_none_or(|wanted| host().as_ref() == Some(wanted))
    }
}

/// An article's own name, and that of the address under which a page was fetched that could not be read.
async fn ids(store: &Store, name: &str) -> anyhow::Result<Vec<ArticleId>> {
    if let Ok(id) = name.parse() {
        return Ok(vec![id]);
    }
    let Ok(url) = CanonicalUrl::parse(name) else { bail!("“{name}” is neither an address nor an article's id") };
    let known = store.article_by_url(url.as_str()).await?.map(|stored| stored.article.id);
    Ok(known.into_iter().chain([ArticleId::of(&url)]).collect())
}

async fn export(store: &Store, wanted: &Wanted, out: impl Write, gzip: bool) -> anyhow::Result<u64> {
    let software = concat!("Wireroom/", env!("CARGO_PKG_VERSION"));
    let mut writer = Writer::new(out, gzip, software, Timestamp::now())?;
    let (mut count, mut after) = (0, None);
    loop {
        let heads = store.captures_after(wanted.since, after.as_ref(), PAGE).await?;
        let Some(last) = heads.last() else { break };
        after = Some(last.clone());
        for head in heads.iter().filter(|head| wanted.has(head)) {
            // It may have been taken down or forgotten since.
            if let Some(capture) = store.capture(&head.article).await? {
                writer.write(&capture)?;
                count += 1;
            }
        }
    }
    writer.finish()?;
    Ok(count)
}
