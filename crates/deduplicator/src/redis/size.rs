//! How large the index is, and its end. Every table is found by its root, so no key space is scanned.

use super::call;
use super::link::Link;
use super::roots::{Naming, VERSION};
use crate::{IndexError, IndexSettings, IndexStats};
use article::Timestamp;

/// Buckets of a table that are weighed; a table's size is estimated from them.
const SAMPLE: u64 = 8;

/// Buckets of postings that are weighed: they are fields of one hash, and Redis does it in one command.
const POSTINGS_SAMPLE: u64 = 64;

/// Keys removed by one command.
const CHUNK: u64 = 512;

/// Roots of claims and of texts that are weighed; ids and hashes fill them evenly.
const WEIGHED: usize = 16;

/// Tables of a root, by the letters that they have in its key (`tables.lua`).
const CLAIMS: &[&str] = &["c", "a"];
const TEXTS: &[&str] = &["e"];
const LANGUAGE: &[&str] = &["s", "f", "p"];
/// The one that is a single key (`postings.lua`).
const POSTINGS: &str = "p";

#[derive(Clone, Copy, Default)]
struct Size {
    entries: u64,
    bytes: u64,
}

pub(super) async fn measure(link: &Link, naming: &Naming) -> Result<IndexStats, IndexError> {
    let (mut claims, mut joins, mut texts): (Size, Size, Size) = Default::default();
    let (mut stories, mut figures, mut postings): (Size, Size, Size) = Default::default();
    let roots: Vec<_> = naming.claims().into_iter().zip(naming.texts()).collect();
    let step = roots.len().div_ceil(WEIGHED);
    for (i, (claims_root, texts_root)) in roots.iter().enumerate() {
        let weigh = i % step == 0;
        weigh_in(link, claims_root, CLAIMS, weigh, &mut [&mut claims, &mut joins]).await?;
        weigh_in(link, texts_root, TEXTS, weigh, &mut [&mut texts]).await?;
    }
    for language in languages(link, naming).await? {
        let sums = &mut [&mut stories, &mut figures, &mut postings];
        weigh_in(link, &naming.language(&language), LANGUAGE, true, sums).await?;
    }
    let weighed = step as u64 * (claims.bytes + joins.bytes + texts.bytes);
    Ok(IndexStats {
        backend: "redis",
        articles: claims.entries,
        hashes: texts.entries,
        stories: stories.entries,
        shingles: postings.entries,
        bytes: weighed + stories.bytes + figures.bytes + postings.bytes,
    })
}

/// Adds the sizes of a root's tables to their sums; their bytes only if it is to be weighed.
async fn weigh_in(
    link: &Link,
    root: &str,
    tables: &[&str],
    weigh: bool,
    sums: &mut [&mut Size],
) -> Result<(), IndexError> {
    for ((table, sum), shape) in tables.iter().zip(sums).zip(shapes(link, root, tables).await?) {
        sum.entries += shape.entries;
        if weigh && shape.entries > 0 {
            sum.bytes += weight(link, &format!("{root}:{table}"), *table == POSTINGS, shape).await?;
        }
    }
    Ok(())
}

async fn languages(link: &Link, naming: &Naming) -> Result<Vec<String>, IndexError> {
    let mut command = redis::cmd("SMEMBERS");
    command.arg(naming.languages(VERSION));
    link.run(&command).await
}

/// What a root's key says of a table: nothing where it was never written.
#[derive(Clone, Copy, Default)]
struct Shape {
    entries: u64,
    buckets: u64,
}

async fn shapes(link: &Link, root: &str, tables: &[&str]) -> Result<Vec<Shape>, IndexError> {
    let mut command = redis::cmd("HMGET");
    command.arg(root).arg(tables);
    let held: Vec<Option<Vec<u8>>> = link.run(&command).await?;
    let decode = |held: Option<Vec<u8>>| {
        let (n, rest) = held.as_deref()?.split_first_chunk::<4>()?;
        let b = rest.first_chunk::<4>()?;
        Some(Shape { entries: u32::from_be_bytes(*n).into(), buckets: u32::from_be_bytes(*b).into() })
    };
    Ok(held.into_iter().map(|held| decode(held).unwrap_or_default()).collect())
}

async fn weight(link: &Link, table: &str, is_one_key: bool, shape: Shape) -> Result<u64, IndexError> {
    if is_one_key {
        return usage(link, table, POSTINGS_SAMPLE).await;
    }
    let step = shape.buckets.div_ceil(SAMPLE).max(1);
    let (mut weight, mut weighed) = (0, 0);
    for bucket in (0..shape.buckets).step_by(usize::try_from(step).unwrap_or(1)) {
        weight += usage(link, &format!("{table}:{bucket}"), 0).await?;
        weighed += 1;
    }
    Ok(weight * shape.buckets / weighed.max(1))
}

/// Bytes of a key, by so many of its fields; by all for 0.
async fn usage(link: &Link, key: &str, sample: u64) -> Result<u64, IndexError> {
    let mut command = redis::cmd("MEMORY");
    command.arg("USAGE").arg(key).arg("SAMPLES").arg(sample);
    Ok(link.run::<Option<u64>>(&command).await?.unwrap_or(0))
}

/// One step of every table's sweep.
pub(super) async fn tidy(
    link: &Link,
    naming: &Naming,
    settings: &IndexSettings,
    now: Timestamp,
) -> Result<(), IndexError> {
    for (root, _) in roots(link, naming).await? {
        link.step(call::tidy(settings, &root, now)).await?;
    }
    Ok(())
}

/// Every root, with its tables.
async fn roots(link: &Link, naming: &Naming) -> Result<Vec<(String, &'static [&'static str])>, IndexError> {
    let languages = languages(link, naming).await?;
    let languages = languages.iter().map(|language| (naming.language(language), LANGUAGE));
    let claims = naming.claims().into_iter().map(|root| (root, CLAIMS));
    let texts = naming.texts().into_iter().map(|root| (root, TEXTS));
    Ok(claims.chain(texts).chain(languages).collect())
}

/// Removes every table; Redis frees their memory in the background.
pub(super) async fn clear(link: &Link, naming: &Naming) -> Result<(), IndexError> {
    for (root, tables) in roots(link, naming).await? {
        remove(link, &root, tables).await?;
    }
    unlink(link, &[naming.languages(VERSION)]).await
}

async fn remove(link: &Link, root: &str, tables: &[&str]) -> Result<(), IndexError> {
    for (table, shape) in tables.iter().zip(shapes(link, root, tables).await?) {
        let buckets = if *table == POSTINGS { 0 } else { shape.buckets };
        for first in (0..buckets).step_by(CHUNK as usize) {
            let keys = (first..buckets.min(first + CHUNK)).map(|bucket| format!("{root}:{table}:{bucket}"));
            unlink(link, &keys.collect::<Vec<_>>()).await?;
        }
    }
    // Last: a removal that broke off finds its buckets again.
    unlink(link, &[format!("{root}:{POSTINGS}"), root.to_owned()]).await
}

async fn unlink(link: &Link, keys: &[String]) -> Result<(), IndexError> {
    let mut command = redis::cmd("UNLINK");
    command.arg(keys);
    link.run(&command).await
}
