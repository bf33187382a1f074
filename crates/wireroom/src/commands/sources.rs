//! `wireroom sources`.

use crate::cli::Sources as Asked;
use crate::commands::takedown::audit;
use crate::house::House;
use crate::output::{json, line, table};
use crate::sources::file::{feed_url, read, section};
use crate::sources::live;
use crate::sources::sync::{Change, plan};
use crate::{age, ask};
use anyhow::{Context, bail};
use article::{Carry, Feed, Origin, Source, SourceId, Timestamp};
use fetcher::feed::discover;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::FeedHealth;
use web::Client;

/// Carries out a command about sources.
pub(crate) async fn run(house: &Arc<House>, asked: Asked) -> anyhow::Result<()> {
    let store = house.store().await?;
    match asked {
        Asked::Add { url, name, carry, section: of, language, yes, unchecked } => {
            let carry = carry_named(carry.as_deref())?.unwrap_or(house.settings.sources.carry);
            let of = of.map(|n| section(&n).map_err(anyhow::Error::msg)).transpose()?;
            let url = feed_url(&url).map_err(anyhow::Error::msg)?;
            let found = if unchecked { Found::unread(&url) } else { find(&house.client()?, &url, yes).await? };
            let name = name.or(found.title).unwrap_or_else(|| host(&url));
            let source = Source {
                home: found.home,
                language: language.or(found.language),
                section: of,
                ..Source::new(
                    &name,
                    carry,
                    Origin::Person,
                    found.feeds.iter().map(|feed| Feed::new(feed, of)).collect(),
                )
            };
            let source = merged(store.source(&source.id).await?, source);
            let new = store.put_source(&source).await?;
            audit(&store, "source.add", source.id.as_str(), &url).await?;
            line(format!(
                "{} {} ({}), carried: {}",
                if new { "added" } else { "updated" },
                source.name,
                source.id,
                source.carry.as_str()
            ));
            source.feeds.iter().for_each(|feed| line(format!("  {}", feed.url)));
            if let Err(why) = house.settings.may_poll() {
                line(format!("note: {why}"));
            }
        }
        Asked::Import { file } => {
            let sources = read(&file, house.settings.sources.carry, Origin::Person)?;
            let mut new = 0;
            for source in &sources {
                new += usize::from(store.put_source(&merged(store.source(&source.id).await?, source.clone())).await?);
            }
            audit(&store, "source.import", &file.display().to_string(), &format!("{} sources", sources.len())).await?;
            line(format!("{}: {} sources, {new} of them new", file.display(), sources.len()));
        }
        Asked::List { json: true } => json(&store.sources().await?)?,
        Asked::List { json: false } => list(&store.sources().await?),
        Asked::Remove { id } => {
            let id = known(&store, &id).await?;
            store.remove_source(&id).await?;
            audit(&store, "source.remove", id.as_str(), "").await?;
            line(format!("removed {id}; its articles stay"));
        }
        Asked::Pause { id } => pause(&store, &id, true).await?,
        Asked::Resume { id } => pause(&store, &id, false).await?,
        Asked::Poll { id } => {
            let id = known(&store, &id).await?;
            let source = store.source(&id).await?.context("it was removed a moment ago")?;
            for feed in &source.feeds {
                store.poll_now(&feed.id).await?;
            }
            line(format!("{id}: {} feeds are due now", source.feeds.len()));
        }
        Asked::Check { what, json: as_json } => check(house, what.as_deref(), as_json).await?,
        Asked::Health { json: true } => json(&store.feed_health(Timestamp::now()).await?)?,
        Asked::Health { json: false } => health(&store.feed_health(Timestamp::now()).await?),
        Asked::Sync { files, dry_run, prune, prune_any } => sync(house, &files, dry_run, prune, prune_any).await?,
    }
    Ok(())
}

/// What is at an address: a feed, or a site that names its feeds.
struct Found {
    title: Option<String>,
    home: Option<String>,
    language: Option<String>,
    feeds: Vec<String>,
}

impl Found {
    fn unread(url: &str) -> Self {
        Self { title: None, home: None, language: None, feeds: vec![url.to_owned()] }
    }
}

