//! Languages: the news is in many, the site's own words are English. Every text from a source says which it
//! is in and which way it runs, so that browsers choose fonts, hyphens, quotes and voices by it.

/// Language and direction of a text, ready for the `lang` and `dir` attributes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tongue {
    /// BCP 47; empty means unknown, which is what HTML says with an empty `lang`.
    pub(crate) code: String,
    /// `ltr`, `rtl`, or `auto` where only the text itself can tell.
    pub(crate) dir: &'static str,
}

impl Tongue {
    /// Of a declared or detected language.
    pub(crate) fn of(language: Option<&str>) -> Self {
        let code = language.map(str::trim).filter(|l| is_tag(l)).unwrap_or_default().replace('_', "-");
        let dir = if code.is_empty() {
            "auto"
        } else if runs_right_to_left(&code) {
            "rtl"
        } else {
            "ltr"
        };
        Self { code, dir }
    }

    /// Its primary subtag in lower case; `None` if it is unknown.
    pub(crate) fn primary(&self) -> Option<String> {
        self.code.split('-').next().filter(|p| !p.is_empty()).map(str::to_ascii_lowercase)
    }
}

/// The longest well-formed tag anybody writes is 35 characters (RFC 5646 section 4.4.1).
fn is_tag(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 35
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn runs_right_to_left(code: &str) -> bool {
    const SCRIPTS: [&str; 8] = ["arab", "aran", "hebr", "thaa", "syrc", "nkoo", "adlm", "rohg"];
    const LANGUAGES: [&str; 13] = ["ar", "he", "iw", "fa", "ur", "ps", "sd", "ug", "yi", "dv", "ckb", "arc", "azb"];
    let code = code.to_ascii_lowercase();
    let mut subtags = code.split('-');
    let language = subtags.next().unwrap_or_default();
    // A script subtag has four letters and overrules the language: `uz-Arab`, `ur-Latn`.
    match subtags.find(|s| s.len() == 4 && s.bytes().all(|b| b.is_ascii_alphabetic())) {
        Some(script) => SCRIPTS.contains(&script),
        None => LANGUAGES.contains(&language),
    }
}

/// A language's name in itself; its code where we don't know one.
pub(crate) fn name(code: &str) -> &str {
    NAMES.iter().find(|(c, _)| *c == code).map_or(code, |(_, n)| n)
}

/// By primary subtag.
const NAMES: [(&str, &str); 52] = [
    ("am", "አማርኛ"),
    ("ar", "العربية"),
    ("az", "Azərbaycanca"),
    ("be", "Беларуская"),
    ("bg", "Български"),
    ("bn", "বাংলা"),
    ("ca", "Català"),
    ("ckb", "کوردیی ناوەندی"),
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("en", "English"),
    ("es", "Español"),
    ("et", "Eesti"),
    ("eu", "Euskara"),
    ("fa", "فارسی"),
    ("fi", "Suomi"),
    ("fr", "Français"),
    ("gl", "Galego"),
    ("gu", "ગુજરાતી"),
    ("ha", "Hausa"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hr", "Hrvatski"),
    ("hu", "Magyar"),
    ("hy", "Հայերեն"),
    ("id", "Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ka", "ქართული"),
    ("kk", "Қазақша"),
    ("ko", "한국어"),
    ("lt", "Lietuvių"),
    ("lv", "Latviešu"),
    ("nb", "Norsk"),
    ("nl", "Nederlands"),
    ("no", "Norsk"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sk", "Slovenčina"),
    ("sr", "Српски"),
    ("sv", "Svenska"),
    ("sw", "Kiswahili"),
    ("ta", "தமிழ்"),
    ("th", "ไทย"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ur", "اردو"),
    ("zh", "中文"),
];
