//! Reading a grammar file.

use super::{Alternative, Grammar, Piece};
use std::collections::HashMap;

impl Grammar {
    /// Reads a grammar. What can't be read stays as text, where the grammar's tests find it.
    pub(super) fn parse(source: &'static str) -> Grammar {
        let mut lists: HashMap<&'static str, Vec<Alternative>> = HashMap::new();
        let mut current = "";
        for line in source.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            match line.strip_prefix("= ") {
                Some(name) => current = name.trim(),
                None => lists
                    .entry(current)
                    .or_default()
                    .push(Alternative { forms: line.split(" | ").map(|form| pieces(form.trim())).collect() }),
            }
        }
        Grammar { lists }
    }
}

/// Parts a line into text and slots.
fn pieces(line: &'static str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { break };
        if open > 0 {
            out.push(Piece::Text(&rest[..open]));
        }
        out.push(slot(&rest[open + 1..close]).unwrap_or(Piece::Text(&rest[open..=close])));
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    out
}

fn slot(text: &'static str) -> Option<Piece> {
    if let Some(range) = text.strip_prefix('#') {
        let (low, high) = bounds(range)?;
        return Some(Piece::Number { low, high });
    }
    if let Some(range) = text.strip_prefix('%') {
        let (low, high) = bounds(range)?;
        return Some(Piece::Decimal { low, high });
    }
    if let Some((key, words)) = text.split_once(':') {
        let (male, female) = words.split_once('|')?;
        return Some(Piece::Gender { key, male, female });
    }
    let (key, form) = match text.split_once('.') {
        Some((key, form)) => (key, form.parse().ok()?),
        None => (text, 0),
    };
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
    if name.is_empty() {
        return None;
    }
    Some(Piece::Symbol { name, key: (name != key).then_some(key), form })
}

fn bounds(range: &str) -> Option<(i64, i64)> {
    let (low, high) = range.split_once('-')?;
    Some((low.parse().ok()?, high.parse().ok()?))
}
