//! Articles, an index and a store to try things on.

use crate::{Index, IndexSettings, open};
use article::{
    Arrival, Article, ArticleId, Block, CanonicalUrl, Carry, PrimaryHints, Rights, Section, SourceId, Timestamp,
};
use std::sync::Arc;
use store::{Store, StoreSettings};

pub(crate) const NOON: Timestamp = Timestamp(1_795_000_000_000);

/// A text of `count` words that no other seed shares.
pub(crate) fn text(seed: u64, count: usize) -> String {
    (0..count as u64)
        .map(|i| format!("w{}", (i + 1).wrapping_mul(seed * 7_919 + 104_729) % 9_973))
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn article(url: &str, text: &str) -> Article {
    let url = CanonicalUrl::parse(url).unwrap();
    let blocks = if text.is_empty() { Vec::new() } else { vec![Block::Paragraph { text: text.to_owned() }] };
    Article {
        id: ArticleId::of(&url),
        content_hash: Article::compute_hash(&url, "A headline", &blocks),
        source: SourceId::from_name(url.domain()),
        source_name: url.domain().to_owned(),
        url,
        aliases: Vec::new(),
        feed: None,
        title: "A headline".to_owned(),
        subtitle: None,
        authors: Vec::new(),
        language: Some("en-GB".to_owned()),
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        blocks,
        published: None,
        modified: None,
        observed_at: NOON,
        rights: Rights::from_source(Carry::Full),
        primary: PrimaryHints::default(),
    }
}

pub(super) fn seen(article: &Article) -> Arrival {
    Arrival::Seen { article: Box::new(article.clone()) }
}

pub(super) async fn index() -> Arc<dyn Index> {
    let settings = IndexSettings { url: "sqlite::memory:".to_owned(), ..IndexSettings::default() };
    open(&settings).await.unwrap()
}

pub(super) async fn store(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite:{}", folder.path().join("store.db").display());
    Store::open(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap()
}
