//! Lines that name the source of a text: credits, labels, agencies' marks.

/// Words up to which all of a credit is its name.
const FEW_WORDS: usize = 3;

/// Characters up to which a credit's name is one.
pub(crate) const MAX_NAME: usize = 60;

/// What stands before a source's name, and after it where the sentence goes on, at the end or the beginning of a text.
const PHRASES: &[(&str, &str)] = &[
    ("originally published on", ""),
    ("originally published by", ""),
    ("originally published in", ""),
    ("originally published at", ""),
    ("originally appeared on", ""),
    ("originally appeared in", ""),
    ("originally appeared at", ""),
    ("first published on", ""),
    ("first published by", ""),
    ("first published in", ""),
    ("first published at", ""),
    ("first appeared on", ""),
    ("first appeared in", ""),
    ("first appeared at", " and is "),
    ("this article was published by", ""),
    ("this article was produced by", ""),
    ("republished from", ""),
    ("republished with permission from", ""),
    ("read the original article on", ""),
    ("read the original at", ""),
    ("zuerst erschienen bei", ""),
    ("zuerst erschienen in", ""),
    ("zuerst erschienen auf", ""),
    ("zuerst veröffentlicht bei", ""),
    ("erschien zuerst bei", " und "),
    ("erschien zuerst in", " und "),
    ("erschien zuerst auf", " und "),
    ("beitrag wurde von", " erstellt"),
    ("artikel wurde von", " erstellt"),
    ("publié à l'origine par", ""),
    ("publié initialement par", ""),
    ("initialement publié par", ""),
    ("initialement publié sur", ""),
    ("d'abord paru chez", " et "),
    ("d'abord paru dans", " et "),
    ("d'abord paru sur", " et "),
    ("article a été réalisé par", ""),
    ("publicado originalmente en", ""),
    ("publicado originalmente por", ""),
    ("apareció primero en", " y "),
    ("artículo fue elaborado por", ""),
    ("publicado originalmente no", ""),
    ("pubblicato originariamente su", ""),
    ("pubblicato per la prima volta su", ""),
    ("впервые опубликовало агентство", ""),
    ("подготовлена агентством", ""),
    ("впервые опубликовано в", ""),
    ("вперше опубліковано в", ""),
    ("δημοσιεύτηκε πρώτα από το", " και "),
    ("δημοσιεύτηκε πρώτα στο", " και "),
    ("άρθρο ετοιμάστηκε από", ""),
    ("نشر أولا في", ""),
    ("نشر أولا لدى", " ويعاد "),
    ("نُشر أولا في", ""),
    ("هذا التقرير أولا لدى", " ويعاد "),
    ("सबसे पहले", " पर "),
    ("यह लेख", " ने तैयार किया"),
    ("この記事は", "が制作"),
    ("この記事は", "が最初に配信"),
    ("folgenden text lieferte", ""),
    ("texte suivant nous est fourni par", ""),
    ("texto que sigue lo facilita", ""),
    ("предоставило агентство", ""),
    ("κείμενο που ακολουθεί το παραχώρησε", ""),
    ("النص التالي مقدم من", ""),
    ("以下の記事は", "の提供"),
    ("本文转载自", ""),
    ("转载自", ""),
];

/// What stands before a colon and a source's name.
const LABELS: &[&str] = &[
    "source",
    "sources",
    "quelle",
    "quellen",
    "erstveröffentlichung",
    "fuente",
    "fonte",
    "bron",
    "źródło",
    "источник",
    "впервые опубликовано",
    "джерело",
    "kaynak",
    "πηγή",
    "πρώτη δημοσίευση",
    "المصدر",
    "स्रोत",
    "मूल प्रकाशन",
    "来源",
    "來源",
    "出典",
    "初出",
    "출처",
    "via",
];

/// A line's label, in lower case, and what it says: of `Quelle: Reuters` both sides of the colon.
pub(super) fn label(text: &str) -> Option<(String, &str)> {
    let (label, name) = text.split_once([':', '：'])?;
    Some((label.trim().to_lowercase(), name))
}

/// Whether a label is a source's.
pub(super) fn is_sources(label: &str) -> bool {
    LABELS.contains(&label)
}

