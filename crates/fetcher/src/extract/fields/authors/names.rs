//! Names out of bylines: without “By”, roles, agencies in brackets and addresses.

use super::MAX;
use crate::extract::words::plain;

/// Characters up to which a text can be a name.
const MAX_NAME: usize = 60;

/// Names out of bylines and lists of names, each once.
pub(super) fn names(raw: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in raw.iter().flat_map(|text| split(text)).filter_map(|part| name(&part)) {
        // “All articles by Jane Doe” says no more than “Jane Doe”.
        let known = out.iter().any(|o| {
            same_name(o, &name) || article::normalise(&name).ends_with(&format!(" {}", article::normalise(o)))
        });
        if !known {
            out.push(name);
        }
    }
    out.truncate(MAX);
    out
}

pub(super) fn same_name(a: &str, b: &str) -> bool {
    let squash = |t: &str| article::normalise(t).replace(' ', "");
    squash(a) == squash(b)
}

/// Parts a byline into what may be names.
fn split(text: &str) -> Vec<String> {
    let mut text = plain(text);
    for (from, to) in [
        (" and ", ", "),
        (" und ", ", "),
        (" & ", ", "),
        (" y ", ", "),
        (" et ", ", "),
        (" og ", ", "),
        (" och ", ", "),
        (" en ", ", "),
        (" i ", ", "),
        (" и ", ", "),
        (" та ", ", "),
        (" with ", ", "),
        (" ve ", ", "),
        ("، ", ", "),
        ("、", ", "),
        ("|", ","),
        (";", ","),
        (" / ", ","),
        ("•", ","),
        ("·", ","),
        ("\n", ","),
    ] {
        if text.contains(from) {
            text = text.replace(from, to);
        }
    }
    text.split(',').map(str::to_owned).collect()
}

/// More words before a name.
const BEFORE: &[&str] = &[
    "written by",
    "words by",
    "story by",
    "ein beitrag von",
    "text von",
    "text",
    "de",
    "da",
    "written",
    "posted by",
    "reporter",
    "reported by",
    "report by",
    "from",
    "a cura di",
    "per",
    "redazione di",
    "publié par",
    "opinion by",
    "analysis by",
    "exclusive by",
    "interview by",
    "haber",
    "บทความโดย",
    "संवाददाता",
];

/// Words before a name that are hardly ever anything else: a text that begins with one is a byline, if names follow.
const SIGNS: &[&str] = &[
    "by",
    "von",
    "par",
    "por",
    "di",
    "door",
    "av",
    "af",
    "przez",
    "yazan",
    "author",
    "autor",
    "автор",
    "авторы",
    "текст",
    "συντάκτης",
    "συντάκτρια",
    "بقلم",
    "كتب",
    "كتبت",
    "लेखक",
    "文",
    "記者",
    "取材・文",
    "取材",
    "作者",
    "撰文",
    "글",
];

/// What parts such a word from the name.
const PARTS: [char; 7] = [' ', '\u{a0}', ':', '：', '・', '＝', '／'];

/// The names that a whole text signs: a word for “by”, and nothing but names after it.
pub(crate) fn signed(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let rest = SIGNS.iter().find_map(|sign| {
        let after = lower.strip_prefix(*sign)?;
        // Lower case may change lengths in bytes; count characters.
        after.starts_with(PARTS).then(|| text.chars().skip(sign.chars().count()).collect::<String>())
    })?;
    let rest = rest.trim_start_matches(PARTS).to_owned();
    let found = names(std::slice::from_ref(&rest));
    let is_name = |name: &String| {
        let words = name.split(' ').count();
        // Where a script has capitals a name has them.
        let small = name.split(' ').filter(|w| w.starts_with(char::is_lowercase)).count();
        words <= 5 && small * 2 < words && !name.ends_with(['。', '।'])
    };
    let all = !found.is_empty() && found.iter().all(is_name) && !rest.chars().any(|c| c.is_ascii_digit());
    all.then_some(rest)
}

/// Words that are roles or newsrooms' furniture, never names.
const ROLES: &[&str] = &[
    "reporter",
    "senior reporter",
    "correspondent",
    "senior correspondent",
    "editor",
    "senior editor",
    "staff writer",
    "staff",
    "staff reporter",
    "contributor",
    "columnist",
    "journalist",
    "journalistin",
    "redakteur",
    "redakteurin",
    "redaktion",
    "news editor",
    "political editor",
    "political correspondent",
    "freelance",
    "photographer",
    "producer",
    "writer",
    "author",
    "autor",
    "autorin",
    "reporterin",
    "korrespondent",
    "korrespondentin",
    "admin",
    "administrator",
    "digital editor",
    "managing editor",
    "deputy editor",
    "executive editor",
    "editor in chief",
    "chief reporter",
    "guest",
    "guest contributor",
    "special correspondent",
    "volontär",
    "volontärin",
    "chefredakteur",
    "journaliste",
    "périodiste",
    "periodista",
    "giornalista",
    "follow",
    "share",
    "view all posts",
    "show more",
    "more from",
    "published",
    "updated",
    "senior writer",
    "news reporter",
    "head of",
    "ressortleiter",
    "null",
    "undefined",
    "none",
    "unknown",
    "anonymous",
    "n a",
];

/// A name out of a part of a byline.
fn name(part: &str) -> Option<String> {
    let mut name =
        article::squeeze(part).trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '.').to_owned();
    let credits_picture =
        ["image:", "photo:", "picture:", "bild:", "foto:"].iter().any(|p| name.to_lowercase().starts_with(p));
    if credits_picture || name.contains("://") || name.starts_with("www.") || name.contains('@') {
        return None;
    }
    // What is in brackets says where or for whom somebody works.
    if let Some(open) = name.find(['(', '['])
        && open > 0
    {
        name.truncate(open);
        name = name.trim().to_owned();
    }
    loop {
        let lower = name.to_lowercase();
        let prefix = SIGNS.iter().chain(BEFORE).find(|p| lower.strip_prefix(**p).is_some_and(|r| r.starts_with(PARTS)));
        match prefix {
            // Lower case may change lengths in bytes; count characters.
            Some(p) => {
                let rest: String = name.chars().skip(p.chars().count()).collect();
                name = rest.trim_matches(PARTS).to_owned();
            }
            None => break,
        }
    }
    let normal = article::normalise(&name);
    let long = name.chars().count();
    if normal.is_empty() || !(2..=MAX_NAME).contains(&long) || ROLES.contains(&normal.as_str()) {
        return None;
    }
    let digits = name.chars().filter(char::is_ascii_digit).count();
    if digits > 2 || normal.split(' ').count() > 7 {
        return None;
    }
    let name = if name.ends_with("Jr.") || name.ends_with("Sr.") {
        name
    } else {
        name.trim_end_matches(['.', ',']).to_owned()
    };
    Some(name).filter(|n| !n.is_empty()).map(unshout)
}

/// `JANE DOE` as `Jane Doe`; short names and agencies' stay.
fn unshout(name: String) -> String {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let shouted =
        letters > 5 && name.contains(' ') && name.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    if !shouted {
        return name;
    }
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphabetic();
    }
    out
}
