//! How far each archive was read: so that reading can go on where it ended. A row of some hundred bytes a file.

use crate::row::{Reader, big};
use crate::{Store, StoreError};
use article::Timestamp;

impl Store {
    /// Bytes of an archive that are done with; none if it was never read. `id` names it by its content.
    pub async fn archive_done_to(&self, id: &str) -> Result<Option<u64>, StoreError> {
        let row =
            sqlx::query("SELECT done_to FROM archives WHERE id = $1").bind(id).fetch_optional(&self.db.read).await?;
        row.map(|row| row.count("done_to")).transpose()
    }

    /// Notes that an archive is done with up to `done_to`; `name` is its file's, for people.
    pub async fn archive_is_done_to(
        &self,
        id: &str,
        name: &str,
        done_to: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO archives (id, name, done_to, changed_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, done_to = excluded.done_to,
                changed_at = excluded.changed_at",
        )
        .bind(id)
        .bind(article::clean(name))
        .bind(big(done_to))
        .bind(now.millis())
        .execute(&self.db.write)
        .await?;
        Ok(())
    }
}
