//! Who leads a story. Pure functions of its members, so that every order of arrival elects the same.

use crate::{ArticleId, CanonicalUrl, Carry, PrimaryHints, SourceId, Timestamp};
use std::collections::BTreeMap;

/// What the election knows of a member.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The article.
    pub id: ArticleId,
    /// Its address.
    pub url: CanonicalUrl,
    /// Its publisher.
    pub source: SourceId,
    /// Its publisher's name, which credits are matched with.
    pub source_name: String,
    /// When it was published ([`crate::Article::time`]).
    pub time: Timestamp,
    /// What its page says of its origin.
    pub hints: PrimaryHints,
    /// Whether it can be shown: neither withdrawn nor taken down.
    pub shown: bool,
    /// How much of it may be carried.
    pub carry: Carry,
}

/// The primary source: the member that most others' canonical links name, else the one their credit lines
/// name, else the earliest. A member that itself points elsewhere inside the story can't be it while one
/// that doesn't is there. Withdrawn members count: a story stays credited to who wrote it.
pub fn elect_primary(members: &[Candidate]) -> Option<&Candidate> {
    let by_url: BTreeMap<&str, usize> = members.iter().enumerate().map(|(i, m)| (m.url.as_str(), i)).collect();
    let mut linked = vec![0usize; members.len()];
    let mut credited = vec![0usize; members.len()];
    let mut points_away = vec![false; members.len()];
    for (i, member) in members.iter().enumerate() {
        for url in &member.hints.urls {
            if let Some(&target) = by_url.get(url.as_str()).filter(|t| **t != i) {
                linked[target] += 1;
                points_away[i] = true;
            }
        }
        for credit in &member.hints.credits {
            for (target, other) in members.iter().enumerate() {
                if target != i && other.source != member.source && credit_names(credit, other) {
                    credited[target] += 1;
                    points_away[i] = true;
                }
            }
        }
    }
    members
        .iter()
        .enumerate()
        .min_by_key(|(i, m)| {
            (points_away[*i], usize::MAX - linked[*i], usize::MAX - credited[*i], m.time, m.id.clone())
        })
        .map(|(_, m)| m)
}

/// What the story is shown by: the primary if it can be shown with its text, else the earliest member that
/// can be, else the earliest that can be shown at all. None if nothing of it can be shown.
pub fn elect_face<'a>(members: &'a [Candidate], primary: &ArticleId) -> Option<&'a Candidate> {
    members
        .iter()
        .filter(|m| m.shown)
        .min_by_key(|m| (m.carry == Carry::Headline && m.id != *primary, m.id != *primary, m.time, m.id.clone()))
}

/// Whether a credit line's name is this member's publisher: its name or its domain's first label, compared
/// as normalised text.
fn credit_names(credit: &str, member: &Candidate) -> bool {
    let credit = crate::normalise(credit);
    if credit.is_empty() {
        return false;
    }
    let name = crate::normalise(&member.source_name);
    let label = member.url.domain().split('.').next().unwrap_or_default().replace('-', " ");
    credit == name || credit == label || (name.len() >= 4 && contains_words(&credit, &name))
}

fn contains_words(text: &str, words: &str) -> bool {
    format!(" {text} ").contains(&format!(" {words} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(host: &str, minute: i64) -> Candidate {
        let url = CanonicalUrl::parse(&format!("https://{host}/story")).unwrap();
        Candidate {
            id: ArticleId::of(&url),
            url,
            source: SourceId::from_name(host),
            source_name: host.split('.').next().unwrap().to_owned(),
            time: Timestamp::from_secs(minute * 60),
            hints: PrimaryHints::default(),
            shown: true,
            carry: Carry::Full,
        }
    }

    #[test]
    fn without_hints_the_earliest_is_primary() {
        let members = [member("late.example", 9), member("early.example", 1)];
        assert_eq!(elect_primary(&members).unwrap().source.as_str(), "early-example");
    }

    #[test]
    fn a_link_beats_a_credit_and_a_credit_beats_time() {
        let agency = member("agency.example", 9);
        let mut copy = member("copy.example", 1);
        copy.hints.credits = vec!["Agency".to_owned()];
        assert_eq!(elect_primary(&[copy.clone(), agency.clone()]).unwrap().id, agency.id);

        let linked = member("linked.example", 20);
        let mut second = member("second.example", 2);
        second.hints.urls = vec![linked.url.clone()];
        assert_eq!(elect_primary(&[copy, agency, second, linked.clone()]).unwrap().id, linked.id);
    }

    #[test]
    fn a_withdrawn_primary_keeps_the_credit_and_gives_up_the_face() {
        let mut first = member("first.example", 1);
        first.shown = false;
        let second = member("second.example", 2);
        let members = [first.clone(), second.clone()];
        let primary = elect_primary(&members).unwrap();
        assert_eq!(primary.id, first.id);
        assert_eq!(elect_face(&members, &primary.id).unwrap().id, second.id);
    }

    #[test]
    fn the_face_prefers_a_text_but_the_primary_above_all() {
        let mut primary = member("first.example", 1);
        primary.carry = Carry::Headline;
        let copy = member("second.example", 2);
        let members = [copy, primary.clone()];
        assert_eq!(elect_face(&members, &primary.id).unwrap().id, primary.id);
    }
}
