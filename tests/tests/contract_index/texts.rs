//! Texts that have nothing in common unless they are made to.

use article::{ArticleId, CanonicalUrl, ContentHash, Sketch, Timestamp};
use deduplicator::Query;

/// Where the tests' time begins; a minute is added for each article.
pub(super) const NOON: Timestamp = Timestamp(1_795_000_000_000);

/// Words of no language, the same for the same seed. Drawn from 4,096, so that five in a row do not repeat.
pub(super) fn words(seed: u64, count: usize) -> Vec<String> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            syllables(state >> 40 & 0xFFF)
        })
        .collect()
}

fn syllables(mut n: u64) -> String {
    const ONSETS: [&str; 16] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st", "tr"];
    let mut word = String::new();
    for _ in 0..3 {
        word.push_str(ONSETS[(n & 15) as usize]);
        word.push_str(["a", "e", "i", "o"][(n >> 2 & 3) as usize]);
        n >>= 4;
    }
    word
}

/// A story of `count` words.
pub(crate) fn story(seed: u64, count: usize) -> String {
    words(seed, count).join(" ")
}

/// `text` with every `nth` word another one.
pub(crate) fn edited(text: &str, nth: usize, seed: u64) -> String {
    let others = words(seed, text.split(' ').count());
    let edit = |(i, word): (usize, &str)| if i % nth == nth / 2 { others[i].clone() } else { word.to_owned() };
    text.split(' ').enumerate().map(edit).collect::<Vec<_>>().join(" ")
}

/// Words `from` to `to` of `text`, in hundredths.
pub(super) fn part(text: &str, from: usize, to: usize) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    words[words.len() * from / 100..words.len() * to / 100].join(" ")
}

/// What the index is asked about the article at `url`.
pub(super) fn query(url: &str, text: &str, language: &str) -> Query {
    let url = CanonicalUrl::parse(url).unwrap();
    Query {
        article: ArticleId::of(&url),
        hash: ContentHash::of_text(text),
        observed_at: NOON,
        published: NOON,
        language: language.to_owned(),
        site: url.domain().bytes().fold(5u32, |h, b| h.wrapping_mul(33).wrapping_add(b.into())),
        sketch: Some(Sketch::of_text(text)),
    }
}

/// [`query`] in English on a site of its own: `name` is both.
pub(super) fn at(name: &str, text: &str) -> Query {
    query(&format!("https://{name}.example/story"), text, "en")
}
