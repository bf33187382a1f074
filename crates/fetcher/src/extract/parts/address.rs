//! Addresses that are another's but for a page's number.

use article::CanonicalUrl;

/// Most pages that an address is believed to number: what is above is a year, an article's number, a date.
const MOST: u32 = 99;

/// Words beside which a number is a page's, in a query or a path.
const NAMES: &[&str] =
    &["page", "p", "pg", "pag", "pagina", "página", "seite", "sida", "side", "strona", "part", "teil"];

/// Words by which templates name the page that has everything.
const WHOLE: &[&str] = &[
    "all",
    "full",
    "single",
    "singlepage",
    "single-page",
    "onepage",
    "one-page",
    "fullpage",
    "viewall",
    "view-all",
    "allpages",
    "komplettansicht",
    "print",
    "printable",
];

/// How an address goes on from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    /// Which page it is of.
    pub(super) number: u32,
    /// Whether the number only ends a slug (`story-2`): another article of the same headline is named so too.
    pub(super) slug: bool,
}

/// One reading of an address as a page of something.
struct Reading {
    stem: String,
    step: Step,
}

/// Which page of `here`'s article `there` would be, if it is the one after `here`.
pub(super) fn follows(here: &CanonicalUrl, there: &CanonicalUrl) -> Option<Step> {
    if here.host() != there.host() {
        return None;
    }
    let own = stem(here);
    let numbered = readings(here);
    readings(there)
        .into_iter()
        .filter(|r| {
            let first = r.step.number == 2 && r.stem == own;
            first || numbered.iter().any(|h| h.stem == r.stem && h.step.number + 1 == r.step.number)
        })
        .map(|r| r.step)
        .min_by_key(|step| step.slug)
}

/// Whether `there` is some page of the article at `first`.
pub(super) fn is_part(first: &CanonicalUrl, there: &CanonicalUrl) -> bool {
    let (own, numbered) = (stem(first), readings(first));
    let same = |stem: &str| stem == own || numbered.iter().any(|h| h.stem == stem);
    first.host() == there.host() && (stem(there) == own || readings(there).iter().any(|r| same(&r.stem)))
}

/// Whether `there` is named as the page that has all of the article at `here`.
pub(super) fn is_whole(here: &CanonicalUrl, there: &CanonicalUrl) -> bool {
    let own = stem(here);
    here.host() == there.host() && whole_stem(there).is_some_and(|stem| stem == own)
}

/// Path and query in the form in which two are compared.
fn stem(url: &CanonicalUrl) -> String {
    let (path, query) = split(url);
    with_query(path.trim_end_matches('/'), &query)
}

fn split(url: &CanonicalUrl) -> (&str, Vec<&str>) {
    let query = url.as_str().split_once('?').map_or("", |(_, query)| query);
    (url.path(), query.split('&').filter(|pair| !pair.is_empty()).collect())
}

fn with_query(path: &str, query: &[&str]) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

fn number(text: &str) -> Option<u32> {
    let plain =
        !text.is_empty() && text.len() <= 2 && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|n| (1..=MOST).contains(n))
}

fn names_page(word: &str) -> bool {
    NAMES.contains(&word.to_lowercase().as_str())
}

/// `page2`, `seite-2`.
fn named_number(text: &str) -> Option<u32> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let (name, digits) = text.split_at(at);
    names_page(name.trim_end_matches(['-', '_', '='])).then(|| number(digits)).flatten()
}

fn readings(url: &CanonicalUrl) -> Vec<Reading> {
    let (path, query) = split(url);
    let mut found = Vec::new();
    for (i, pair) in query.iter().enumerate() {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if let Some(number) = number(value).filter(|_| names_page(name)) {
            let mut rest = query.clone();
            rest.remove(i);
            let stem = with_query(path.trim_end_matches('/'), &rest);
            found.push(Reading { stem, step: Step { number, slug: false } });
        }
    }
    if let Some((before, number, slug)) = in_path(path.trim_end_matches('/')) {
        found.push(Reading { stem: with_query(before.trim_end_matches('/'), &query), step: Step { number, slug } });
    }
    found
}

/// The number that a path ends with, what it is without it, and whether it only ends a slug.
fn in_path(path: &str) -> Option<(String, u32, bool)> {
    let (before, last) = path.rsplit_once('/')?;
    // `/story/2`, `/story/page/2`.
    if let Some(n) = number(last) {
        let stem = match before.rsplit_once('/') {
            Some((story, name)) if names_page(name) => story,
            _ => before,
        };
        return Some((stem.to_owned(), n, false));
    }
    // `/story/seite-2`.
    if let Some(n) = named_number(last) {
        return Some((before.to_owned(), n, false));
    }
    let (name, extension) = match last.rsplit_once('.') {
        Some((name, extension)) if extension.len() <= 5 && !extension.is_empty() => (name, &last[name.len()..]),
        _ => (last, ""),
    };
    let (slug, end) = name.rsplit_once(['-', '_', ','])?;
    let parting = name.as_bytes()[slug.len()];
    let stem = |slug: &str| format!("{before}/{slug}{extension}");
    // `/story-p2.html`.
    if let Some(n) = named_number(end).filter(|_| !slug.is_empty()) {
        return Some((stem(slug), n, false));
    }
    let n = number(end).filter(|_| !slug.is_empty())?;
    // `/story-page-2.html`, else `/story-2.html` or `/story,2`.
    match slug.rsplit_once(['-', '_', ',']) {
        Some((story, name)) if names_page(name) && !story.is_empty() => Some((stem(story), n, false)),
        _ => Some((stem(slug), n, parting != b',')),
    }
}

