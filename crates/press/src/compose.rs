//! From a plan to a text: originals, columns and what carriers make of others' stories.

use crate::column;
use crate::dice::Dice;
use crate::edit;
use crate::grammar::{Grammar, Teller};
use crate::plan::{Kind, Plan};
use crate::publisher::{Publisher, Roster};
use crate::story::{self, Story};
use article::Block;

/// A text as it stands on its page.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) title: String,
    pub(crate) standfirst: String,
    /// Paragraphs of the carrier's before the story.
    pub(crate) head: Vec<String>,
    pub(crate) blocks: Vec<Block>,
    /// Paragraphs of the carrier's after the story.
    pub(crate) tail: Vec<String>,
    pub(crate) authors: Vec<String>,
    /// The name that the credit line gives, if there is one.
    pub(crate) credit: Option<String>,
    pub(crate) caption: String,
    pub(crate) keywords: Vec<String>,
    /// Whether the page names the original as its canonical page or as what it is based on.
    pub(crate) names_original: bool,
}

const COPY: u64 = 21;
const COLUMN: u64 = 22;

/// What a text is made from.
pub(crate) struct Composer<'a> {
    pub(crate) seed: u64,
    pub(crate) roster: &'a Roster,
}

impl Composer<'_> {
    /// Writes the article `plan` in its `revision`; `origin` is the plan of what it is a copy of.
    pub(crate) fn compose(&self, plan: &Plan, revision: u32, origin: Option<&Plan>) -> Text {
        let publisher = &self.roster.publishers[plan.publisher];
        let mut text = match (plan.kind, plan.of, origin) {
            (Kind::Column | Kind::Ticker, ..) => self.column(plan, publisher, revision),
            (_, Some(of), Some(origin)) => self.copy(plan, publisher, origin, of.revision, revision),
            _ => {
                let (story, _) = story::write(self.seed, plan.number, publisher.language, plan.section, revision);
                Text::of(story)
            }
        };
        if plan.paid {
            // Subscribers read on; everybody else sees the beginning and what to do.
            text.blocks.truncate(2);
            text.tail = vec![Grammar::of(publisher.language).phrase("wall").to_owned()];
        }
        text
    }

    fn column(&self, plan: &Plan, publisher: &Publisher, revision: u32) -> Text {
        let dice = Dice::new(self.seed, &[COLUMN, u64::from(plan.number), u64::from(revision)]);
        let teller = Teller::new(publisher.language, plan.section, dice);
        let story = if plan.kind == Kind::Ticker { column::ticker(teller) } else { column::daily(teller) };
        Text::of(story)
    }

    fn copy(&self, plan: &Plan, publisher: &Publisher, origin: &Plan, of_revision: u32, revision: u32) -> Text {
        let owner = &self.roster.publishers[origin.publisher];
        let (story, mut teller) = story::write(self.seed, origin.number, owner.language, origin.section, of_revision);
        let mut text = Text::of(story);
        teller.dice = Dice::new(self.seed, &[COPY, u64::from(plan.number)]);
        teller.set("agency", owner.name.clone());
        let framed = match plan.kind {
            Kind::Exact => false,
            Kind::Framed => true,
            Kind::Edited | Kind::Retyped => teller.dice.chance(50),
            _ => teller.dice.chance(80),
        };
        match plan.kind {
            Kind::Edited => {
                let percent = 3 + teller.dice.below(7);
                edit::change_words(&mut teller, &mut text.blocks, percent);
            }
            Kind::Retyped => {
                text.title = edit::retype(&teller.say("retitle"));
                edit::retype_blocks(&mut text.blocks);
            }
            Kind::FirstHalf => edit::keep(&mut text.blocks, 0, 2, 4),
            Kind::SecondHalf => edit::keep(&mut text.blocks, 2, 4, 4),
            Kind::LastThird => edit::keep(&mut text.blocks, 2, 3, 3),
            Kind::Exact | Kind::Framed | Kind::Original | Kind::Column | Kind::Ticker => {}
        }
        if framed {
            if teller.dice.chance(60) {
                text.head.push(teller.say("framehead"));
            }
            for _ in 0..1 + teller.dice.below(2) {
                text.tail.push(teller.say("frametail"));
            }
        }
        self.credit(plan, owner, &mut teller, &mut text);
        for _ in 0..revision {
            // A carrier's change is a sentence of its own: it has no reporter at the scene.
            let added = teller.say("update");
            text.blocks.push(Block::Paragraph { text: added });
        }
        if publisher.role == crate::publisher::Role::Digest {
            text.authors.clear();
        }
        text
    }

    /// Three in five name whom the text is from; one in three pages links to it. An exact copy's text is the
    /// original's to the letter, so its credit stands outside it.
    fn credit(&self, plan: &Plan, owner: &Publisher, teller: &mut Teller, text: &mut Text) {
        text.names_original = teller.dice.chance(33);
        if !teller.dice.chance(60) {
            return;
        }
        text.credit = Some(owner.name.clone());
        let line = teller.say("credit");
        match text.blocks.last_mut() {
            Some(Block::Paragraph { text }) if plan.kind != Kind::Exact && line.starts_with('(') => {
                text.push(' ');
                text.push_str(&line);
            }
            _ => text.tail.insert(0, line),
        }
    }
}

impl Text {
    fn of(story: Story) -> Self {
        let Story { title, standfirst, blocks, authors, caption, keywords } = story;
        Self {
            title,
            standfirst,
            head: Vec::new(),
            blocks,
            tail: Vec::new(),
            authors,
            credit: None,
            caption,
            keywords,
            names_original: false,
        }
    }

    /// The running text with the frame, a blank line between two blocks: what a reader of the page's middle
    /// column reads.
    pub(crate) fn running(&self) -> String {
        let body = article::plain_text(&self.blocks);
        let mut parts: Vec<&str> = self.head.iter().map(String::as_str).collect();
        parts.push(&body);
        parts.extend(self.tail.iter().map(String::as_str));
        parts.join("\n\n")
    }
}
