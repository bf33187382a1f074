//! Stories of an invented press, in several languages and scripts.

use article::{
    Article, ArticleId, Block, CanonicalUrl, Carry, Evidence, Image, PrimaryHints, Rights, Section, SourceId, StoryId,
    Timestamp, Verdict, VerdictKind,
};
use store::{ArticleState, Member, StoredArticle, StoryCard, StoryView};

/// 24 November 2026, 09:30 UTC.
pub(crate) const NOW: Timestamp = Timestamp(1_795_512_600_000);

pub(crate) fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp(NOW.0 - minutes * 60_000)
}

pub(crate) fn card(title: &str, language: &str, source: &str, section: Section, minutes: i64) -> StoryCard {
    let url = format!("https://{}.example/{}", SourceId::from_name(source), blake3::hash(title.as_bytes()).to_hex());
    StoryCard {
        id: StoryId::derive(&[title.as_bytes()]),
        title: title.to_owned(),
        excerpt: String::new(),
        section,
        language: Some(language.to_owned()),
        source_name: source.to_owned(),
        authors: vec!["Ada Lindqvist".to_owned()],
        url: url.clone(),
        primary_name: source.to_owned(),
        primary_url: url,
        image: None,
        time: minutes_ago(minutes),
        changed_at: minutes_ago(minutes),
        also_carried: 0,
    }
}

/// An article of `source` with this text.
pub(crate) fn article(source: &str, slug: &str, title: &str, language: &str, paragraphs: &[&str]) -> Article {
    let url = CanonicalUrl::parse(&format!("https://{}.example/news/{slug}", SourceId::from_name(source))).unwrap();
    let blocks: Vec<Block> = paragraphs.iter().map(|p| Block::Paragraph { text: (*p).to_owned() }).collect();
    Article {
        id: ArticleId::of(&url),
        aliases: Vec::new(),
        source: SourceId::from_name(source),
        source_name: source.to_owned(),
        feed: None,
        title: title.to_owned(),
        subtitle: None,
        authors: vec!["Ada Lindqvist".to_owned()],
        language: Some(language.to_owned()),
        section: Section::World,
        keywords: Vec::new(),
        image: None,
        published: Some(minutes_ago(60)),
        modified: None,
        observed_at: minutes_ago(55),
        rights: Rights::from_source(Carry::Full),
        primary: PrimaryHints::default(),
        content_hash: Article::compute_hash(&url, title, &blocks),
        blocks,
        url,
    }
}

pub(crate) fn member(article: Article, verdict: Option<Verdict>) -> Member {
    let stored = StoredArticle {
        story: StoryId::opened_by(&article.id),
        state: ArticleState::Shown,
        first_seen: article.observed_at,
        revisions: 1,
        article,
    };
    Member { article: stored, verdict }
}

/// A story whose primary is the first member, shown by the first that is shown.
pub(crate) fn story(members: Vec<Member>) -> StoryView {
    let primary = members[0].article.article.clone();
    let face = members.iter().find(|m| m.article.state == ArticleState::Shown).map(|m| m.article.article.id.clone());
    StoryView {
        id: StoryId::opened_by(&primary.id),
        face,
        section: primary.section,
        opened_at: primary.observed_at,
        changed_at: primary.observed_at,
        primary: primary.id,
        members,
    }
}

/// A near copy of `of`, by 94 % of its text.
pub(crate) fn near_copy(of: &Article) -> Verdict {
    Verdict {
        kind: VerdictKind::NearCopy,
        story: StoryId::opened_by(&of.id),
        of: Some(of.id.clone()),
        score: 0.97,
        evidence: Evidence { postings: 36, shared: 34, containment: 0.94, jaccard: 0.71, notes: Vec::new() },
        also: Vec::new(),
    }
}

pub(crate) fn picture(url: &str, caption: Option<&str>) -> Image {
    Image { url: url.to_owned(), caption: caption.map(str::to_owned), width: Some(1200), height: Some(800) }
}
