//! What appears when: the press's course, a step at a time.

use crate::compose::{Composer, Text};
use crate::dice::Dice;
use crate::plan::{Kind, Origin, Plan, Record};
use crate::publisher::{Layout, Publisher, Role, Roster};
use crate::settings::PressSettings;
use crate::slug;
use article::{Section, Timestamp, WithdrawalCause};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How far back the initial articles reach.
const PAST: Duration = Duration::from_hours(36);
/// Before the start copies follow their original within so many seconds, as in life.
const PAST_COPY_DELAY: (i64, i64) = (180, 3_000);
/// After the start within so many: a demo has no hour to wait.
const LIVE_COPY_DELAY: (i64, i64) = (6, 90);
/// How many carriers a wire story finds: drawn evenly from this list.
const WIRE_CARRIERS: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 6, 9];
/// How far back the articles lie that change or go, in articles.
const RECENT: usize = 60;
/// Articles of each faulty publisher.
const FAULTY_ARTICLES: usize = 3;

const COURSE: u64 = 31;

/// What a step did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    Published(u32),
    Revised(u32),
    Withdrawn(u32),
}

/// A copy that will appear.
struct Pending {
    publisher: usize,
    kind: Kind,
    of: u32,
}

/// The press's memory and its course.
pub(crate) struct Newsroom {
    pub(crate) settings: PressSettings,
    pub(crate) roster: Arc<Roster>,
    pub(crate) articles: Vec<Record>,
    /// Numbers of each publisher's articles, oldest first.
    pub(crate) by_publisher: Vec<Vec<u32>>,
    /// Every change so far, in order: numbers of articles.
    pub(crate) log: Vec<u32>,
    /// Copies to come, by the moment they are due.
    pending: BTreeMap<(Timestamp, u64), Pending>,
    /// Parts copies that are due in the same millisecond.
    sequence: u64,
    dice: Dice,
    /// Steps taken since the start.
    steps: u64,
    pub(crate) epoch: Timestamp,
}

impl Newsroom {
    /// A press at its start, with the articles that are there from the beginning.
    pub(crate) fn open(settings: PressSettings) -> Self {
        let roster = Arc::new(Roster::found(&settings));
        // Whole seconds: feeds and pages can't say less.
        let epoch = Timestamp::from_secs(settings.epoch.unwrap_or_else(Timestamp::now).secs());
        let mut room = Newsroom {
            by_publisher: vec![Vec::new(); roster.publishers.len()],
            dice: Dice::new(settings.seed, &[COURSE]),
            settings,
            roster,
            articles: Vec::new(),
            log: Vec::new(),
            pending: BTreeMap::new(),
            sequence: 0,
            steps: 0,
            epoch,
        };
        room.fill();
        room
    }

    fn fill(&mut self) {
        let sound = self.roster.sound as u32;
        let count = match self.settings.instant {
            true => self.settings.articles,
            false => sound.saturating_mul(self.settings.initial_per_publisher),
        };
        let count = count.min(self.settings.max_articles);
        let start = self.epoch.minus(PAST);
        if sound > 0 {
            for nth in 0..count {
                let at = start.plus(PAST.mul_f64(f64::from(nth) / f64::from(count)));
                self.appear(Timestamp::from_secs(at.secs()), PAST_COPY_DELAY);
            }
        }
        for publisher in self.roster.sound..self.roster.publishers.len() {
            for nth in 0..FAULTY_ARTICLES {
                let at = self.epoch.minus(Duration::from_mins(5 + 7 * nth as u64));
                self.original(publisher, Kind::Original, at);
            }
        }
        // What is still to come of the past comes in the demo's pace.
        let pending = std::mem::take(&mut self.pending);
        self.pending = pending
            .into_iter()
            .map(|((due, sequence), copy)| ((self.epoch.plus(due.since(self.epoch) / 30), sequence), copy))
            .collect();
    }

