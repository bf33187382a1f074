//! Who leads a story and what of it may be shown, elected over all its articles.

use crate::dialect::{Db, Tx, placeholders};
use crate::row::Reader;
use crate::{ArticleState, StoreError, keep, search};
use article::{Article, ArticleId, Candidate, CanonicalUrl, Carry, Section, Timestamp, elect_face, elect_primary};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::placement::Group;

/// What an election changed.
pub(crate) struct Settled {
    /// Whether a story that was there is credited to another article now.
    pub(crate) primary_changed: bool,
    /// How many articles it has.
    pub(crate) members: usize,
}

struct Member {
    candidate: Candidate,
    state: ArticleState,
    licensed: bool,
    first_seen: Timestamp,
    section: Section,
    language: Option<String>,
}

/// The story's row before.
struct Before {
    lead: String,
    face: Option<String>,
    reserved: bool,
    opened_at: Timestamp,
    changed_at: Timestamp,
}

/// Elects primary and face of a group and writes its story. `article` is the one that changed; `visible`
/// whether a reader could see that.
pub(crate) async fn settle(
    db: &Db,
    tx: &mut Tx,
    group: &Group,
    article: &ArticleId,
    now: Timestamp,
    visible: bool,
) -> Result<Settled, StoreError> {
    let members = read_members(tx, &group.articles).await?;
    let before = read_before(tx, group).await?;
    let all: Vec<Candidate> = members.iter().map(|m| m.candidate.clone()).collect();
    let Some(credited) = elect_primary(&all) else {
        sqlx::query("DELETE FROM stories WHERE id = $1").bind(group.story.to_string()).execute(&mut **tx).await?;
        return Ok(Settled { primary_changed: false, members: 0 });
    };
    // Whoever wrote it has the say: if that text is not free, or its owner had it taken down, no copy
    // without a licence shows it either.
    let reserved = members.iter().any(|m| {
        m.candidate.id == credited.id && (m.candidate.carry == Carry::Headline || m.state == ArticleState::TakenDown)
    });
    // What was taken down is named nowhere, so it can't be what the story is credited to while another can.
    let mut electable: Vec<Candidate> = members
        .iter()
        .filter(|m| m.state != ArticleState::TakenDown)
        .map(|m| {
            let withheld = reserved && !m.licensed;
            Candidate { carry: if withheld { Carry::Headline } else { m.candidate.carry }, ..m.candidate.clone() }
        })
        .collect();
    if electable.is_empty() {
        electable = all.clone();
    }
    let lead = elect_primary(&electable).unwrap_or(credited);
    let face = elect_face(&electable, &lead.id);
    let shown_by = face.unwrap_or(lead);
    let shown_member = members.iter().find(|m| m.candidate.id == shown_by.id);
    let first_seen = members.iter().map(|m| m.first_seen).min().unwrap_or(now);

    let face_id = face.map(|f| f.id.to_string());
    let lead_id = lead.id.to_string();
    let primary_changed = before.as_ref().is_some_and(|b| b.lead != lead_id);
    let face_changed = before.as_ref().is_none_or(|b| b.face != face_id);
    let changed_at = match &before {
        Some(b) if !visible && !primary_changed && !face_changed && !group.moved => b.changed_at,
        _ => now,
    };
    sqlx::query(
        "INSERT INTO stories (id, face, lead, reserved, section, language, time, opened_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET face = excluded.face, lead = excluded.lead, reserved = excluded.reserved,
            section = excluded.section, language = excluded.language, time = excluded.time,
            opened_at = excluded.opened_at, changed_at = excluded.changed_at",
    )
    .bind(group.story.to_string())
    .bind(face_id)
    .bind(lead_id)
    .bind(i64::from(reserved))
    .bind(shown_member.map_or(Section::default(), |m| m.section).as_str())
    .bind(shown_member.and_then(|m| m.language.clone()))
    .bind(shown_by.time.millis())
    .bind(before.as_ref().map_or(first_seen, |b| b.opened_at.min(first_seen)).millis())
    .bind(changed_at.millis())
    .execute(&mut **tx)
    .await?;

    // Whether a text may be found depends on who leads: when that changes, or articles joined, all are indexed anew.
    let all_anew = before.as_ref().is_none_or(|b| b.reserved != reserved) || group.moved;
    for member in members.iter().filter(|m| all_anew || m.candidate.id == *article) {
        index(db, tx, member, reserved).await?;
    }
    Ok(Settled { primary_changed, members: members.len() })
}

async fn read_before(tx: &mut Tx, group: &Group) -> Result<Option<Before>, StoreError> {
    let row = sqlx::query("SELECT lead, face, reserved, opened_at, changed_at FROM stories WHERE id = $1")
        .bind(group.story.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| {
        Ok(Before {
            lead: row.text("lead")?,
            face: row.maybe_text("face")?,
            reserved: row.flag("reserved")?,
            opened_at: row.time("opened_at")?,
            changed_at: row.time("changed_at")?,
        })
    })
    .transpose()
}

async fn read_members(tx: &mut Tx, articles: &[String]) -> Result<Vec<Member>, StoreError> {
    let mut members = Vec::with_capacity(articles.len());
    for chunk in articles.chunks(500) {
        let sql = format!(
            "SELECT a.id, a.url, a.source, a.source_name, a.time, a.hints, a.state, a.carry, a.first_seen, a.section,
                a.language, COALESCE(s.licensed, 0) AS licensed
             FROM articles a LEFT JOIN sources s ON s.id = a.source WHERE a.id IN ({}) ORDER BY a.id",
            placeholders(1, chunk.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for id in chunk {
            query = query.bind(id);
        }
        for row in query.fetch_all(&mut **tx).await? {
            members.push(read_member(&row)?);
        }
    }
    Ok(members)
}

fn read_member(row: &AnyRow) -> Result<Member, StoreError> {
    let state = row.name("state", ArticleState::from_name)?;
    let url = row.text("url")?;
    Ok(Member {
        candidate: Candidate {
            id: row.id("id")?,
            url: CanonicalUrl::parse(&url).map_err(|e| StoreError::damaged("url", e))?,
            source: row.source("source")?,
            source_name: row.text("source_name")?,
            time: row.time("time")?,
            hints: row.json("hints")?,
            shown: state == ArticleState::Shown,
            carry: row.name("carry", Carry::from_name)?,
        },
        state,
        licensed: row.flag("licensed")?,
        first_seen: row.time("first_seen")?,
        section: row.name("section", Section::from_name)?,
        language: row.maybe_text("language")?,
    })
}

/// Puts what a reader may find of an article into the search index, and nothing else.
async fn index(db: &Db, tx: &mut Tx, member: &Member, reserved: bool) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT doc, facts, blocks FROM articles WHERE id = $1")
        .bind(member.candidate.id.to_string())
        .fetch_one(&mut **tx)
        .await?;
    let doc = row.int("doc")?;
    if member.state != ArticleState::Shown {
        sqlx::query(db.search_remove()).bind(doc).execute(&mut **tx).await?;
        return Ok(());
    }
    let mut article: Article = row.json("facts")?;
    article.blocks = row.json("blocks")?;
    if reserved && !member.licensed {
        keep::only_headline(&mut article);
    }
    let mut text = vec![article.title, article.source_name, article.subtitle.unwrap_or_default()];
    text.extend(article.authors);
    text.extend(article.keywords);
    text.push(article::plain_text(&article.blocks));
    sqlx::query(db.search_put()).bind(doc).bind(search::document(&text.join("\n"))).execute(&mut **tx).await?;
    Ok(())
}
