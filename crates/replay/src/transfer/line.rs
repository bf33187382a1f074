//! One letter as one line.

use crate::ReplayError;
use crate::body::Body;
use article::Timestamp;
use queue::{DeadReason, Stage};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::io::Write;
use store::{DeadLetter, LedgerRow, LedgerState, TAKEN_DOWN};

/// A checked line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) letter: DeadLetter,
    pub(super) state: LedgerState,
    /// The id it was exported under; the letter's own is that of what it says now.
    pub(super) original: String,
}

/// Writes a row. Body and headers stand there as JSON, to be read and edited; bytes that are none as
/// hexadecimal digits.
pub(super) fn write(row: &LedgerRow, to: &mut (impl Write + ?Sized)) -> Result<(), ReplayError> {
    let letter = &row.letter;
    let mut line = json!({
        "id": row.id,
        "state": row.state,
        "outcome": row.outcome,
        "message_id": letter.message_id,
        "stage": letter.stage,
        "deaths": letter.deaths,
        "reason": letter.reason,
        "detail": letter.detail,
        "origin": letter.origin,
        "attempts": letter.attempts,
        "first_seen": letter.first_seen,
        "died_at": letter.died_at,
        "host": letter.host,
        "source": letter.source,
        "release": letter.release,
        "traceparent": letter.traceparent,
        "kind": letter.kind,
        "schema": letter.schema,
    });
    if let Value::Object(map) = &mut line {
        put_bytes(map, "headers", &letter.headers);
        put_bytes(map, "body", &letter.body);
    }
    serde_json::to_writer(&mut *to, &line).map_err(std::io::Error::from)?;
    to.write_all(b"\n")?;
    Ok(())
}

fn put_bytes(map: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => map.insert(name.to_owned(), value),
        Err(_) => map.insert(format!("{name}_hex"), Value::String(bytes.iter().map(|b| format!("{b:02x}")).collect())),
    };
}

/// Reads and checks a line; `number` is for the error.
pub(super) fn read(number: usize, text: &[u8]) -> Result<Line, ReplayError> {
    let map = match serde_json::from_slice(text) {
        Ok(Value::Object(map)) => map,
        Ok(_) => return Err(wrong(number, "line", "no JSON object")),
        Err(error) => return Err(wrong(number, "line", error)),
    };
    let mut fields = Fields { number, map };
    let stage_name: String = fields.required("stage")?;
    let stage = Stage::from_name(&stage_name).ok_or_else(|| {
        let known: Vec<&str> = Stage::ALL.iter().map(|s| s.as_str()).collect();
        wrong(number, "stage", format_args!("“{stage_name}” is none of {}", known.join(", ")))
    })?;
    let reason: String = fields.required("reason")?;
    if DeadReason::from_name(&reason).is_none() {
        return Err(wrong(number, "reason", format_args!("“{reason}” is none that a message dies of")));
    }
    let now = Timestamp::now();
    let mut letter = DeadLetter {
        message_id: fields.optional("message_id")?.unwrap_or_default(),
        stage: stage_name,
        deaths: fields.optional("deaths")?.unwrap_or_default(),
        reason,
        detail: fields.optional("detail")?.unwrap_or_default(),
        origin: fields.optional("origin")?.unwrap_or_else(|| stage.belt().as_str().to_owned()),
        attempts: fields.optional("attempts")?.unwrap_or(1),
        first_seen: fields.optional("first_seen")?.unwrap_or(now),
        died_at: fields.optional("died_at")?.unwrap_or(now),
        host: fields.optional("host")?,
        source: fields.optional("source")?,
        article: None,
        release: fields.optional("release")?.unwrap_or_default(),
        traceparent: fields.optional("traceparent")?,
        kind: fields.required("kind")?,
        schema: fields.required("schema")?,
        headers: fields.bytes("headers")?.unwrap_or_else(|| b"{}".to_vec()),
        body: fields.bytes("body")?.ok_or_else(|| wrong(number, "body", "missing"))?,
    };
    let state = fields.optional("state")?.unwrap_or(LedgerState::Dead);
    fields.optional::<i64>("id")?;
    let outcome = fields.optional::<String>("outcome")?;
    fields.nothing_left()?;

    let original = letter.message_id.clone();
    let taken_down = outcome.as_deref() == Some(TAKEN_DOWN);
    if letter.body.is_empty() && (taken_down || state != LedgerState::Dead) {
        // History, whatever its row's state was: nothing of it can be sent.
        return Ok(Line { letter, state: LedgerState::Dropped, original });
    }
    match Body::read(stage, &letter.kind, letter.schema, &letter.body) {
        Ok(body) => {
            letter.message_id = body.message_id().0;
            letter.host = body.host().or(letter.host);
            letter.article = body.brings();
        }
        // It died of that, and is kept for whoever can read it.
        Err(_) if letter.reason == DeadReason::Undecodable.as_str() && !original.is_empty() => {}
        Err(why) => return Err(wrong(number, "body", why)),
    }
    Ok(Line { letter, state, original })
}

/// What is left of a line's fields.
struct Fields {
    number: usize,
    map: Map<String, Value>,
}

impl Fields {
    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, ReplayError> {
        match self.map.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value).map(Some).map_err(|e| wrong(self.number, name, e)),
        }
    }

    fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, ReplayError> {
        self.optional(name)?.ok_or_else(|| wrong(self.number, name, "missing"))
    }

    /// Bytes given as JSON, or as hexadecimal digits under `name_hex`.
    fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReplayError> {
        if let Some(value) = self.map.remove(name) {
            return serde_json::to_vec(&value).map(Some).map_err(|e| wrong(self.number, name, e));
        }
        let name = format!("{name}_hex");
        let Some(digits) = self.optional::<String>(&name)? else { return Ok(None) };
        let bad = || wrong(self.number, &name, "not an even number of hexadecimal digits");
        if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
            return Err(bad());
        }
        (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| bad()))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn nothing_left(&self) -> Result<(), ReplayError> {
        match self.map.keys().next() {
            Some(name) => Err(wrong(self.number, name, "unknown field")),
            None => Ok(()),
        }
    }
}

fn wrong(line: usize, field: &str, why: impl std::fmt::Display) -> ReplayError {
    ReplayError::Line { line, field: field.to_owned(), why: why.to_string() }
}