/// `BERLIN, May 3 (Reuters) - …`, `NAIROBI (AP) — …`: a name in brackets, followed by a dash, near the start.
pub(crate) fn dateline_agency(text: &str) -> Option<&str> {
    let open = text.char_indices().take(80).find(|(_, c)| *c == '(')?.0;
    let close = open + text[open..].find(')')?;
    let name = &text[open + 1..close];
    let rest = text[close + 1..].trim_start();
    let dashed = rest.starts_with(['-', '–', '—', '―']);
    (dashed && name.chars().count() <= 30 && name.starts_with(|c: char| c.is_uppercase())).then_some(name)
}

/// The name that a phrase or a label gives.
pub(crate) fn after_phrase(text: &str) -> Option<&str> {
    let lower = text.to_lowercase();
    // Lower case may move bytes; only where it does not are positions in both the same.
    if lower.len() != text.len() || text.chars().count() > 400 {
        return None;
    }
    let labelled = label(text).filter(|(l, _)| is_sources(l)).map(|(_, name)| (text.len() - name.len(), text.len()));
    let told = PHRASES.iter().filter_map(|(before, after)| {
        let from = lower.find(before)? + before.len();
        let to = lower.get(from..)?.find(after)? + from;
        Some((from, if after.is_empty() { text.len() } else { to }))
    });
    labelled.into_iter().chain(told).find_map(|(from, to)| {
        let rest = text.get(from..to)?.trim_start();
        let end = rest.find(['.', ',', ';', '(', '\n', '|', '。']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        (!name.is_empty() && name.chars().count() <= MAX_NAME).then_some(name)
    })
}

/// Whether a line says where the text comes from.
pub(crate) fn names_source(text: &str) -> bool {
    is_bracketed(text) || after_phrase(text).is_some()
}

/// Whether a line is one pair of brackets and a name in them.
fn is_bracketed(text: &str) -> bool {
    let inner = text.trim().strip_prefix(['(', '（']).and_then(|t| t.strip_suffix([')', '）']));
    inner.is_some_and(|t| t.chars().count() <= MAX_NAME && !t.contains(['(', ')', '.', '?', '!', ':', '：']))
}

/// A last line that ends in `(dpa/AFP)` or is it: an agency's mark, all short words of one case.
pub(crate) fn closing_bracket(text: &str) -> Option<&str> {
    let inner = text.trim_end().strip_suffix([')', '）'])?;
    let open = inner.rfind(['(', '（'])?;
    let name = inner[open..].trim_start_matches(['(', '（']);
    let mark = |word: &str| {
        let letters = word.chars().count();
        let shouted = (2..=6).contains(&letters) && word.chars().all(|c| c.is_uppercase());
        let quiet = (2..=5).contains(&letters) && word.chars().all(char::is_lowercase);
        let named = (4..=10).contains(&letters)
            && word.chars().all(char::is_alphabetic)
            && word.starts_with(char::is_uppercase);
        shouted || quiet || named
    };
    let words: Vec<&str> = name.split(['/', ',', ' ']).filter(|w| !w.is_empty()).collect();
    // A line that is nothing else is a source's mark, however long its name.
    if is_bracketed(text) && words.len() <= 5 && name.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase()) {
        return Some(name);
    }
    ((1..=3).contains(&words.len()) && words.iter().all(|w| mark(w))).then_some(name)
}

/// The name at the beginning of what follows a credit: words with capitals and the small ones between them.
pub(crate) fn first_name(text: &str) -> String {
    let text = article::squeeze(text.trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '('));
    let words: Vec<&str> = text.split(' ').collect();
    let small = |w: &&&str| {
        matches!(
            **w,
            "of" | "the"
                | "and"
                | "der"
                | "die"
                | "das"
                | "und"
                | "de"
                | "la"
                | "le"
                | "du"
                | "del"
                | "di"
                | "et"
                | "y"
                | "&"
        )
    };
    let is_name = |w: &&&str| small(w) || !w.starts_with(char::is_lowercase);
    // A few words that begin as a name does are one: not every language writes its second word with a capital.
    let named = words.iter().take_while(is_name).count();
    let count = if words.len() <= FEW_WORDS && named > 0 { words.len() } else { named.max(1) };
    let mut kept = &words[..count];
    while kept.len() > 1 && kept.last().is_some_and(|w| small(&w)) {
        kept = &kept[..kept.len() - 1];
    }
    kept.join(" ")
}
