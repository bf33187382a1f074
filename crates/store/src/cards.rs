//! Lists of stories, search, and numbers for a first glance.

use crate::dialect::Db;
use crate::row::{Reader, read_all};
use crate::{Store, StoreError, search};
use article::{Article, Carry, Section, StoryId, Timestamp};
use serde::Serialize;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

/// A story in a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StoryCard {
    /// Its address on the site.
    pub id: StoryId,
    /// Its face's headline.
    pub title: String,
    /// The beginning of its text, or its subtitle; empty where only the headline is carried.
    pub excerpt: String,
    /// Its section.
    pub section: Section,
    /// Its face's language.
    pub language: Option<String>,
    /// Its face's publisher.
    pub source_name: String,
    /// Its face's authors.
    pub authors: Vec<String>,
    /// Its face's address at its publisher.
    pub url: String,
    /// Its primary source's publisher.
    pub primary_name: String,
    /// Its primary source's address.
    pub primary_url: String,
    /// Its face's lead picture.
    pub image: Option<article::Image>,
    /// Its face's time.
    pub time: Timestamp,
    /// When it last changed for a reader.
    pub changed_at: Timestamp,
    /// How many other sources carry it.
    pub also_carried: u32,
}

/// Which stories to list. Empty: all.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CardFilter {
    /// Only of this section.
    pub section: Option<Section>,
    /// Only with an article of this source.
    pub source: Option<article::SourceId>,
    /// Only in this language (primary subtag, `de`).
    pub language: Option<String>,
}

/// Where a list goes on: after this story. Its id counts too, since publishers like midnight and any number of
/// stories may share a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedAfter {
    /// Its [`StoryCard::time`].
    pub time: Timestamp,
    /// Its id.
    pub story: StoryId,
}

/// Numbers for a first glance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Totals {
    /// Stories that can be shown.
    pub stories: u64,
    /// Articles that can be shown.
    pub articles: u64,
    /// Articles that are another's copy.
    pub copies: u64,
    /// Sources.
    pub sources: u64,
}

/// A story with its face `f` and its primary source `p`.
const CARD: &str = "SELECT t.id, t.section, t.time, t.changed_at, t.reserved, f.facts, f.excerpt, f.carry,
        COALESCE(s.licensed, 0) AS licensed, p.source_name AS primary_name, p.url AS primary_url,
        (SELECT COUNT(DISTINCT m.source) FROM articles m WHERE m.story = t.id AND m.state = 'shown') AS carriers
     FROM stories t JOIN articles f ON f.id = t.face JOIN articles p ON p.id = t.lead
     LEFT JOIN sources s ON s.id = f.source";

impl Store {
    /// The newest stories that can be shown, of a section, source or language if given, those that stand after
    /// `after` in the list, at most `limit`. Those of one same time stand in the order of their ids.
    pub async fn cards(
        &self,
        filter: &CardFilter,
        after: Option<&ListedAfter>,
        limit: u32,
    ) -> Result<Vec<StoryCard>, StoreError> {
        let (sql, words) = listing(filter, after);
        let mut query =
            sqlx::query(AssertSqlSafe(sql)).bind(after.map_or(i64::MAX, |a| a.time.millis())).bind(i64::from(limit));
        for word in words {
            query = query.bind(word);
        }
        read_all(&query.fetch_all(&self.db.read).await?, read_card)
    }

    /// Stories whose shown articles match all words of `query`, newest first.
    pub async fn search(&self, query: &str, limit: u32) -> Result<Vec<StoryCard>, StoreError> {
        let words = search::asked(query);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let sql = matching(&self.db);
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(self.db.search_query(&words))
            .bind(i64::from(limit))
            .fetch_all(&self.db.read)
            .await?;
        read_all(&rows, read_card)
    }

