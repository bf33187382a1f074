//! Where two words meet: what a language's spelling makes of them.

use crate::language::Language;

/// Elides and contracts, where the language does: `le essai` is `l'essai`, `de el` is `del`.
pub(super) fn join(text: &str, language: Language) -> String {
    match language {
        Language::French => {
            contract(&elide(text), &[("de le", "du"), ("de les", "des"), ("à le", "au"), ("à les", "aux")])
        }
        Language::Spanish => contract(text, &[("de el", "del"), ("a el", "al")]),
        _ => text.to_owned(),
    }
}

/// French words that lose their vowel before another.
const ELIDED: [&str; 5] = ["le", "la", "de", "que", "ne"];

fn elide(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let elides =
            ELIDED.contains(&word.to_lowercase().as_str()) && words.peek().is_some_and(|next| is_vocalic(next));
        match elides {
            true => {
                out.push_str(&word[..word.len() - 1]);
                out.push('\'');
            }
            false => {
                out.push_str(word);
                if words.peek().is_some() {
                    out.push(' ');
                }
            }
        }
    }
    out
}

/// Whether a word begins with a vowel. A silent h can't be told from one that isn't.
fn is_vocalic(word: &str) -> bool {
    word.chars().next().is_some_and(|c| "aeiouâàêéèîôœyAEIOUÂÀÊÉÈÎÔŒ".contains(c)) && !word.starts_with("onz")
}

fn contract(text: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = format!(" {text} ");
    for (apart, together) in pairs {
        out = out.replace(&format!(" {apart} "), &format!(" {together} "));
    }
    out[1..out.len() - 1].to_owned()
}
