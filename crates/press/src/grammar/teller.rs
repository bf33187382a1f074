//! Telling one text: draws from a grammar that remember what was said.

use super::{Alternative, Grammar, Piece, joints};
use crate::dice::Dice;
use crate::language::Language;
use article::Section;
use std::collections::HashMap;

/// Lists name each other at most this deep; the grammars need five.
const MAX_DEPTH: usize = 12;

/// A text being told. It keeps its people and facts, and does not say a sentence twice before every other one
/// of the same list has been said.
pub(crate) struct Teller {
    grammar: &'static Grammar,
    language: Language,
    section: Section,
    /// What decides; replaced for a revision, so that a change leaves everything said before as it was.
    pub(crate) dice: Dice,
    /// Facts drawn so far, by their slot's key.
    bound: HashMap<&'static str, Bound>,
    /// Which alternatives of a list were said.
    said: HashMap<&'static str, Vec<bool>>,
}

struct Bound {
    forms: Vec<String>,
    female: bool,
}

impl Teller {
    pub(crate) fn new(language: Language, section: Section, dice: Dice) -> Self {
        Self { grammar: Grammar::of(language), language, section, dice, bound: HashMap::new(), said: HashMap::new() }
    }

    /// A sentence, headline or phrase of the list `name`, beginning with a capital where the script has them.
    pub(crate) fn say(&mut self, name: &'static str) -> String {
        let mut out = String::new();
        self.expand(name, 0, &mut out, 0);
        capitalise(&joints::join(&out, self.language))
    }

    /// The `nth` line of a list: columns say the same things in the same order every day.
    pub(crate) fn say_nth(&mut self, name: &'static str, nth: usize) -> String {
        let mut out = String::new();
        let line = self.grammar.lists.get(name).and_then(|list| list.get(nth));
        self.write(line.and_then(|l| l.forms.first()), &mut out, 0);
        capitalise(&joints::join(&out, self.language))
    }

    /// A phrase of the list `name`, as it stands in the middle of a sentence.
    pub(crate) fn write_list(&mut self, name: &'static str, out: &mut String) {
        self.expand(name, 0, out, 0);
    }

    /// The language it is told in.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// Lets every `{name}` say `text` from now on: an agency's name in a frame.
    pub(crate) fn set(&mut self, name: &'static str, text: String) {
        self.bound.insert(name, Bound { forms: vec![text], female: false });
    }

    /// The fact behind a slot with a number, as `{p1}` says it.
    pub(crate) fn fact(&mut self, name: &'static str, key: &'static str, form: usize) -> String {
        let mut out = String::new();
        self.expand_bound(name, key, form, &mut out, 0);
        out
    }

    fn expand(&mut self, name: &'static str, form: usize, out: &mut String, depth: usize) {
        if let Some(set) = self.bound.get(name) {
            out.push_str(set.forms.get(form).or(set.forms.first()).map_or("", String::as_str));
        } else if name == "p" {
            let person = self.person();
            out.push_str(person.forms.get(form).map_or("", String::as_str));
        } else if let Some(alternative) = self.draw(name) {
            self.write(alternative.forms.get(form).or(alternative.forms.first()), out, depth);
        }
    }

    fn expand_bound(&mut self, name: &'static str, key: &'static str, form: usize, out: &mut String, depth: usize) {
        if !self.bound.contains_key(key) {
            let bound = if name == "p" { self.person() } else { self.settle(name, depth) };
            self.bound.insert(key, bound);
        }
        if let Some(bound) = self.bound.get(key) {
            out.push_str(bound.forms.get(form).or(bound.forms.first()).map_or("", String::as_str));
        }
    }

    /// Draws a fact in all its forms.
    fn settle(&mut self, name: &'static str, depth: usize) -> Bound {
        let mut forms = Vec::new();
        if let Some(alternative) = self.draw(name) {
            for form in &alternative.forms {
                let mut text = String::new();
                self.write(Some(form), &mut text, depth);
                forms.push(text);
            }
        }
        Bound { forms, female: false }
    }

    fn write(&mut self, form: Option<&'static Vec<Piece>>, out: &mut String, depth: usize) {
        if depth >= MAX_DEPTH {
            return;
        }
        for piece in form.into_iter().flatten() {
            match *piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Number { low, high } => {
                    let number = self.dice.between(low, high);
                    out.push_str(&grouped(number, self.language.thousands_sign()));
                }
                Piece::Decimal { low, high } => {
                    let tenths = self.dice.between(low, high);
                    out.push_str(&format!("{}{}{}", tenths / 10, self.language.decimal_sign(), tenths % 10));
                }
                Piece::Symbol { name, key: None, form } => self.expand(name, form, out, depth + 1),
                Piece::Symbol { name, key: Some(key), form } => self.expand_bound(name, key, form, out, depth + 1),
                Piece::Gender { key, male, female } => {
                    if !self.bound.contains_key(key) {
                        let person = self.person();
                        self.bound.insert(key, person);
                    }
                    let is_female = self.bound.get(key).is_some_and(|b| b.female);
                    out.push_str(if is_female { female } else { male });
                }
            }
        }
    }

    /// One alternative of the list and of the section's addition to it, among those not yet said.
    fn draw(&mut self, name: &'static str) -> Option<&'static Alternative> {
        let general = self.grammar.lists.get(name).map_or(&[][..], Vec::as_slice);
        let scoped = format!("{name}.{}", self.section.as_str());
        let special = self.grammar.lists.get(scoped.as_str()).map_or(&[][..], Vec::as_slice);
        let count = general.len() + special.len();
        if count == 0 {
            return None;
        }
        let start = self.dice.below(count);
        let said = self.said.entry(name).or_insert_with(|| vec![false; count]);
        if said.iter().all(|s| *s) {
            said.fill(false);
        }
        let at = (0..count).map(|step| (start + step) % count).find(|at| !said[*at]).unwrap_or(start);
        said[at] = true;
        special.get(at).or_else(|| general.get(at - special.len()))
    }

    fn person(&mut self) -> Bound {
        let female = self.dice.chance(50);
        let mut first = String::new();
        self.expand(if female { "first.f" } else { "first.m" }, 0, &mut first, 0);
        let mut last = String::new();
        self.expand("last", usize::from(female), &mut last, 0);
        let full = if self.language.family_first() { format!("{last}{first}") } else { format!("{first} {last}") };
        Bound { forms: vec![full, last, first], female }
    }
}

fn grouped(number: i64, sign: &str) -> String {
    let digits = number.to_string();
    // Years and small thousands are written without a sign.
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push_str(sign);
        }
        out.push(digit);
    }
    out
}

/// A capital at the beginning, where the script has them.
pub(crate) fn capitalise(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.char_indices();
    // An opening quotation mark or bracket stays in front.
    let Some((at, first)) = chars.find(|(_, c)| c.is_alphanumeric()) else { return text.to_owned() };
    let rest = &text[at + first.len_utf8()..];
    format!("{}{}{rest}", &text[..at], first.to_uppercase())
}
