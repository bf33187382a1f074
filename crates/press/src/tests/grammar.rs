//! Every grammar is whole: what it names is there, and what it makes is text.

use crate::dice::Dice;
use crate::grammar::Teller;
use crate::language::Language;
use article::Section;
use std::collections::BTreeSet;

/// Lists that the code asks for by name.
const NEEDED: &[&str] = &[
    "first.m",
    "first.f",
    "last",
    "place",
    "masthead",
    "agency",
    "digest",
    "headline",
    "standfirst",
    "lead",
    "fact",
    "quote",
    "claimq",
    "background",
    "reaction",
    "outlook",
    "crosshead",
    "listintro",
    "listitem",
    "caption",
    "policy",
    "filler",
    "update",
    "retitle",
    "framehead",
    "frametail",
    "credit",
    "wall",
    "weather.title",
    "weather",
    "markets.title",
    "markets",
    "horoscope.title",
    "horoscope",
    "ticker.title",
    "tickerhead",
    "ticker",
    "month",
    "ui.byline",
    "ui.published",
    "ui.updated",
    "ui.home",
    "ui.search",
    "ui.menu",
    "ui.login",
    "ui.cookie",
    "ui.accept",
    "ui.related",
    "ui.mostread",
    "ui.newsletter",
    "ui.email",
    "ui.share",
    "ui.ad",
    "ui.comments",
    "ui.footer",
    "ui.imprint",
    "ui.privacy",
    "ui.notfound",
    "ui.disclaimer",
];

fn lists(source: &str) -> BTreeSet<&str> {
    source.lines().filter_map(|l| l.strip_prefix("= ")).map(str::trim).collect()
}

/// The names in a source's slots, persons and filled-in ones aside.
fn named(source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for part in source.lines().filter(|l| !l.starts_with('#')).flat_map(|l| l.split('{').skip(1)) {
        let slot = part.split('}').next().unwrap();
        if slot.starts_with(['#', '%']) || slot.contains(':') {
            continue;
        }
        let name = slot.split('.').next().unwrap().trim_end_matches(|c: char| c.is_ascii_digit());
        if !matches!(name, "p" | "author" | "agency" | "hour" | "minute") {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn every_list_that_is_named_is_there_for_every_section() {
    for language in Language::ALL {
        let source = language.grammar_text();
        let lists = lists(source);
        // A number at the end of a slot's name keeps its draw: a list so named could not be told from that.
        assert!(lists.iter().all(|l| !l.ends_with(|c: char| c.is_ascii_digit())), "{language:?}");
        for needed in NEEDED {
            assert!(lists.contains(needed), "{language:?} lacks {needed}");
        }
        for section in Section::ALL {
            let label = format!("section.{}", section.as_str());
            assert!(lists.contains(label.as_str()), "{language:?} lacks {label}");
            let named = named(source).into_iter().chain(["thing", "org", "it", "role"].map(str::to_owned));
            for name in named {
                // What only some sections name is asked for in the lists of those sections.
                let somewhere = lists.iter().any(|l| *l == name || l.starts_with(&format!("{name}.")));
                assert!(somewhere, "{language:?} lacks {name}");
            }
            for name in ["thing", "org", "it", "role"] {
                let here = lists.contains(name) || lists.contains(format!("{name}.{}", section.as_str()).as_str());
                assert!(here, "{language:?} lacks {name} in {section:?}");
            }
        }
    }
}

#[test]
fn no_slot_is_left_in_a_text() {
    for language in Language::ALL {
        for section in Section::ALL {
            for round in 0..30 {
                let mut teller = Teller::new(language, section, Dice::new(round, &[9]));
                for name in ["agency", "hour", "minute"] {
                    teller.set(name, "Agency".to_owned());
                }
                for list in NEEDED.iter().filter(|l| !l.starts_with("ui.") && **l != "masthead" && **l != "digest") {
                    let text = teller.say(list);
                    assert!(!text.is_empty(), "{language:?} {section:?}: {list} says nothing");
                    assert!(!text.contains(['{', '}', '|']), "{language:?} {section:?} {list}: {text}");
                    assert!(!text.contains("  "), "{language:?} {section:?} {list}: {text}");
                }
            }
        }
    }
}

#[test]
fn sections_have_labels_that_readers_of_labels_know() {
    for language in Language::ALL {
        for section in Section::ALL {
            let list = format!("section.{}", section.as_str());
            let label = crate::grammar::Grammar::of(language).forms(&list)[0][0];
            assert_eq!(Section::from_label(label), Some(section), "{language:?}: {label}");
        }
    }
}

#[test]
fn words_meet_as_their_language_spells_them() {
    for section in Section::ALL {
        for round in 0..40 {
            for (language, wrong) in [
                (Language::French, &[" de le ", " à le ", " de a", " le é", " que u"][..]),
                (Language::Spanish, &[" de el ", " a el "][..]),
            ] {
                let mut teller = Teller::new(language, section, Dice::new(round, &[8]));
                for list in ["headline", "lead", "fact", "quote", "reaction", "background"] {
                    let text = teller.say(list);
                    assert!(wrong.iter().all(|w| !text.contains(w)), "{text}");
                }
            }
        }
    }
}
