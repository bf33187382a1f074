//! The sections of the site.

mod words;

use serde::{Deserialize, Serialize};
use words::WORDS;

/// A section. A closed list, so that every site built with Wireroom has the same few doors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Foreign affairs; also what nothing else claims.
    #[default]
    World,
    /// Parliaments, parties, elections.
    Politics,
    /// Economy, markets, companies.
    Business,
    /// Technology.
    Technology,
    /// Science and environment.
    Science,
    /// Health and medicine.
    Health,
    /// Sport.
    Sport,
    /// Arts, media, entertainment.
    Culture,
    /// Society, local news, crime, education.
    Society,
    /// Opinion and analysis.
    Opinion,
}

impl Section {
    /// All of them, in the order of the site's navigation.
    pub const ALL: [Section; 10] = [
        Section::World,
        Section::Politics,
        Section::Business,
        Section::Technology,
        Section::Science,
        Section::Health,
        Section::Sport,
        Section::Culture,
        Section::Society,
        Section::Opinion,
    ];

    /// As in addresses, settings and databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Section::World => "world",
            Section::Politics => "politics",
            Section::Business => "business",
            Section::Technology => "technology",
            Section::Science => "science",
            Section::Health => "health",
            Section::Sport => "sport",
            Section::Culture => "culture",
            Section::Society => "society",
            Section::Opinion => "opinion",
        }
    }

    /// For readers.
    pub fn title(self) -> &'static str {
        match self {
            Section::World => "World",
            Section::Politics => "Politics",
            Section::Business => "Business",
            Section::Technology => "Technology",
            Section::Science => "Science",
            Section::Health => "Health",
            Section::Sport => "Sport",
            Section::Culture => "Culture",
            Section::Society => "Society",
            Section::Opinion => "Opinion",
        }
    }

    /// Reads what [`Section::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// The section a publisher's own label means (`Wirtschaft`, `/deportes/`, `политика`), if it is one
    /// of the usual words. Labels are whole words or path segments, never running text.
    pub fn from_label(label: &str) -> Option<Self> {
        let label = crate::normalise(label);
        let known = |word: &str| WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(s, _)| *s);
        known(&label).or_else(|| label.split(' ').find_map(known))
    }

    /// The first section that a path segment of `url` names, from the left.
    pub fn from_path(url: &crate::CanonicalUrl) -> Option<Self> {
        let path = url.path();
        let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
        let dirs = segments.len().saturating_sub(1);
        segments[..dirs].iter().filter(|s| s.chars().count() <= 24).find_map(|s| Self::from_label(s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_many_languages_name_their_section() {
        for (label, section) in [
            ("Wirtschaft", Section::Business),
            ("Économie", Section::Business),
            ("Deportes", Section::Sport),
            ("Спорт", Section::Sport),
            ("السياسة", Section::Politics),
            ("国际", Section::World),
            ("US Politics", Section::Politics),
        ] {
            assert_eq!(Section::from_label(label), Some(section), "{label}");
        }
        assert_eq!(Section::from_label("homepage"), None);
    }

    #[test]
    fn every_listed_word_is_in_the_form_it_is_compared_in() {
        for (section, words) in WORDS {
            for word in words {
                assert_eq!(crate::normalise(word), **word, "{section:?}");
            }
        }
    }
}
