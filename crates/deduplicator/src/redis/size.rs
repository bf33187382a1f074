//! How large the index is, and its end. Every table is found by its root, so no key space is scanned.

use super::call::{self, VERSION, claims_root, language_root, texts_root};
use super::link::Link;
use crate::{IndexError, IndexSettings, IndexStats};
use article::Timestamp;

/// Buckets of a table that are weighed; a table's size is estimated from them.
const SAMPLE: u64 = 8;

/// Keys removed by one command.
const CHUNK: u64 = 512;

/// One in so many of the tables for claims and texts is weighed; ids and hashes fill them evenly.
const WEIGHED: u8 = 16;

/// The list of languages that have tables in an index of this version.
pub(super) fn languages_key(prefix: &str, version: u8) -> String {
    format!("{prefix}:{version}:languages")
}

#[derive(Clone, Copy, Default)]
struct Size {
    entries: u64,
    bytes: u64,
}

pub(super) async fn measure(link: &Link, prefix: &str) -> Result<IndexStats, IndexError> {
    let (mut claims, mut joins, mut texts, mut stories, mut figures, mut postings) = Default::default();
    for byte in 0..=u8::MAX {
        add(&mut claims, table(link, &format!("{}:c", claims_root(prefix, byte)), byte % WEIGHED == 0).await?);
        add(&mut joins, table(link, &format!("{}:a", claims_root(prefix, byte)), byte % WEIGHED == 0).await?);
        add(&mut texts, table(link, &format!("{}:e", texts_root(prefix, byte)), byte % WEIGHED == 0).await?);
    }
    for language in languages(link, prefix).await? {
        let root = language_root(prefix, &language);
        add(&mut stories, table(link, &format!("{root}:s"), true).await?);
        add(&mut figures, table(link, &format!("{root}:f"), true).await?);
        add(&mut postings, table(link, &format!("{root}:p"), true).await?);
    }
    let weighed = u64::from(WEIGHED) * (claims.bytes + joins.bytes + texts.bytes);
    Ok(IndexStats {
        backend: "redis",
        articles: claims.entries,
        hashes: texts.entries,
        stories: stories.entries,
        shingles: postings.entries,
        bytes: weighed + stories.bytes + figures.bytes + postings.bytes,
    })
}

fn add(sum: &mut Size, size: Size) {
    sum.entries += size.entries;
    sum.bytes += size.bytes;
}

async fn languages(link: &Link, prefix: &str) -> Result<Vec<String>, IndexError> {
    let mut command = redis::cmd("SMEMBERS");
    command.arg(languages_key(prefix, VERSION));
    link.run(&command).await
}

/// (entries, buckets) of a table; a table that was never written has one empty bucket.
async fn shape(link: &Link, table: &str) -> Result<(u64, u64), IndexError> {
    let mut command = redis::cmd("HMGET");
    command.arg(table).arg("n").arg("b");
    let (entries, buckets): (Option<u64>, Option<u64>) = link.run(&command).await?;
    Ok((entries.unwrap_or(0), buckets.unwrap_or(1)))
}

async fn table(link: &Link, table: &str, weigh: bool) -> Result<Size, IndexError> {
    let (entries, buckets) = shape(link, table).await?;
    if entries == 0 || !weigh {
        return Ok(Size { entries, bytes: 0 });
    }
    let step = buckets.div_ceil(SAMPLE);
    let (mut weight, mut weighed) = (0, 0);
    for bucket in (0..buckets).step_by(usize::try_from(step).unwrap_or(1)) {
        weight += usage(link, &format!("{table}:{bucket}")).await?;
        weighed += 1;
    }
    Ok(Size { entries, bytes: usage(link, table).await? + weight * buckets / weighed.max(1) })
}

async fn usage(link: &Link, key: &str) -> Result<u64, IndexError> {
    let mut command = redis::cmd("MEMORY");
    command.arg("USAGE").arg(key);
    Ok(link.run::<Option<u64>>(&command).await?.unwrap_or(0))
}

/// One step of every table's sweep.
pub(super) async fn tidy(link: &Link, settings: &IndexSettings, now: Timestamp) -> Result<(), IndexError> {
    let prefix = &settings.prefix;
    let mut slots = Vec::new();
    for byte in 0..=u8::MAX {
        let claims = claims_root(prefix, byte);
        slots.push(vec![format!("{claims}:c"), format!("{claims}:a")]);
        slots.push(vec![format!("{}:e", texts_root(prefix, byte))]);
    }
    for language in languages(link, prefix).await? {
        let root = language_root(prefix, &language);
        slots.push(vec![format!("{root}:s"), format!("{root}:f"), format!("{root}:p")]);
    }
    for tables in slots {
        link.call(call::tidy(settings, &tables, now)).await?;
    }
    Ok(())
}

/// Removes every table; Redis frees their memory in the background.
pub(super) async fn clear(link: &Link, prefix: &str) -> Result<(), IndexError> {
    for byte in 0..=u8::MAX {
        remove(link, &format!("{}:c", claims_root(prefix, byte))).await?;
        remove(link, &format!("{}:a", claims_root(prefix, byte))).await?;
        remove(link, &format!("{}:e", texts_root(prefix, byte))).await?;
    }
    for language in languages(link, prefix).await? {
        let root = language_root(prefix, &language);
        remove(link, &format!("{root}:s")).await?;
        remove(link, &format!("{root}:f")).await?;
        remove(link, &format!("{root}:p")).await?;
    }
    let mut command = redis::cmd("UNLINK");
    command.arg(languages_key(prefix, VERSION));
    link.run(&command).await
}

async fn remove(link: &Link, table: &str) -> Result<(), IndexError> {
    let (_, buckets) = shape(link, table).await?;
    for first in (0..buckets).step_by(CHUNK as usize) {
        let mut command = redis::cmd("UNLINK");
        for bucket in first..buckets.min(first + CHUNK) {
            command.arg(format!("{table}:{bucket}"));
        }
        link.run::<()>(&command).await?;
    }
    // Last: a removal that broke off finds its buckets again.
    let mut command = redis::cmd("UNLINK");
    command.arg(table);
    link.run(&command).await
}
