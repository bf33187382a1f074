//! Which articles an address means: a page that changed its slug is stored under each, and one may name the other, or
//! both a third, as an alias.

use crate::dialect::Tx;
use crate::row::{Reader, read_all};
use crate::{StoreError, articles};
use article::{ArticleId, CanonicalUrl, StoryId};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// An article, by what tells whether another is the same.
struct Incarnation {
    id: ArticleId,
    url: CanonicalUrl,
    story: StoryId,
}

impl Incarnation {
    /// Whether one that shares an alias with this one, or names it, is this article under another address.
    fn is_also(&self, other: &Incarnation) -> bool {
        self.story == other.story && self.url.same_site(&other.url)
    }
}

/// All that a takedown of `url` stands for, by id with its address: the address itself, the article there or those that
/// name it as an alias, their own aliases, and every other incarnation of them, followed until none is added.
pub(super) async fn meant_by(tx: &mut Tx, url: &CanonicalUrl) -> Result<BTreeMap<ArticleId, String>, StoreError> {
    let mut meant = BTreeMap::from([(ArticleId::of(url), url.to_string())]);
    let mut found = match at(tx, url).await? {
        Some(there) => vec![there],
        None => named(tx, url).await?,
    };
    let mut followed = BTreeSet::new();
    while let Some(article) = found.pop() {
        if !followed.insert(article.id.clone()) {
            continue;
        }
        let mut others = named(tx, &article.url).await?;
        for alias in aliases_on_its_site(tx, &article).await? {
            let sharing = named(tx, &alias).await?;
            if sharing.is_empty() {
                continue;
            }
            meant.insert(ArticleId::of(&alias), alias.to_string());
            others.extend(sharing);
            others.extend(at(tx, &alias).await?);
        }
        meant.insert(article.id.clone(), article.url.to_string());
        found.extend(others.into_iter().filter(|other| other.is_also(&article)));
    }
    Ok(meant)
}

/// The article whose own address this is.
async fn at(tx: &mut Tx, url: &CanonicalUrl) -> Result<Option<Incarnation>, StoreError> {
    let row = sqlx::query("SELECT id, url, story FROM articles WHERE id = $1")
        .bind(ArticleId::of(url).to_string())
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The articles that name an address as their alias. Those on its own site know better than any other. None if they are
/// not one article: a feed's one GUID, that its articles share, names none of them.
async fn named(tx: &mut Tx, url: &CanonicalUrl) -> Result<Vec<Incarnation>, StoreError> {
    let rows = sqlx::query(
        "SELECT a.id, a.url, a.story FROM aliases l JOIN articles a ON a.id = l.article WHERE l.url = $1 ORDER BY a.id",
    )
    .bind(articles::alias_form(url.as_str()))
    .fetch_all(&mut **tx)
    .await?;
    let mut naming = read_all(&rows, read)?;
    if naming.iter().any(|a| a.url.same_site(url)) {
        naming.retain(|a| a.url.same_site(url));
    }
    let one = naming.windows(2).all(|pair| pair[0].is_also(&pair[1]));
    Ok(if one { naming } else { Vec::new() })
}

/// An article's aliases on its own site, without the site's front: a page could name anybody's address as its own.
async fn aliases_on_its_site(tx: &mut Tx, article: &Incarnation) -> Result<Vec<CanonicalUrl>, StoreError> {
    let rows = sqlx::query("SELECT url FROM aliases WHERE article = $1 ORDER BY url")
        .bind(article.id.to_string())
        .fetch_all(&mut **tx)
        .await?;
    let aliases = read_all(&rows, |row| row.text("url"))?;
    // Short links are the front's path with a query.
    let is_front = |alias: &CanonicalUrl| alias.path() == "/" && !alias.as_str().contains('?');
    let own = |alias: &CanonicalUrl| alias.same_site(&article.url) && !is_front(alias);
    Ok(aliases.iter().filter_map(|alias| CanonicalUrl::parse(alias).ok()).filter(own).collect())
}

fn read(row: &AnyRow) -> Result<Incarnation, StoreError> {
    let url = CanonicalUrl::parse(&row.text("url")?).map_err(|e| StoreError::damaged("url", e))?;
    Ok(Incarnation { id: row.id("id")?, url, story: row.id("story")? })
}