    /// When the next step is due; never where nothing appears by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let quiet = self.settings.instant || self.settings.rate <= 0.0 || self.is_full();
        (!quiet).then(|| self.time_of(self.steps))
    }

    /// Whether there is no room for another article.
    pub(crate) fn is_full(&self) -> bool {
        self.articles.len() >= self.settings.max_articles as usize || self.roster.sound == 0
    }

    fn time_of(&self, step: u64) -> Timestamp {
        let interval = if self.settings.rate > 0.0 { 1_000.0 / self.settings.rate } else { 1_000.0 };
        // Exact enough for centuries, and the same on every machine.
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let after = ((step + 1) as f64 * interval) as u64;
        self.epoch.plus(Duration::from_millis(after))
    }

    /// Takes the next step of the course: an article appears, and now and then an older one changes or goes.
    pub(crate) fn step(&mut self) -> Vec<Change> {
        if self.is_full() {
            return Vec::new();
        }
        let at = self.time_of(self.steps);
        self.steps += 1;
        let mut changes = vec![Change::Published(self.appear(at, LIVE_COPY_DELAY))];
        if self.settings.instant {
            return changes;
        }
        if self.dice.chance(self.settings.revised_percent as usize) {
            changes.extend(self.recent().filter(|n| self.revise(*n, at)).map(Change::Revised));
        }
        if self.dice.chance(self.settings.withdrawn_percent as usize) {
            let cause = if self.dice.chance(50) { WithdrawalCause::Gone } else { WithdrawalCause::NotFound };
            changes.extend(self.recent().filter(|n| self.withdraw(*n, cause)).map(Change::Withdrawn));
        }
        changes
    }

    /// One of the recent articles of sound publishers.
    fn recent(&mut self) -> Option<u32> {
        let from = self.articles.len().saturating_sub(RECENT);
        let at = from + self.dice.below(self.articles.len() - from);
        let record = self.articles.get(at)?;
        (record.plan.publisher < self.roster.sound).then_some(record.plan.number)
    }

    fn appear(&mut self, at: Timestamp, delay: (i64, i64)) -> u32 {
        let due = self.pending.first_key_value().map(|(key, _)| *key).filter(|(due, _)| *due <= at);
        if let Some(copy) = due.and_then(|key| self.pending.remove(&key)) {
            return self.copy(&copy, at);
        }
        let publisher = self.writer();
        let kind = match self.roster.publishers[publisher].role {
            Role::Agency => Kind::Original,
            _ if self.dice.chance(12) => Kind::Column,
            _ if self.dice.chance(5) => Kind::Ticker,
            _ => Kind::Original,
        };
        let number = self.original(publisher, kind, at);
        if kind == Kind::Original && !self.articles[number as usize].plan.paid {
            self.spread(number, at, delay);
        }
        number
    }

    /// Whose own text comes next: an agency's nearly every second time. Digests write nothing themselves
    /// unless there is nobody else.
    fn writer(&mut self) -> usize {
        let agency = self.dice.chance(45);
        let sound = &self.roster.publishers[..self.roster.sound];
        let wanted: Vec<usize> = (0..sound.len())
            .filter(|i| sound[*i].role != Role::Digest && (sound[*i].role == Role::Agency) == agency)
            .collect();
        self.dice.pick(&wanted).copied().unwrap_or_else(|| self.dice.below(self.roster.sound))
    }

    fn original(&mut self, publisher: usize, kind: Kind, at: Timestamp) -> u32 {
        let section = match kind {
            Kind::Column => Section::Society,
            _ => self.dice.pick(&Section::ALL).copied().unwrap_or_default(),
        };
        let paid =
            kind == Kind::Original && self.roster.publishers[publisher].role == Role::Paywalled && self.dice.chance(35);
        self.publish(Plan { number: self.next(), publisher, section, kind, of: None, published: at, paid })
    }

    /// Plans who carries an original, and when.
    fn spread(&mut self, number: u32, at: Timestamp, delay: (i64, i64)) {
        let writer = self.articles[number as usize].plan.publisher;
        let role = self.roster.publishers[writer].role;
        // What is reserved or not to be archived is not licensed to others either.
        let wanted = match role {
            Role::Agency => self.dice.pick(&WIRE_CARRIERS).copied().unwrap_or_default(),
            Role::Paper if self.dice.chance(30) => 1,
            _ => 0,
        };
        let mut carriers: Vec<usize> = (0..self.roster.sound)
            .filter(|i| *i != writer && self.roster.publishers[*i].language == self.roster.publishers[writer].language)
            .filter(|i| self.roster.publishers[*i].role != Role::Agency)
            .collect();
        for _ in 0..wanted.min(carriers.len()) {
            let publisher = carriers.swap_remove(self.dice.below(carriers.len()));
            let kind = self.kind_of_copy(publisher);
            let seconds = self.dice.between(delay.0, delay.1).unsigned_abs();
            self.sequence += 1;
            let due = (at.plus(Duration::from_secs(seconds)), self.sequence);
            self.pending.insert(due, Pending { publisher, kind, of: number });
        }
    }

    fn kind_of_copy(&mut self, publisher: usize) -> Kind {
        let throw = self.dice.below(100);
        match (self.roster.publishers[publisher].role, throw) {
            (Role::Digest, 0..30) => Kind::SecondHalf,
            (Role::Digest, 30..50) => Kind::FirstHalf,
            (Role::Digest, 50..70) => Kind::LastThird,
            (Role::Digest, _) => Kind::Framed,
            (_, 0..15) => Kind::Exact,
            (_, 15..45) => Kind::Framed,
            (_, 45..70) => Kind::Edited,
            (_, 70..90) => Kind::Retyped,
            (_, 90..94) => Kind::FirstHalf,
            (_, 94..97) => Kind::SecondHalf,
            _ => Kind::LastThird,
        }
    }

    fn copy(&mut self, copy: &Pending, at: Timestamp) -> u32 {
        let original = &self.articles[copy.of as usize];
        let of = Some(Origin { number: copy.of, revision: original.revision });
        let section = original.plan.section;
        let plan = Plan {
            number: self.next(),
            publisher: copy.publisher,
            section,
            kind: copy.kind,
            of,
            published: at,
            paid: false,
        };
        self.publish(plan)
    }

    fn next(&self) -> u32 {
        u32::try_from(self.articles.len()).unwrap_or(u32::MAX)
    }

    fn publish(&mut self, plan: Plan) -> u32 {
        let text = self.compose_plan(&plan, 0);
        let path = path(&self.roster.publishers[plan.publisher], &plan, &text.title);
        self.articles.push(Record {
            plan,
            title: text.title.into(),
            summary: text.standfirst.into(),
            path: path.into(),
            revision: 0,
            modified: None,
            withdrawn: None,
        });
        self.by_publisher[plan.publisher].push(plan.number);
        self.log.push(plan.number);
        plan.number
    }

    /// Writes an article's text as it is now.
    pub(crate) fn compose(&self, number: u32) -> Option<Text> {
        let record = self.articles.get(number as usize)?;
        Some(self.compose_plan(&record.plan, record.revision))
    }

    fn compose_plan(&self, plan: &Plan, revision: u32) -> Text {
        let composer = Composer { seed: self.settings.seed, roster: &self.roster };
        let origin = plan.of.and_then(|of| self.articles.get(of.number as usize)).map(|r| r.plan);
        composer.compose(plan, revision, origin.as_ref())
    }

    /// Changes an article's text. False where there is no such article or it was taken down.
    pub(crate) fn revise(&mut self, number: u32, at: Timestamp) -> bool {
        let Some(record) = self.articles.get_mut(number as usize).filter(|r| r.withdrawn.is_none()) else {
            return false;
        };
        record.revision += 1;
        record.modified = Some(at);
        self.log.push(number);
        true
    }

    /// Takes an article down. False where there is no such article or it is down already.
    pub(crate) fn withdraw(&mut self, number: u32, cause: WithdrawalCause) -> bool {
        let Some(record) = self.articles.get_mut(number as usize).filter(|r| r.withdrawn.is_none()) else {
            return false;
        };
        record.withdrawn = Some(cause);
        self.log.push(number);
        true
    }

    /// Puts an article up again. False where it wasn't down.
    pub(crate) fn restore(&mut self, number: u32) -> bool {
        let Some(record) = self.articles.get_mut(number as usize).filter(|r| r.withdrawn.is_some()) else {
            return false;
        };
        record.withdrawn = None;
        self.log.push(number);
        true
    }
}

