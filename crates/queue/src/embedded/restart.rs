//! What the last owner left in hand when it died.

use super::database;
use super::rows::{CLAIMED, Claimed};
use crate::{Belt, DeadReason, Death, Lane, QueueError, QueueName};
use article::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection};

/// Every claimed row was in hand when its process died, and one of them may have killed it: those of the
/// belts are retried alone; those that were alone already go on alone until their limit, and then are dead.
/// The registrar's rows are just taken again.
pub(super) async fn recover(connection: &mut SqliteConnection, lone_limit: u32) -> Result<(), QueueError> {
    let told = |e: sqlx::Error| QueueError::Backend(format!("at restart: {e}"));
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.map_err(told)?;
    for belt in Belt::ALL {
        let lone = QueueName::Belt(belt, Lane::Lone);
        let sql = format!("SELECT {CLAIMED} FROM message WHERE queue = ? AND claimed = 1 AND deliveries > ?");
        let killers = sqlx::query(AssertSqlSafe(sql))
            .bind(lone.to_string())
            .bind(i64::from(lone_limit))
            .fetch_all(&mut *tx)
            .await
            .map_err(told)?;
        for row in &killers {
            let claimed = Claimed::read(row, lone).map_err(told)?;
            bury(&mut tx, claimed, belt).await.map_err(told)?;
        }
        for lane in [Lane::Main, Lane::Later] {
            let moved = sqlx::query(
                "UPDATE message SET queue = ?, claimed = 0, deliveries = 0, rung = NULL WHERE queue = ? AND claimed = 1",
            )
            .bind(lone.to_string())
            .bind(QueueName::Belt(belt, lane).to_string())
            .execute(&mut *tx)
            .await
            .map_err(told)?;
            if moved.rows_affected() > 0 {
                let (belt, messages) = (belt.as_str(), moved.rows_affected());
                tracing::warn!(belt, messages, "the last process died with these in hand: retrying them alone");
            }
        }
    }
    sqlx::query("UPDATE message SET claimed = 0 WHERE claimed = 1").execute(&mut *tx).await.map_err(told)?;
    database::recount(&mut tx).await.map_err(told)?;
    tx.commit().await.map_err(told)
}

/// It killed its process each time it was alone.
async fn bury(connection: &mut SqliteConnection, claimed: Claimed, belt: Belt) -> Result<(), sqlx::Error> {
    let dead = QueueName::Dead(belt);
    let mut letter = claimed.envelope;
    letter.queue = dead;
    letter.body = Vec::new();
    letter.death = Some(Death {
        reason: DeadReason::DeliveryLimit.as_str().to_owned(),
        stage: belt.stage().as_str().to_owned(),
        detail: format!("its process died {} times with nothing else in hand", claimed.deliveries),
        at: Timestamp::now(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        origin: QueueName::Belt(belt, Lane::Lone).to_string(),
    });
    tracing::error!(message_id = %letter.message_id, belt = belt.as_str(), "message kills its process: dead");
    // Strings and numbers: nothing that JSON can't hold.
    let facts = serde_json::to_vec(&letter).unwrap_or_default();
    sqlx::query("UPDATE message SET queue = ?, claimed = 0, deliveries = 0, facts = ? WHERE id = ?")
        .bind(dead.to_string())
        .bind(facts)
        .bind(claimed.id)
        .execute(connection)
        .await?;
    Ok(())
}
