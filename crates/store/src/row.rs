//! Reading columns: what the SQL holds becomes the types that everything else speaks.

use crate::StoreError;
use article::{SourceId, Timestamp};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::fmt::Display;
use std::str::FromStr;

/// Typed access to a row's columns by name.
pub(crate) trait Reader {
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError>;
    fn int(&self, column: &str) -> Result<i64, StoreError>;
    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError>;
    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError>;

    fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// A number that is never negative; one that is comes out as 0.
    fn count(&self, column: &str) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.int(column)?).unwrap_or(0))
    }

    /// A small number; one that does not fit is damage.
    fn small<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        let value = self.int(column)?;
        T::try_from(value).map_err(|_| StoreError::damaged(column, value))
    }

    fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        Ok(Timestamp(self.int(column)?))
    }

    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_int(column)?.map(Timestamp))
    }

    fn id<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|e| StoreError::damaged(column, e))
    }

    fn maybe_id<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.maybe_text(column)?.map(|t| t.parse().map_err(|e| StoreError::damaged(column, e))).transpose()
    }

    fn source(&self, column: &str) -> Result<SourceId, StoreError> {
        source_id(self.text(column)?)
    }

    /// A value of a closed list, by its name.
    fn name<T>(&self, column: &str, read: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text(column)?;
        read(&text).ok_or_else(|| StoreError::damaged(column, text))
    }

    fn maybe_name<T>(&self, column: &str, read: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        match self.maybe_text(column)? {
            Some(text) => read(&text).map(Some).ok_or_else(|| StoreError::damaged(column, text)),
            None => Ok(None),
        }
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|e| StoreError::damaged(column, e))
    }

    fn maybe_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.maybe_text(column)?
            .map(|text| serde_json::from_str(&text).map_err(|e| StoreError::damaged(column, e)))
            .transpose()
    }
}

impl Reader for AnyRow {
    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn int(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.try_get(column)?)
    }
}

/// Every row, read.
pub(crate) fn read_all<T>(rows: &[AnyRow], read: fn(&AnyRow) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.iter().map(read).collect()
}

/// A stored source name, taken as it stands: it was made by [`SourceId::from_name`] before it came here.
pub(crate) fn source_id(text: String) -> Result<SourceId, StoreError> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(|e| StoreError::damaged("source", e))
}

/// As JSON. Our types hold nothing that JSON can't.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Broken(format!("a value of ours is no JSON: {e}")))
}

/// For a BIGINT column; what does not fit is as large as it can be.
pub(crate) fn big(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