    /// How many stories, articles and sources can be seen on the site.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM stories WHERE face IS NOT NULL) AS stories,
                (SELECT COUNT(*) FROM articles WHERE state = 'shown') AS articles,
                (SELECT COUNT(*) FROM articles WHERE state = 'shown'
                    AND verdict_kind IN ('exact_copy', 'near_copy')) AS copies,
                (SELECT COUNT(*) FROM sources) AS sources",
        )
        .fetch_one(&self.db.read)
        .await?;
        Ok(Totals {
            stories: row.count("stories")?,
            articles: row.count("articles")?,
            copies: row.count("copies")?,
            sources: row.count("sources")?,
        })
    }
}

/// Lists the cards of a filter by `$1` time and `$2` number, and what it binds from `$3` on.
fn listing(filter: &CardFilter, after: Option<&ListedAfter>) -> (String, Vec<String>) {
    // Each condition stands there only when asked for, so that the planner finds its index.
    let mut sql = format!("{CARD} WHERE t.time <= $1");
    let mut words: Vec<String> = Vec::new();
    let mut condition = |text: &str, word: String| {
        words.push(word);
        sql.push_str(&text.replace("{}", &format!("${}", words.len() + 2)));
    };
    if let Some(after) = after {
        condition(" AND (t.time < $1 OR t.id > {})", after.story.to_string());
    }
    if let Some(section) = filter.section {
        condition(" AND t.section = {}", section.as_str().to_owned());
    }
    if let Some(language) = &filter.language {
        condition(" AND t.language = {}", language.to_lowercase());
    }
    if let Some(source) = &filter.source {
        condition(
            " AND EXISTS (SELECT 1 FROM articles o WHERE o.story = t.id AND o.source = {} AND o.state = 'shown')",
            source.as_str().to_owned(),
        );
    }
    sql.push_str(" ORDER BY t.time DESC, t.id LIMIT $2");
    (sql, words)
}

/// Lists the cards of the stories that match the query `$1`, at most `$2`.
fn matching(db: &Db) -> String {
    format!(
        "{CARD} WHERE t.id IN (SELECT o.story FROM articles o WHERE o.state = 'shown' AND o.doc IN ({}))
         ORDER BY t.time DESC, t.id LIMIT $2",
        db.search_match()
    )
}

fn read_card(row: &AnyRow) -> Result<StoryCard, StoreError> {
    let face: Article = row.json("facts")?;
    let time = face.time();
    let withheld =
        row.name("carry", Carry::from_name)? == Carry::Headline || (row.flag("reserved")? && !row.flag("licensed")?);
    Ok(StoryCard {
        id: row.id::<StoryId>("id")?,
        title: face.title,
        excerpt: if withheld { String::new() } else { row.text("excerpt")? },
        section: row.name("section", Section::from_name)?,
        language: face.language,
        source_name: face.source_name,
        authors: face.authors,
        url: String::from(face.url),
        primary_name: row.text("primary_name")?,
        primary_url: row.text("primary_url")?,
        image: if withheld { None } else { face.image },
        time,
        changed_at: row.time("changed_at")?,
        also_carried: u32::try_from(row.count("carriers")?.saturating_sub(1)).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list costs depends on its length, not on the store's size.
    #[tokio::test]
    async fn sqlite_looks_up_the_articles_of_each_story() {
        let store = crate::tests::open().await;
        let filters = [
            CardFilter::default(),
            CardFilter { section: Some(Section::World), ..CardFilter::default() },
            CardFilter { source: Some(article::SourceId::from_name("one")), ..CardFilter::default() },
        ];
        let lists = filters.iter().map(|filter| listing(filter, None).0).chain([matching(&store.db)]);
        for sql in lists {
            let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
            let plan = plan.fetch_all(&store.db.read).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.text("detail").unwrap()).collect();
            let of_articles: Vec<&String> =
                steps.iter().filter(|step| step.contains(" m ") || step.contains(" o ")).collect();
            assert!(!of_articles.is_empty(), "{steps:?}");
            for step in of_articles {
                assert!(step.contains("(story=?") || step.contains("(doc=?"), "{step}\nof {sql}");
            }
        }
    }
}
