//! Reading a robots.txt (RFC 9309, with the common extensions).

use super::pattern::{Pattern, path_and_query, path_of, unescape_letters};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Bytes of a line that are read; Google's parser stops there too (eight times the longest address of old browsers).
const MAX_LINE: usize = 16_664;

/// Sitemaps that are remembered of one file.
const MAX_SITEMAPS: usize = 500;

/// What a robots.txt says to one agent. Groups that name the agent are merged; only where none does, those for
/// everybody (`*`) count.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RobotsTxt {
    rules: Vec<Rule>,
    usage: Vec<Usage>,
    crawl_delay: Option<Duration>,
    sitemaps: Arc<[String]>,
}

#[derive(Clone, PartialEq, Debug)]
struct Rule {
    allow: bool,
    pattern: Pattern,
}

/// A `Content-Usage` line: preferences for the paths it covers.
#[derive(Clone, PartialEq, Debug)]
struct Usage {
    pattern: Pattern,
    preference: String,
}

/// What one group says.
#[derive(Default, Debug)]
struct Group {
    rules: Vec<Rule>,
    usage: Vec<Usage>,
    crawl_delay: Option<Duration>,
}

impl Group {
    fn absorb(&mut self, line: &Line<'_>) {
        match line {
            Line::Rule { allow, value } => {
                if value.is_empty() {
                    return;
                }
                self.rules.push(Rule { allow: *allow, pattern: Pattern::new(value, !allow) });
                if *allow && let Some(directory) = directory_of_index(value) {
                    self.rules.push(Rule { allow: true, pattern: Pattern::new(&directory, false) });
                }
            }
            Line::CrawlDelay(delay) => self.crawl_delay = self.crawl_delay.max(Some(*delay)),
            Line::Usage { path, preference } => {
                let pattern = Pattern::new(path, true);
                self.usage.push(Usage { pattern, preference: preference.clone() });
            }
            Line::Agent(_) | Line::Sitemap(_) | Line::Other => {}
        }
    }
}

impl RobotsTxt {
    /// Reads what `robots_txt` says to `agent`, a product token such as `Wireroom`. Anything is a robots.txt:
    /// what can't be read is passed over.
    pub fn parse(robots_txt: &[u8], agent: &str) -> Self {
        let closest = lines(robots_txt).filter_map(|line| match read(line) {
            Line::Agent(value) => closeness(value, agent.as_bytes()),
            _ => None,
        });
        let Some(closest) = closest.max() else {
            return Self { sitemaps: sitemaps(robots_txt), ..Self::default() };
        };
        let mut group = Group::default();
        // Agents that follow each other share the rules below them; an agent after a rule opens a new group.
        // Lines we don't know must not interfere (section 2.2.4). A crawl delay is known, and closes the list
        // of agents like a rule: whoever gives one robot a delay alone doesn't mean it to share the next group.
        let (mut ours, mut agents_open) = (false, false);
        for line in lines(robots_txt) {
            match read(line) {
                Line::Agent(value) => {
                    ours = (agents_open && ours) || closeness(value, agent.as_bytes()) == Some(closest);
                    agents_open = true;
                }
                Line::Sitemap(_) | Line::Other => {}
                line => {
                    agents_open = false;
                    if ours {
                        group.absorb(&line);
                    }
                }
            }
        }
        let Group { rules, usage, crawl_delay } = group;
        Self { rules, usage, crawl_delay, sitemaps: sitemaps(robots_txt) }
    }

    /// Whether the agent may fetch this address.
    pub fn allows(&self, url: &Url) -> bool {
        self.allows_path(&path_and_query(url))
    }

    fn allows_path(&self, path: &str) -> bool {
        // RFC 9309 allows robots.txt itself, whatever it says.
        if path == "/robots.txt" {
            return true;
        }
        let plain = unescape_letters(path);
        let matching = self.rules.iter().filter(|r| r.pattern.matches(if r.allow { path } else { &plain }));
        // The longest match counts; of equals the permission (section 2.2.2).
        matching.max_by_key(|r| (r.pattern.weight, r.allow)).is_none_or(|r| r.allow)
    }

    /// The wait between two requests that the agent is asked for. Not in RFC 9309, and common all the same.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Addresses of sitemaps, for whoever asks: they belong to no group.
    pub fn sitemaps(&self) -> &Arc<[String]> {
        &self.sitemaps
    }

    /// The usage preference for this address, as the longest matching `Content-Usage` line states it
    /// (draft-ietf-aipref-attach): `train-ai=n`.
    pub fn content_usage(&self, url: &Url) -> Option<&str> {
        let path = unescape_letters(&path_and_query(url));
        let matching = self.usage.iter().filter(|u| u.pattern.matches(&path));
        matching.max_by_key(|u| u.pattern.weight).map(|u| u.preference.as_str())
    }

    /// Bytes held, for whoever bounds a cache.
    pub(super) fn bytes(&self) -> usize {
        let rules: usize = self.rules.iter().map(|r| r.pattern.bytes() + 8).sum();
        let usage: usize = self.usage.iter().map(|u| u.pattern.bytes() + u.preference.len() + 24).sum();
        let sitemaps: usize = self.sitemaps.iter().map(|s| s.len() + 24).sum();
        size_of::<Self>() + rules + usage + sitemaps
    }
}

