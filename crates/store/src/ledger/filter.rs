//! A filter as SQL.

use super::{DeadFilter, LedgerState};
use crate::StoreError;
use crate::dialect::Db;
use crate::row::Reader;
use article::Timestamp;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

/// A value to bind.
enum Value {
    Text(String),
    Int(i64),
}

/// Conditions on `ledger l`, and the values they name by place.
pub(super) struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    /// Of a filter. The row that paging goes on after is looked up: its death's time is part of the order.
    pub(super) async fn of(db: &Db, filter: &DeadFilter) -> Result<Self, StoreError> {
        let mut condition = Self { sql: "l.state = $1".to_owned(), values: Vec::new() };
        let state = filter.state.unwrap_or(LedgerState::Dead);
        condition.values.push(Value::Text(state.as_str().to_owned()));
        if let Some(queue) = &filter.queue {
            let first = condition.next();
            condition.values.push(Value::Text(queue.clone()));
            let lanes = condition.next();
            condition.values.push(Value::Text(format!("{}.%", escape(queue))));
            condition.sql.push_str(&format!(" AND (l.origin = ${first} OR l.origin LIKE ${lanes} ESCAPE '!')"));
        }
        condition.text("l.reason = ", filter.reason.as_deref());
        condition.text("l.stage = ", filter.stage.as_deref());
        condition.text("l.host = ", filter.host.as_deref());
        condition.text("l.source = ", filter.source.as_deref());
        condition.text("l.release = ", filter.release.as_deref());
        condition.int("l.died_at < ", filter.older_than.map(Timestamp::millis));
        condition.int("l.died_at > ", filter.newer_than.map(Timestamp::millis));
        if !filter.ids.is_empty() {
            // Numbers, not texts of anybody's: they can stand in the statement, however many they are.
            let ids: Vec<String> = filter.ids.iter().map(i64::to_string).collect();
            condition.sql.push_str(&format!(" AND l.id IN ({})", ids.join(", ")));
        }
        if let Some(after) = filter.after {
            let row =
                sqlx::query("SELECT died_at FROM ledger WHERE id = $1").bind(after).fetch_optional(&db.read).await?;
            match row.map(|r| r.int("died_at")).transpose()? {
                Some(died_at) => {
                    let (time, number) = (condition.next(), condition.next() + 1);
                    condition.values.extend([Value::Int(died_at), Value::Int(after)]);
                    condition.sql.push_str(&format!(" AND (l.died_at, l.id) > (${time}, ${number})"));
                }
                // Removed since: numbers grow with time closely enough to go on.
                None => condition.int("l.id > ", Some(after)),
            }
        }
        Ok(condition)
    }

    fn next(&self) -> usize {
        self.values.len() + 1
    }

    fn text(&mut self, comparison: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.sql.push_str(&format!(" AND {comparison}${}", self.next()));
            self.values.push(Value::Text(value.to_owned()));
        }
    }

    fn int(&mut self, comparison: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.sql.push_str(&format!(" AND {comparison}${}", self.next()));
            self.values.push(Value::Int(value));
        }
    }

    /// A query made of `sql`, in which `{where}` stands for the conditions.
    pub(super) fn query(self, sql: &str) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(sql.replace("{where}", &self.sql))).persistent(false);
        for value in self.values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
            };
        }
        query
    }
}

/// A filter's limit as SQL.
pub(super) fn limit(filter: &DeadFilter) -> String {
    filter.limit.map(|n| format!(" LIMIT {n}")).unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
