//! Who publishes: the roster, founded from the seed.

use crate::charset::Charset;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::grammar::{Grammar, Teller};
use crate::language::Language;
use crate::settings::PressSettings;
use crate::web::Web;
use article::{Carry, CarryReason, Feed, Origin, Section, Source, SourceId};
use std::collections::HashMap;

/// What kind of house a publisher is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// A wire agency: free to read, carried by others.
    Agency,
    /// A newspaper.
    Paper,
    /// A site that carries others' texts, often only a part, with disclaimers around them.
    Digest,
    /// A newspaper, a third of whose articles are for subscribers.
    Paywalled,
    /// A newspaper that reserves text and data mining (TDMRep).
    Reserved,
    /// A newspaper whose pages say `noarchive`.
    NoArchive,
}

/// How a publisher's pages are built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Markup {
    /// `article`, `time`, `h1`, JSON-LD.
    Semantic,
    /// Nested `div`s with class names, Open Graph.
    DivSoup,
    /// Schema.org microdata.
    Microdata,
    /// JSON-LD as a `@graph`, Open Graph, AMP-like markup.
    Graph,
    /// Tables and bare paragraphs; the date only in words.
    Bare,
}

/// What a publisher's feed is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FeedStyle {
    /// RSS 2.0.
    Rss2,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
    /// RSS 1.0 (RDF).
    Rdf,
}

/// How a publisher's addresses are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// `/politik/die-ueberschrift-100017.html`
    SectionSlug,
    /// `/news/100017`
    Number,
    /// `/?p=100017`: the number is a parameter, and the parameter is the identity.
    Query,
    /// `/2026/100017/die-ueberschrift/`, whatever the year.
    Slug,
}

/// A publisher.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    /// Its source's id, which is its host's first label.
    pub(crate) id: SourceId,
    /// The first label of its host.
    pub(crate) label: String,
    /// Its name for readers.
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) role: Role,
    pub(crate) markup: Markup,
    pub(crate) feed: FeedStyle,
    pub(crate) layout: Layout,
    /// What its pages are encoded in; feeds are UTF-8.
    pub(crate) charset: Charset,
    /// Which class names its pages use.
    pub(crate) theme: usize,
    /// Further habits, a bit each; see [`Habit`].
    habits: u64,
    /// What it does wrong, if it is one of the faulty.
    pub(crate) fault: Option<Fault>,
}

/// Small habits that a publisher has or hasn't.
#[derive(Clone, Copy)]
pub(crate) enum Habit {
    /// Feed links carry tracking parameters.
    TrackedLinks,
    /// Feed links are short ones that redirect to the page.
    ShortLinks,
    /// Pages name themselves in `rel=canonical`.
    CanonicalLink,
    /// Slugs are written in the language's own script.
    NativeSlug,
    /// The newsletter box stands between two paragraphs.
    NewsletterInside,
    /// Related articles stand between two paragraphs.
    RelatedInside,
    /// A disclaimer stands below every article.
    Disclaimer,
    /// The feed's entries carry the whole text.
    FullFeed,
    /// robots.txt exists.
    Robots,
    /// Headlines in `title` are followed by the site's name.
    SiteInTitle,
    /// Entries' identifiers are not addresses.
    OpaqueGuid,
    /// Only the page's `meta` names its charset, not the header.
    QuietHeader,
}

impl Publisher {
    /// Whether it has a habit.
    pub(crate) fn does(&self, habit: Habit) -> bool {
        self.habits >> (habit as u32) & 1 == 1
    }

    /// The path of its feed.
    pub(crate) fn feed_path(&self) -> &'static str {
        match self.feed {
            FeedStyle::Rss2 => "/feed.xml",
            FeedStyle::Atom => "/atom.xml",
            FeedStyle::Json => "/feed.json",
            FeedStyle::Rdf => "/index.rdf",
        }
    }

    /// The address of its feed.
    pub(crate) fn feed_url(&self, web: &Web) -> String {
        format!("{}{}", web.base(&self.label), self.feed_path())
    }

    /// Its own word for a section: label and path segment.
    pub(crate) fn section_label(&self, section: Section) -> (&'static str, &'static str) {
        let list = match section {
            Section::World => "section.world",
            Section::Politics => "section.politics",
            Section::Business => "section.business",
            Section::Technology => "section.technology",
            Section::Science => "section.science",
            Section::Health => "section.health",
            Section::Sport => "section.sport",
            Section::Culture => "section.culture",
            Section::Society => "section.society",
            Section::Opinion => "section.opinion",
        };
        match Grammar::of(self.language).forms(list).first().map(Vec::as_slice) {
            Some([label, path, ..]) => (label, path),
            _ => (section.title(), section.as_str()),
        }
    }

    /// The signal on every page of it that narrows what may be carried.
    pub(crate) fn house_signal(&self) -> Option<CarryReason> {
        match self.role {
            Role::Reserved => Some(CarryReason::TdmReserved),
            Role::NoArchive => Some(CarryReason::NoArchive),
            Role::Agency | Role::Paper | Role::Digest | Role::Paywalled => None,
        }
    }

    /// As an operator would add it.
    pub(crate) fn source(&self, web: &Web) -> Source {
        Source {
            id: self.id.clone(),
            home: Some(format!("{}/", web.base(&self.label))),
            language: Some(self.language.code().to_owned()),
            country: Some(self.language.country().to_owned()),
            ..Source::new(&self.name, Carry::Full, Origin::File, vec![Feed::new(&self.feed_url(web), None)])
        }
    }
}