async fn find(client: &Client, url: &str, yes: bool) -> anyhow::Result<Found> {
    let response = live::fetch(client, url).await?;
    let why = match live::read(&response) {
        Ok(feed) => {
            line(format!("{url}: {} entries", feed.items.len()));
            return Ok(Found {
                title: feed.title,
                home: feed.home,
                language: feed.language,
                feeds: vec![url.to_owned()],
            });
        }
        Err(why) => why,
    };
    let offered = discover(&String::from_utf8_lossy(&response.body), response.url.as_str());
    if offered.is_empty() {
        bail!("{url} is no feed ({why}), and it names none; give the feed's own address");
    }
    line(format!("{url} is a page that names {} feeds:", offered.len()));
    for (i, feed) in offered.iter().enumerate() {
        line(format!("  {}. {} – {}", i + 1, feed.title.as_deref().unwrap_or("(no title)"), feed.url));
    }
    let chosen = if yes || offered.len() == 1 {
        offered.iter().map(|f| f.url.clone()).collect()
    } else {
        let answer = ask::ask("Which (numbers parted by commas)", Some("1"))
            .context("several feeds and nobody to ask: give one feed's address, or --yes for all")?;
        answer
            .split(',')
            .map(|n| {
                let n: usize = n.trim().parse().with_context(|| format!("“{n}” is no number"))?;
                offered.get(n.wrapping_sub(1)).map(|f| f.url.clone()).with_context(|| format!("there is no feed {n}"))
            })
            .collect::<anyhow::Result<Vec<_>>>()?
    };
    let first = match live::fetch(client, &chosen[0]).await {
        Ok(response) => live::read(&response).ok(),
        Err(_) => None,
    };
    let (title, language) = first.map(|f| (f.title, f.language)).unwrap_or_default();
    Ok(Found { title, home: Some(url.to_owned()), language, feeds: chosen })
}

/// A source added again keeps the feeds it had.
fn merged(stored: Option<Source>, mut source: Source) -> Source {
    if let Some(stored) = stored {
        for feed in stored.feeds {
            if !source.feeds.iter().any(|f| f.id == feed.id) {
                source.feeds.push(feed);
            }
        }
        source.paused = stored.paused;
    }
    source
}

fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_else(|| url.to_owned())
}

fn carry_named(name: Option<&str>) -> anyhow::Result<Option<Carry>> {
    name.map(|n| Carry::from_name(n).with_context(|| format!("--carry {n}: full, excerpt or headline is expected")))
        .transpose()
}

async fn known(store: &store::Store, id: &str) -> anyhow::Result<SourceId> {
    let sources = store.sources().await?;
    if let Some(source) = sources.iter().find(|s| s.id.as_str() == id) {
        return Ok(source.id.clone());
    }
    let nearest = sources
        .iter()
        .map(|s| (strsim::jaro_winkler(id, s.id.as_str()), s.id.as_str()))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score > 0.7);
    match nearest {
        Some((_, near)) => bail!("there is no source “{id}”: did you mean “{near}”?"),
        None => bail!("there is no source “{id}”: `wireroom sources list` shows them"),
    }
}

async fn pause(store: &store::Store, id: &str, paused: bool) -> anyhow::Result<()> {
    let id = known(store, id).await?;
    store.pause_source(&id, paused).await?;
    audit(store, if paused { "source.pause" } else { "source.resume" }, id.as_str(), "").await?;
    line(format!("{id} is {}", if paused { "paused" } else { "polled again" }));
    Ok(())
}

fn list(sources: &[Source]) {
    if sources.is_empty() {
        line("no sources yet: wireroom sources add https://example.org/feed");
        return;
    }
    let rows: Vec<Vec<String>> = sources
        .iter()
        .map(|s| {
            let state = if s.paused { "paused" } else { "on" };
            let language = s.language.clone().unwrap_or_else(|| "–".to_owned());
            vec![
                s.id.to_string(),
                s.name.clone(),
                language,
                s.carry.as_str().to_owned(),
                state.to_owned(),
                s.feeds.len().to_string(),
            ]
        })
        .collect();
    table(&["id", "name", "lang", "carry", "state", "feeds"], &rows, 40);
}

