//! What on a page is not the article, by its markup: navigation, comments, shares, advertisements, teasers.

use super::lines::{Kind, Line};
use super::phrases;
use super::voice::{Trust, Voice, voice};
use crate::extract::dom::{Dom, NodeId, Tag};

/// Of all the page's running text, the share from which an element holds the article whatever its class says.
const TOO_MUCH_FOR_CLUTTER: f32 = 0.6;

/// Weight of running text beside which longer comments are believed to be comments.
const AN_ARTICLE: f32 = 600.0;

/// Characters up to which furniture is furniture.
const FURNITURE_MAX: usize = 220;

/// Marks the lines that stand in clutter, and only those. What holds the headline or the
/// page's `<main>` is never clutter.
pub(super) fn judge(dom: &Dom, headline: Option<NodeId>, trust: Trust, lines: &mut [Line]) {
    for line in lines.iter_mut() {
        line.clutter = phrases::is_cookie_notice(&line.text);
    }
    let mains: Vec<NodeId> = (0..dom.len()).filter(|id| dom.tag(*id) == Tag::Main).collect();
    let holds = |id: NodeId| headline.iter().chain(&mains).any(|h| dom.within(*h, id));
    let mass = Mass::of(dom, lines);
    let total = mass.within(0, dom.len());
    let boxes = sign_up_boxes(dom, &mass);
    // Where the innermost clutter around a node ends; nodes come in document order.
    let mut clutter_end = 0;
    let mut next_line = 0;
    let mut id = 0;
    while id < dom.len() {
        while next_line < lines.len() && lines[next_line].at < id {
            next_line += 1;
        }
        let end = dom.end(id);
        let element = !matches!(dom.tag(id), Tag::None | Tag::Text);
        if id >= clutter_end && element && !holds(id) {
            let held = mass.within(id, end);
            let voice = if boxes.binary_search(&id).is_ok() { Voice::Clutter } else { voice(dom, id, trust) };
            let clutter = match voice {
                Voice::Silent | Voice::Content => false,
                Voice::Clutter => held == 0.0 || held <= total * TOO_MUCH_FOR_CLUTTER,
                Voice::Others => held == 0.0 || held <= total * TOO_MUCH_FOR_CLUTTER || total - held >= AN_ARTICLE,
                Voice::Furniture => mass.chars_within(id, end) <= FURNITURE_MAX,
            };
            if clutter {
                clutter_end = end;
                // A line that goes on after it only begins with it: a label, an icon's name.
                for line in lines[next_line..].iter_mut().take_while(|l| l.at < end).filter(|l| l.end <= end) {
                    line.clutter = true;
                }
            }
        }
        id += 1;
    }
}

/// Characters up to which what surrounds a field for a mail address only asks for one, and lines of running text: of an
/// article there are more, however short it is.
const SIGN_UP_MAX: usize = 400;
const SIGN_UP_LINES: usize = 2;

/// Elements that ask for a mail address, whatever their names and language: around each such field the widest with
/// little text. They lie apart, so they come in document order.
fn sign_up_boxes(dom: &Dom, mass: &Mass) -> Vec<NodeId> {
    let asks = |id: &NodeId| {
        dom.tag(*id) == Tag::Input && dom.attr(*id, "type").is_some_and(|t| t.eq_ignore_ascii_case("email"))
    };
    let little = |id: &NodeId| {
        let end = dom.end(*id);
        mass.chars_within(*id, end) <= SIGN_UP_MAX && mass.lines_within(*id, end) <= SIGN_UP_LINES && *id > 0
    };
    let around = |field| dom.ancestors(field).take_while(little).last();
    let mut boxes: Vec<NodeId> = (0..dom.len()).filter(asks).filter_map(around).collect();
    boxes.dedup();
    boxes
}

/// Sums over ranges of the page.
struct Mass {
    prose: Vec<f32>,
    prose_lines: Vec<usize>,
    chars: Vec<usize>,
}

impl Mass {
    fn of(dom: &Dom, lines: &[Line]) -> Self {
        let mut prose = vec![0.0; dom.len() + 1];
        let mut prose_lines = vec![0; dom.len() + 1];
        let mut chars = vec![0; dom.len() + 1];
        for line in lines {
            let running = matches!(line.kind, Kind::Text | Kind::Quote | Kind::Item | Kind::Cell);
            if running && line.chars >= 25 && line.link_share() < 0.4 {
                prose[line.at + 1] += line.chars as f32;
                prose_lines[line.at + 1] += 1;
            }
            chars[line.at + 1] += line.chars;
        }
        for i in 1..prose.len() {
            prose[i] += prose[i - 1];
            prose_lines[i] += prose_lines[i - 1];
            chars[i] += chars[i - 1];
        }
        Self { prose, prose_lines, chars }
    }

    fn within(&self, from: NodeId, to: NodeId) -> f32 {
        self.prose[to] - self.prose[from]
    }

    fn lines_within(&self, from: NodeId, to: NodeId) -> usize {
        self.prose_lines[to] - self.prose_lines[from]
    }

    fn chars_within(&self, from: NodeId, to: NodeId) -> usize {
        self.chars[to] - self.chars[from]
    }
}