/// All publishers.
pub(crate) struct Roster {
    pub(crate) publishers: Vec<Publisher>,
    /// How many of them, from the first, are without fault.
    pub(crate) sound: usize,
    by_label: HashMap<String, usize>,
}

/// The order in which houses are founded after each language has its agency and a paper: English weighs more.
const FOUNDING: [Language; 12] = [
    Language::English,
    Language::German,
    Language::English,
    Language::French,
    Language::Russian,
    Language::Spanish,
    Language::Arabic,
    Language::English,
    Language::Japanese,
    Language::German,
    Language::Hindi,
    Language::Greek,
];

/// The order of kinds within a language, agencies aside.
const ROLES: [Role; 8] = [
    Role::Paper,
    Role::Digest,
    Role::Paywalled,
    Role::Paper,
    Role::Digest,
    Role::Reserved,
    Role::Paper,
    Role::NoArchive,
];

const MARKUPS: [Markup; 5] = [Markup::Semantic, Markup::DivSoup, Markup::Microdata, Markup::Graph, Markup::Bare];
const FEEDS: [FeedStyle; 5] = [FeedStyle::Rss2, FeedStyle::Atom, FeedStyle::Rss2, FeedStyle::Json, FeedStyle::Rdf];
const LAYOUTS: [Layout; 4] = [Layout::SectionSlug, Layout::Number, Layout::Slug, Layout::Query];

impl Roster {
    /// Founds the publishers of a press.
    pub(crate) fn found(settings: &PressSettings) -> Self {
        let mut roster = Roster { publishers: Vec::new(), sound: 0, by_label: HashMap::new() };
        let count = settings.publishers.min(PressSettings::MAX_PUBLISHERS) as usize;
        let mut founded: HashMap<Language, usize> = HashMap::new();
        let pairs = Language::ALL.len() * 2;
        for index in 0..count {
            let language = match index {
                i if i < pairs => Language::ALL[i / 2],
                i => FOUNDING[(i - pairs) % FOUNDING.len()],
            };
            let nth = founded.entry(language).or_default();
            // The languages' own counters are shifted against each other, so that a small press has every kind.
            let role = if *nth == 0 { Role::Agency } else { ROLES[(*nth - 1 + language as usize) % ROLES.len()] };
            *nth += 1;
            roster.add(settings.seed, index, language, role, None);
        }
        roster.sound = roster.publishers.len();
        for (i, fault) in settings.faults.iter().enumerate() {
            // A wrong charset shows only where there are letters outside ASCII, and fits ISO 8859-1.
            let language = if i % 2 == 0 { Language::German } else { Language::English };
            let language = if *fault == Fault::FeedWrongCharset { Language::German } else { language };
            roster.add(settings.seed, count + i, language, Role::Paper, Some(*fault));
        }
        roster
    }

    /// The publisher at a host's first label.
    pub(crate) fn at(&self, label: &str) -> Option<usize> {
        self.by_label.get(label).copied()
    }

    fn add(&mut self, seed: u64, index: usize, language: Language, role: Role, fault: Option<Fault>) {
        let (mut name, mut label) = self.name(seed, index, language, role);
        let mut habits = Dice::new(seed, &[HABITS, index as u64]).between(0, i64::MAX).unsigned_abs();
        if let Some(fault) = fault {
            label = format!("fault-{}", fault.as_str());
            name = format!("{name} ({})", fault.as_str());
            // Nothing else must be odd about it.
            habits = 1 << Habit::CanonicalLink as u32;
        }
        let (feed, layout) = match fault {
            Some(_) => (FeedStyle::Rss2, Layout::Number),
            None => (FEEDS[index * 2 % FEEDS.len()], LAYOUTS[(index + index / 4) % LAYOUTS.len()]),
        };
        // Every third house whose language had a charset before UTF-8 still keeps it.
        let compatriots = self.publishers.iter().filter(|p| p.language == language).count();
        let charset = match fault {
            None if compatriots % 3 == 1 => Charset::old(language),
            _ => Charset::Utf8,
        };
        let publisher = Publisher {
            id: SourceId::from_name(&label),
            label: label.clone(),
            name,
            language,
            role,
            markup: MARKUPS[(index + index / 5) % MARKUPS.len()],
            feed,
            layout,
            charset,
            theme: index,
            habits,
            fault,
        };
        self.by_label.insert(label, self.publishers.len());
        self.publishers.push(publisher);
    }

    /// A name and a label that nobody has yet.
    fn name(&self, seed: u64, index: usize, language: Language, role: Role) -> (String, String) {
        let list = match role {
            Role::Agency => "agency",
            Role::Digest => "digest",
            Role::Paper | Role::Paywalled | Role::Reserved | Role::NoArchive => "masthead",
        };
        let mut last = (String::new(), String::new());
        for attempt in 0..64 {
            let dice = Dice::new(seed, &[NAMES, index as u64, attempt]);
            let mut teller = Teller::new(language, Section::World, dice);
            let name = teller.fact(list, "name1", 0);
            let stem = teller.fact(list, "name1", 1);
            let place = teller.fact("place", "place9", 1);
            let label = if role == Role::Agency { stem } else { format!("{place}-{stem}") };
            if self.at(&label).is_none() && !self.publishers.iter().any(|p| p.name == name) {
                return (name, label);
            }
            last = (name, label);
        }
        // More houses than names: they are numbered.
        (format!("{} {index}", last.0), format!("{}-{index}", last.1))
    }
}

const NAMES: u64 = 1;
const HABITS: u64 = 2;
