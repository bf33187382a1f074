//! How a language's texts are made: lists of alternatives that name each other.
//!
//! A grammar file (`grammar/<language>.txt`) is a list of lists:
//!
//! ```text
//! = thing.politics
//! the {billkind} on {policy}
//! = place
//! Nordhaven | in Nordhaven
//! ```
//!
//! `= name` begins a list, each line is an alternative, ` | ` parts an alternative's forms (cases, prepositions),
//! `#` begins a comment. In a line, `{name}` is another list's alternative, drawn anew; `{name1}` is drawn once
//! and then stays the same through the text, `{name1.1}` is its second form; `{p1}` is a person, `{p1.1}` the
//! family name, `{p1:he|she}` goes by the person's gender; `{#3-90}` is a number, `{%11-98}` one with a decimal.
//! A list `name.section` adds to the list `name` in texts of that section.

mod joints;
mod parse;
mod teller;

pub(crate) use teller::{Teller, capitalise};

use crate::language::Language;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A language's lists, ready to be drawn from.
pub(crate) struct Grammar {
    lists: HashMap<&'static str, Vec<Alternative>>,
}

/// One line of a list, in its forms.
struct Alternative {
    forms: Vec<Vec<Piece>>,
}

/// A part of a line.
enum Piece {
    /// As written.
    Text(&'static str),
    /// A whole number within bounds.
    Number { low: i64, high: i64 },
    /// Tenths within bounds.
    Decimal { low: i64, high: i64 },
    /// Another list. `key` is the name with its number where the draw is to be kept.
    Symbol { name: &'static str, key: Option<&'static str>, form: usize },
    /// Goes by a person's gender.
    Gender { key: &'static str, male: &'static str, female: &'static str },
}

impl Grammar {
    /// The grammar of `language`, read at its first use.
    pub(crate) fn of(language: Language) -> &'static Grammar {
        static GRAMMARS: [OnceLock<Grammar>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
        GRAMMARS[language as usize].get_or_init(|| Grammar::parse(language.grammar_text()))
    }

    /// The first form of every alternative of a list without slots: labels, mastheads, phrases of the page.
    pub(crate) fn plain(&self, name: &str) -> Vec<&'static str> {
        self.forms(name).into_iter().filter_map(|forms| forms.first().copied()).collect()
    }

    /// All forms of every alternative of a list without slots.
    pub(crate) fn forms(&self, name: &str) -> Vec<Vec<&'static str>> {
        let whole = |form: &Vec<Piece>| match form.as_slice() {
            [Piece::Text(text)] => *text,
            _ => "",
        };
        self.lists.get(name).into_iter().flatten().map(|a| a.forms.iter().map(whole).collect()).collect()
    }

    /// The one phrase of a list of one: what a page says at a fixed place.
    pub(crate) fn phrase(&self, name: &str) -> &'static str {
        self.plain(name).first().copied().unwrap_or_default()
    }

    /// The one phrase of a list of one, its slots filled with `value`.
    pub(crate) fn fill(&self, name: &str, value: &str) -> String {
        let form = self.lists.get(name).and_then(|list| list.first()).and_then(|line| line.forms.first());
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => *text,
            Piece::Symbol { .. } => value,
            Piece::Number { .. } | Piece::Decimal { .. } | Piece::Gender { .. } => "",
        };
        form.into_iter().flatten().map(|p| piece(p).to_owned()).collect()
    }
}
