use crate::Thresholds;
use crate::held::{KnownStory, Part, Posting, StoryNumber};
use crate::marks::Marks;
use crate::rule::{Found, Learner};
use article::{ArticleId, Sketch, StoryId};
use smallvec::smallvec;
use std::collections::BTreeMap;

fn number(n: u8) -> StoryNumber {
    StoryNumber::of(&StoryId::opened_by(&ArticleId::derive(&[&[n]])))
}

/// What is found for these marks when all are the body of `holder`.
fn found(marks: &Marks, holder: StoryNumber) -> Found {
    let posting = || Some(Posting { day: 1, holders: smallvec![(holder, Part::Core)] });
    let mut record = KnownStory::alone(marks);
    record.site = 1;
    Found { postings: marks.all.iter().map(|_| posting()).collect(), stories: BTreeMap::from([(holder, record)]) }
}

#[test]
fn what_a_copy_shares_with_a_story_it_is_a_copy_of_is_not_made_common() {
    let marks = Marks::of(&Sketch::of_text(&super::articles::text(1, 200)));
    let (theirs, best) = (number(1), number(2));
    let learn = |copies: &[StoryNumber]| {
        let mut found = found(&marks, theirs);
        let learner = Learner { marks: &marks, site: 2, story: best, copies, opens: false, known: false };
        let changed = found.learn(&learner, 2, &Thresholds::default());
        (changed.len(), found.stories[&theirs].counts[8].all, found)
    };
    // A whole of two parts goes to the one, and leaves the other what it is known by.
    let (changed, left, kept) = learn(&[best, theirs]);
    assert_eq!((changed, left), (0, found(&marks, theirs).stories[&theirs].counts[8].all));
    assert!(kept.postings.iter().flatten().all(|p| p.holders.as_slice() == [(theirs, Part::Core)]));
    // Of a story that it is no copy of it shows what is a frame.
    let (changed, left, common) = learn(&[best]);
    assert_eq!((changed, left), (marks.all.len(), 0));
    assert!(common.postings.iter().flatten().all(Posting::is_common));
}
