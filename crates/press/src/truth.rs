//! What is true of each article, so that any run can be checked from outside.

use crate::compose::Text;
use crate::fault::Fault;
use crate::language::Language;
use crate::newsroom::Newsroom;
use crate::plan::{Kind, Record};
use crate::publisher::{Habit, Publisher};
use crate::settings::PressSettings;
use crate::web::Web;
use article::{
    ArticleId, Block, CanonicalUrl, CarryReason, FeedId, Section, SourceId, StoryId, Timestamp, WithdrawalCause,
};
use serde::{Deserialize, Serialize};

/// What a fetcher that does everything right makes of an article's page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// An article with its text.
    Article,
    /// Headline, author and link: [`TruthRow::signal`] says why.
    Headline,
    /// No article: [`TruthRow::fault`] says why.
    Nothing,
}

/// The truth about one article, a line of the truth file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TruthRow {
    /// Hash of [`TruthRow::url`].
    pub id: ArticleId,
    /// Its canonical address.
    pub url: CanonicalUrl,
    /// Other addresses that lead to it: the feed's link where it differs.
    pub aliases: Vec<String>,
    /// Its publisher.
    pub source: SourceId,
    /// Its publisher's name.
    pub source_name: String,
    /// The feed that lists it.
    pub feed: FeedId,
    /// The story it tells: the one that its original opens. Where an article's text may not be read
    /// ([`Expected::Headline`]), nobody can know that it is a copy.
    pub story: StoryId,
    /// What it is to the others of its story.
    pub kind: Kind,
    /// The original it is a copy of.
    pub of: Option<ArticleId>,
    /// Where it belongs.
    pub section: Section,
    /// What it is written in.
    pub language: Language,
    /// Who wrote it, as its page says.
    pub authors: Vec<String>,
    /// When it appeared; whole seconds.
    #[serde(with = "moment")]
    pub published: Timestamp,
    /// When it was changed last.
    #[serde(with = "optional_moment")]
    pub modified: Option<Timestamp>,
    /// Headline.
    pub title: String,
    /// Standfirst.
    pub subtitle: String,
    /// The story's text, as far as its page shows it.
    pub blocks: Vec<Block>,
    /// The carrier's paragraphs before it.
    pub head: Vec<String>,
    /// The carrier's paragraphs after it.
    pub tail: Vec<String>,
    /// Head, blocks and tail as running text, a blank line between two: what the deduplicator compares.
    pub text: String,
    /// Whom a credit line names.
    pub credit: Option<String>,
    /// The original's address, where the page names it.
    pub names: Option<CanonicalUrl>,
    /// Whether everybody may read it.
    pub free: bool,
    /// The signal on its page that narrows what may be carried.
    pub signal: Option<CarryReason>,
    /// How it was taken down, if it was.
    pub withdrawn: Option<WithdrawalCause>,
    /// How often its text was changed.
    pub revision: u32,
    /// What its publisher does wrong.
    pub fault: Option<Fault>,
    /// What it becomes.
    pub expected: Expected,
}

/// An article's canonical address and its id.
pub(crate) fn identity(room: &Newsroom, web: &Web, record: &Record) -> Option<(ArticleId, CanonicalUrl)> {
    let publisher = room.roster.publishers.get(record.plan.publisher)?;
    // Our own addresses parse: host labels are ASCII, paths are percent-encoded.
    let url = CanonicalUrl::parse(&format!("{}{}", web.base(&publisher.label), record.path)).ok()?;
    Some((ArticleId::of(&url), url))
}

/// The link that a publisher's feed gives for an article.
pub(crate) fn feed_link(publisher: &Publisher, web: &Web, record: &Record) -> String {
    let base = web.base(&publisher.label);
    if publisher.does(Habit::ShortLinks) {
        return format!("{base}/s/{}", 100_000 + record.plan.number);
    }
    let link = format!("{base}{}", record.path);
    if !publisher.does(Habit::TrackedLinks) {
        return link;
    }
    let joint = if link.contains('?') { '&' } else { '?' };
    format!("{link}{joint}utm_source=rss&utm_medium=feed&utm_campaign=news")
}

/// The truth about article `number`, or none where there is no such article.
pub(crate) fn row(room: &Newsroom, web: &Web, number: u32) -> Option<TruthRow> {
    let record = room.articles.get(number as usize)?;
    let text = room.compose(number)?;
    let publisher = room.roster.publishers.get(record.plan.publisher)?;
    let (id, url) = identity(room, web, record)?;
    let original = record.plan.of.and_then(|of| room.articles.get(of.number as usize));
    let original = original.and_then(|r| identity(room, web, r));
    let link = feed_link(publisher, web, record);
    let signal = signal(publisher, record);
    let running = text.running();
    let Text { title, standfirst, head, blocks, tail, authors, credit, names_original, .. } = text;
    Some(TruthRow {
        story: StoryId::opened_by(original.as_ref().map_or(&id, |(id, _)| id)),
        aliases: if link == url.as_str() { Vec::new() } else { vec![link] },
        source: publisher.id.clone(),
        source_name: publisher.name.clone(),
        feed: FeedId::of(&publisher.feed_url(web)),
        kind: record.plan.kind,
        of: original.as_ref().map(|(id, _)| id.clone()),
        section: record.plan.section,
        language: publisher.language,
        authors,
        published: Timestamp::from_secs(record.plan.published.secs()),
        modified: record.modified.map(|t| Timestamp::from_secs(t.secs())),
        title,
        subtitle: standfirst,
        blocks,
        head,
        tail,
        text: running,
        credit,
        names: original.filter(|_| names_original).map(|(_, url)| url),
        free: !record.plan.paid,
        signal,
        withdrawn: record.withdrawn,
        revision: record.revision,
        fault: publisher.fault,
        expected: match (publisher.fault, signal) {
            (Some(fault), _) if !fault.spares_articles() => Expected::Nothing,
            (_, Some(_)) => Expected::Headline,
            (_, None) => Expected::Article,
        },
        id,
        url,
    })
}

/// The signal on an article's page that narrows what may be carried.
pub(crate) fn signal(publisher: &Publisher, record: &Record) -> Option<CarryReason> {
    publisher.house_signal().or(record.plan.paid.then_some(CarryReason::NotFree))
}

/// The truth about `n` articles in the order in which they appear, without a server: for measuring the
/// deduplicator. Addresses are under `.example`; times are those of a press that starts at 2026-01-01.
pub fn texts(seed: u64, n: u32) -> impl Iterator<Item = TruthRow> {
    let settings = PressSettings {
        seed,
        publishers: 60,
        instant: true,
        articles: n,
        epoch: Some(Timestamp::from_secs(1_767_225_600)),
        suffix: "example".to_owned(),
        port_in_addresses: false,
        ..PressSettings::default()
    };
    let room = Newsroom::open(settings);
    let web = Web { suffix: "example".to_owned(), port: None };
    (0..n).filter_map(move |number| row(&room, &web, number))
}

/// RFC 3339 in JSON.
mod moment {
    use article::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(t: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&t.rfc3339())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::parse_rfc3339(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// The same, where there may be none.
mod optional_moment {
    use article::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(t: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        t.map(|t| t.rfc3339()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|t| Timestamp::parse_rfc3339(&t)).transpose().map_err(D::Error::custom)
    }
}