fn health(feeds: &[FeedHealth]) {
    let now = Timestamp::now();
    let ago = |t: Option<Timestamp>| t.map_or_else(|| "never".to_owned(), |t| age::words(now.since(t)));
    let rows: Vec<Vec<String>> = feeds
        .iter()
        .map(|f| {
            let s = &f.state;
            let state = match (&s.last_error, f.paused, s.retired) {
                (_, true, _) => "paused".to_owned(),
                (_, _, true) => "retired (410)".to_owned(),
                (Some(error), ..) => format!("{} failures: {error}", s.failures),
                (None, ..) if s.last_polled.is_none() => "not polled yet".to_owned(),
                (None, ..) if f.silent => "silent".to_owned(),
                (None, ..) => "ok".to_owned(),
            };
            let status = s.last_status.map_or_else(|| "–".to_owned(), |s| s.to_string());
            let next = if s.next_due <= now { "due".to_owned() } else { age::words(s.next_due.since(now)) };
            vec![
                f.source_name.clone(),
                status,
                ago(s.last_success),
                ago(f.last_article),
                f.usual_gap_secs.map_or_else(|| "–".to_owned(), |gap| age::words(Duration::from_secs(gap))),
                f.articles_week.to_string(),
                f.copies_week.to_string(),
                f.day.to_string(),
                next,
                s.url.clone(),
                state,
            ]
        })
        .collect();
    let head =
        ["source", "http", "success", "article", "usual", "week", "copies", "day's pages", "next", "feed", "state"];
    table(&head, &rows, 60);
}

async fn check(house: &Arc<House>, what: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let client = house.client()?;
    let urls: Vec<String> = match what {
        Some(url) if url.contains("://") => vec![feed_url(url).map_err(anyhow::Error::msg)?],
        Some(id) => {
            let store = house.store().await?;
            let id = known(&store, id).await?;
            store.source(&id).await?.map(|s| s.feeds.into_iter().map(|f| f.url).collect()).unwrap_or_default()
        }
        None => house.store().await?.sources().await?.into_iter().flat_map(|s| s.feeds).map(|f| f.url).collect(),
    };
    let mut bad = 0;
    let mut rows = Vec::new();
    for url in &urls {
        let result = match live::fetch(&client, url).await {
            Ok(response) => live::read(&response).map_err(|e| e.to_string()),
            Err(e) => Err(format!("{e:#}")),
        };
        bad += usize::from(result.is_err());
        rows.push(match result {
            Ok(feed) => {
                vec![url.clone(), "ok".to_owned(), feed.items.len().to_string(), feed.title.unwrap_or_default()]
            }
            Err(why) => vec![url.clone(), "bad".to_owned(), "–".to_owned(), why],
        });
    }
    if as_json {
        let items: Vec<_> = rows
            .iter()
            .map(|r| serde_json::json!({"url": r[0], "ok": r[1] == "ok", "entries": r[2].parse::<u64>().ok(), "note": r[3]}))
            .collect();
        json(&items)?;
    } else {
        table(&["feed", "state", "entries", "title, or what is wrong"], &rows, 100);
    }
    if bad > 0 {
        bail!("{bad} of {} feeds can't be read", urls.len());
    }
    Ok(())
}

async fn sync(house: &Arc<House>, files: &[PathBuf], dry_run: bool, prune: bool, any: bool) -> anyhow::Result<()> {
    let mut wanted: Vec<Source> = Vec::new();
    for file in files {
        for source in read(file, house.settings.sources.carry, Origin::File)? {
            if wanted.iter().any(|w| w.id == source.id) {
                bail!("{}: source “{}” is in an earlier file too: name it in one", file.display(), source.id);
            }
            wanted.push(source);
        }
    }
    let store = house.store().await?;
    let changes = plan(&store.sources().await?, &wanted, prune, any)?;
    for change in &changes {
        match change {
            Change::Add(source) => line(format!("+ {} ({} feeds)", source.id, source.feeds.len())),
            Change::Update(source, words) => line(format!("~ {}: {}", source.id, words.join("; "))),
            Change::Remove(source) => line(format!("- {}", source.id)),
            Change::LeftAlone(source) => line(format!("  {} was added by a person: left alone", source.id)),
        }
        if dry_run {
            continue;
        }
        match change {
            Change::Add(source) | Change::Update(source, _) => {
                store.put_source(source).await?;
            }
            Change::Remove(source) => {
                store.remove_source(&source.id).await?;
            }
            Change::LeftAlone(_) => {}
        }
    }
    let count = |f: fn(&Change) -> bool| changes.iter().filter(|c| f(c)).count();
    let (add, update, remove) = (
        count(|c| matches!(c, Change::Add(_))),
        count(|c| matches!(c, Change::Update(..))),
        count(|c| matches!(c, Change::Remove(_))),
    );
    let would = if dry_run { "would be " } else { "" };
    line(format!("{add} {would}added, {update} {would}changed, {remove} {would}removed"));
    if !dry_run {
        audit(
            &store,
            "source.sync",
            &format!("{} files", files.len()),
            &format!("{add} added, {update} changed, {remove} removed"),
        )
        .await?;
    }
    Ok(())
}