/// The number that an article's address carries: numbers below a hundred thousand could be years.
const FIRST_NUMBER: u32 = 100_000;

/// Path and query of an article's page.
fn path(publisher: &Publisher, plan: &Plan, title: &str) -> String {
    let number = FIRST_NUMBER + plan.number;
    let (_, section) = publisher.section_label(plan.section);
    let slug = slug::of(publisher, title);
    match publisher.layout {
        Layout::SectionSlug => format!("/{section}/{slug}-{number}.html"),
        Layout::Number => format!("/news/{number}"),
        Layout::Query => format!("/?p={number}"),
        Layout::Slug => format!("/{section}/{number}/{slug}/"),
    }
}

/// The article that a path and query are about, by the number in it.
pub(crate) fn number_in(path_and_query: &str) -> Option<u32> {
    let mut found = None;
    for (place, part) in path_and_query.split('%').enumerate() {
        // `%914721` is a byte and the number 4721.
        let part = if place == 0 { part } else { part.get(2..).unwrap_or_default() };
        for run in part.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 6) {
            found = run.parse::<u32>().ok().and_then(|n| n.checked_sub(FIRST_NUMBER)).or(found);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_address_is_not_made_of_escaped_bytes() {
        for (path, number) in [
            ("/keizai/100845/%E4%BD%8F%E6%B0%914721%E4%BA%BA/", Some(845)),
            ("/?p=100267", Some(267)),
            ("/news/100972", Some(972)),
            ("/news/12345", None),
            ("/%99", None),
            ("/%", None),
        ] {
            assert_eq!(number_in(path), number, "{path}");
        }
    }
}
