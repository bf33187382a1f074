//! Taking back what was remembered of records that came to nothing.

use super::Memory;
use super::postings::Before;
use crate::held::{Encoded, KnownStory, Posting, StoryNumber, Text};

/// What was in each place that was written to, table by table in the order of writing; `None` where it was empty. Lists
/// keep their room: an article writes to some fifty places.
#[derive(Debug, Default)]
pub(super) struct Undo {
    /// Whether anything is to be noted.
    is_on: bool,
    claims: Vec<([u8; 16], Option<Encoded>)>,
    texts: Vec<([u8; 16], Option<Text>)>,
    stories: Vec<(StoryNumber, Option<KnownStory>)>,
    postings: Vec<(u32, Before)>,
}

impl Memory {
    /// From here on what is remembered can be taken back.
    pub(crate) fn begin(&mut self) {
        self.undo.is_on = true;
    }

    /// What was remembered since [`Memory::begin`] stays.
    pub(crate) fn keep(&mut self) {
        let Undo { is_on, claims, texts, stories, postings } = &mut self.undo;
        *is_on = false;
        claims.clear();
        texts.clear();
        stories.clear();
        postings.clear();
    }

    /// Everything is as it was at [`Memory::begin`].
    pub(crate) fn take_back(&mut self) {
        let Self { claims, texts, stories, postings, undo, .. } = self;
        undo.is_on = false;
        for (article, before) in undo.claims.drain(..).rev() {
            claims.restore(article, before);
        }
        for (hash, before) in undo.texts.drain(..).rev() {
            texts.restore(hash, before);
        }
        for (number, before) in undo.stories.drain(..).rev() {
            stories.restore(number.0, before);
        }
        for (hash, before) in undo.postings.drain(..).rev() {
            postings.restore(hash, before);
        }
    }

    pub(super) fn put_claim(&mut self, article: [u8; 16], claim: Encoded) {
        let before = self.claims.put(article, claim);
        if self.undo.is_on {
            self.undo.claims.push((article, before));
        }
    }

    pub(super) fn put_text(&mut self, hash: [u8; 16], text: Text) {
        let before = self.texts.put(hash, text);
        if self.undo.is_on {
            self.undo.texts.push((hash, before));
        }
    }

    pub(super) fn put_story(&mut self, number: StoryNumber, story: KnownStory) {
        let before = self.stories.put(number.0, story);
        if self.undo.is_on {
            self.undo.stories.push((number, before));
        }
    }

    pub(super) fn put_posting(&mut self, hash: u32, posting: &Posting) {
        let before = self.postings.put(hash, posting);
        if self.undo.is_on {
            self.undo.postings.push((hash, before));
        }
    }
}