fn whole_stem(url: &CanonicalUrl) -> Option<String> {
    let (path, query) = split(url);
    let path = path.trim_end_matches('/');
    let names_whole = |word: &str| WHOLE.contains(&word.to_lowercase().as_str());
    let says_so = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let yes = matches!(value.to_lowercase().as_str(), "" | "1" | "true" | "yes" | "y");
        let about_pages = names_page(name) || matches!(name.to_lowercase().as_str(), "view" | "pagewanted" | "pages");
        (about_pages && names_whole(value)) || (names_whole(name) && (yes || names_whole(value)))
    };
    if let Some(i) = query.iter().position(says_so) {
        let mut rest = query;
        rest.remove(i);
        return Some(with_query(path, &rest));
    }
    let (before, last) = path.rsplit_once('/')?;
    names_whole(last).then(|| with_query(before, &query))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> CanonicalUrl {
        CanonicalUrl::parse(&format!("https://aurora.example{path}")).unwrap()
    }

    #[track_caller]
    fn check(here: &str, there: &str, number: u32, slug: bool) {
        assert_eq!(follows(&at(here), &at(there)), Some(Step { number, slug }), "{here} {there}");
    }

    #[track_caller]
    fn check_not(here: &str, there: &str) {
        assert_eq!(follows(&at(here), &at(there)), None, "{here} {there}");
    }

    #[test]
    fn the_ways_in_which_pages_are_numbered() {
        check("/world/bridge", "/world/bridge?page=2", 2, false);
        check("/world/bridge?id=7", "/world/bridge?id=7&p=2", 2, false);
        check("/world/bridge?page=2", "/world/bridge?page=3", 3, false);
        check("/world/bridge/", "/world/bridge/2", 2, false);
        check("/world/bridge", "/world/bridge/2/", 2, false);
        check("/world/bridge/page/2", "/world/bridge/page/3", 3, false);
        check("/world/bridge", "/world/bridge/seite-2", 2, false);
        check("/world/bridge.html", "/world/bridge-2.html", 2, true);
        check("/world/bridge-1.html", "/world/bridge-2.html", 2, true);
        check("/world/bridge.html", "/world/bridge-page-2.html", 2, false);
        check("/world/bridge.html", "/world/bridge-p2.html", 2, false);
        check("/world/bridge,1200", "/world/bridge,1200,2", 2, false);
        check("/world/bridge", "/world/bridge-2", 2, true);
    }

    #[test]
    fn what_is_no_next_page_of_the_same() {
        // The next article, the archive's next page, a page too far, the same, the one before, another host's.
        check_not("/world/bridge", "/world/harbour");
        check_not("/world/bridge", "/world/harbour?page=2");
        check_not("/world/bridge", "/world/page/2");
        check_not("/world/bridge", "/world/bridge?page=3");
        check_not("/world/bridge", "/world/bridge?page=1");
        check_not("/world/bridge?page=3", "/world/bridge?page=2");
        check_not("/world/bridge", "/world/bridge?comments=2");
        check_not("/world/bridge", "/world/bridge/comment-page-2");
        check_not("/2026/bridge", "/2026/bridge/2025");
        check_not("/world/bridge", "/world/bridge?page=02");
        check_not("/story-1204.html", "/story-1205.html");
        let elsewhere = CanonicalUrl::parse("https://other.example/world/bridge?page=2").unwrap();
        assert_eq!(follows(&at("/world/bridge"), &elsewhere), None);
    }

    #[test]
    fn the_page_that_has_everything() {
        for whole in
            ["?page=all", "?view=all", "?pagewanted=all", "?singlepage=true", "?print=1", "/all", "/komplettansicht"]
        {
            assert!(is_whole(&at("/world/bridge"), &at(&format!("/world/bridge{whole}"))), "{whole}");
        }
        for other in ["?page=2", "?all=no", "/photos", "?view=comments"] {
            assert!(!is_whole(&at("/world/bridge"), &at(&format!("/world/bridge{other}"))), "{other}");
        }
        assert!(!is_whole(&at("/world/bridge"), &at("/world/harbour?page=all")));
    }

    #[test]
    fn a_part_is_known_by_its_stem() {
        assert!(is_part(&at("/world/bridge"), &at("/world/bridge?page=5")));
        assert!(is_part(&at("/world/bridge"), &at("/world/bridge/")));
        assert!(is_part(&at("/world/bridge-1.html"), &at("/world/bridge-3.html")));
        assert!(!is_part(&at("/world/bridge"), &at("/world/harbour/2")));
    }
}