/// Whether `agent` may fetch `url` by this robots.txt. The address is taken as it stands, as a test case gives
/// it; whoever has parsed it uses [`RobotsTxt::allows`].
pub fn decide(robots_txt: &[u8], agent: &str, url: &str) -> bool {
    RobotsTxt::parse(robots_txt, agent).allows_path(&path_of(url))
}

/// The wait between two requests that `agent` is asked for by this robots.txt.
pub fn crawl_delay(robots_txt: &[u8], agent: &str) -> Option<Duration> {
    RobotsTxt::parse(robots_txt, agent).crawl_delay()
}

enum Line<'a> {
    Agent(&'a [u8]),
    Rule { allow: bool, value: &'a [u8] },
    CrawlDelay(Duration),
    Sitemap(String),
    Usage { path: Vec<u8>, preference: String },
    Other,
}

/// Lines as CR, LF or both end them, without byte order mark.
fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).split(|b| matches!(b, b'\r' | b'\n'))
}

fn read(line: &[u8]) -> Line<'_> {
    let line = &line[..line.len().min(MAX_LINE)];
    let line = line.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii();
    let Some((key, value)) = key_and_value(line) else { return Line::Other };
    let is = |names: &[&str]| names.iter().any(|n| key.eq_ignore_ascii_case(n.as_bytes()));
    // With the misspellings that Google's parser takes, which is what webmasters test against.
    if is(&["user-agent", "useragent", "user agent"]) {
        Line::Agent(value)
    } else if is(&["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"]) {
        Line::Rule { allow: false, value }
    } else if is(&["allow"]) {
        Line::Rule { allow: true, value }
    } else if is(&["crawl-delay", "crawldelay"]) {
        delay(value).map_or(Line::Other, Line::CrawlDelay)
    } else if is(&["sitemap", "site-map"]) {
        Line::Sitemap(String::from_utf8_lossy(value).into_owned())
    } else if is(&["content-usage"]) {
        usage(value)
    } else {
        Line::Other
    }
}

/// Around the colon; where somebody forgot it, around the only white space.
fn key_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(colon) = line.iter().position(|b| *b == b':') {
        let (key, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        return (!key.is_empty()).then_some((key, value));
    }
    let space = line.iter().position(|b| matches!(b, b' ' | b'\t'))?;
    let (key, value) = (&line[..space], line[space..].trim_ascii());
    (!value.iter().any(|b| matches!(b, b' ' | b'\t'))).then_some((key, value))
}

/// How closely a `User-agent` line means `agent`: 0 for everybody, else the length of the name it gives.
///
/// A line names an agent by the letters, dashes and underscores it begins with (section 2.2.1: `Wireroom/1.0
/// (news)` names `Wireroom`), or by its first word, since some robots have digits in their names. A name also
/// means the robots called after it (`Googlebot` those of `Googlebot-News`), as far as no closer one is given.
fn closeness(value: &[u8], agent: &[u8]) -> Option<usize> {
    if value.first() == Some(&b'*') && value.get(1).is_none_or(u8::is_ascii_whitespace) {
        return Some(0);
    }
    let until = |ends: fn(&u8) -> bool| &value[..value.iter().position(ends).unwrap_or(value.len())];
    let token = until(|b| !b.is_ascii_alphabetic() && !matches!(b, b'-' | b'_'));
    let word = until(|b| b.is_ascii_whitespace() || *b == b'/');
    let means = |name: &&[u8]| {
        let (len, same) = (name.len(), |part: &[u8]| part.eq_ignore_ascii_case(name));
        len > 0 && agent.get(..len).is_some_and(same) && matches!(agent.get(len), None | Some(b'-'))
    };
    [word, token].into_iter().filter(means).map(<[u8]>::len).max()
}

fn sitemaps(robots_txt: &[u8]) -> Arc<[String]> {
    let found = lines(robots_txt).filter_map(|line| match read(line) {
        Line::Sitemap(address) => Some(address),
        _ => None,
    });
    found.take(MAX_SITEMAPS).collect()
}

fn delay(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?;
    let number = text.split_ascii_whitespace().next()?;
    Duration::try_from_secs_f64(number.parse().ok()?).ok()
}

/// `Content-Usage: [path] preferences`; without a path it covers all.
fn usage(value: &[u8]) -> Line<'static> {
    let (path, preference) = match value {
        [b'/' | b'*', ..] => {
            let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
            (&value[..end], &value[end..])
        }
        _ => (&b"/"[..], value),
    };
    let preference = String::from_utf8_lossy(preference).trim().to_owned();
    if preference.is_empty() { Line::Other } else { Line::Usage { path: path.to_vec(), preference } }
}

/// `/a/index.html` allowed means `/a/` allowed: they are one page, and webmasters name the file.
fn directory_of_index(value: &[u8]) -> Option<Vec<u8>> {
    let slash = value.iter().rposition(|b| *b == b'/')?;
    value[slash..].starts_with(b"/index.htm").then(|| [&value[..=slash], b"$"].concat())
}
