//! Who else carries a story, and how we know, in words a reader understands.

use super::link::Link;
use super::moment::Moment;
use super::tongue::Tongue;
use article::{ArticleId, Timestamp, Verdict, VerdictKind};
use store::{ArticleState, Member, StoryView};

/// Another article of the story.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) source_name: String,
    pub(crate) title: String,
    pub(crate) tongue: Tongue,
    /// None where its publisher withdrew it: the address leads nowhere.
    pub(crate) link: Option<Link>,
    pub(crate) time: Moment,
    pub(crate) is_primary: bool,
    /// What it is, in two or three words; none of the primary source, if nothing was found about it.
    pub(crate) kind: Option<&'static str>,
    /// Why, in one sentence.
    pub(crate) sentence: String,
    /// Further reasons: a canonical link, a credit line.
    pub(crate) notes: Vec<String>,
}

/// The members besides the face. What was taken down is not named.
pub(crate) fn copies(view: &StoryView, face: &ArticleId, now: Timestamp) -> Vec<Copy> {
    let others = view.members.iter().filter(|m| m.article.article.id != *face);
    others.filter(|m| m.article.state != ArticleState::TakenDown).map(|m| copy(m, view, now)).collect()
}

fn copy(member: &Member, view: &StoryView, now: Timestamp) -> Copy {
    let article = &member.article.article;
    let withdrawn = member.article.state == ArticleState::Withdrawn;
    let is_primary = article.id == view.primary;
    let (kind, sentence) = match &member.verdict {
        // That it is the original says more than that it was seen first.
        Some(verdict) if !(is_primary && verdict.of.is_none()) => {
            (Some(kind(verdict)), sentence(verdict, compared_with(verdict, view, &article.id).as_deref()))
        }
        _ if is_primary => (None, "This story is credited to it.".to_owned()),
        _ => (None, "It tells the same story.".to_owned()),
    };
    Copy {
        source_name: article.source_name.clone(),
        title: article.title.clone(),
        tongue: Tongue::of(article.language.as_deref()),
        link: Link::parse(article.url.as_str()).filter(|_| !withdrawn),
        time: Moment::new(article.time(), now),
        is_primary,
        kind: if withdrawn { Some("Withdrawn by its publisher") } else { kind },
        sentence,
        notes: member.verdict.as_ref().map(|v| v.evidence.notes.clone()).unwrap_or_default(),
    }
}

/// The publisher of the article a verdict compares with, if it is of this story and isn't the article itself.
fn compared_with(verdict: &Verdict, view: &StoryView, own: &ArticleId) -> Option<String> {
    let of = verdict.of.as_ref().filter(|of| *of != own)?;
    view.members.iter().map(|m| &m.article.article).find(|a| a.id == *of).map(|a| a.source_name.clone())
}

fn kind(verdict: &Verdict) -> &'static str {
    match verdict.kind {
        VerdictKind::New => "Seen first",
        VerdictKind::Revision => "Revised",
        VerdictKind::ExactCopy => "Same text",
        VerdictKind::NearCopy => "Much the same text",
    }
}

/// The evidence in words.
pub(crate) fn sentence(verdict: &Verdict, of: Option<&str>) -> String {
    let whose = of.map_or_else(|| "this story’s text".to_owned(), |name| format!("the text of {name}"));
    match verdict.kind {
        VerdictKind::New => "It was seen before the others, which were compared with it.".to_owned(),
        VerdictKind::Revision => "Its publisher has changed it since it was first seen.".to_owned(),
        VerdictKind::ExactCopy => format!("Word for word {whose}."),
        VerdictKind::NearCopy => {
            let evidence = &verdict.evidence;
            let mut out = if evidence.containment > 0.0 {
                format!("{} of this text is in {whose}", percent(evidence.containment))
            } else {
                format!("Much of this text is in {whose}")
            };
            if evidence.jaccard > 0.0 {
                out.push_str(&format!("; {} of both together is common", percent(evidence.jaccard)));
            }
            if evidence.postings > 0 {
                out.push_str(&format!(" ({} of {} sampled passages)", evidence.shared, evidence.postings));
            }
            out.push_str(&format!(". Certainty {}.", percent(verdict.score)));
            out
        }
    }
}

/// `94 %`, with a space that does not break. What is not all of it is never shown as 100 %.
fn percent(share: f32) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let rounded = (share * 100.0).round() as u32;
    let whole = if rounded == 100 && share < 1.0 { 99 } else { rounded };
    format!("{whole}\u{a0}%")
}
