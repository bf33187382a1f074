//! Set phrases of the world's press that are no part of any article, in the form of [`article::normalise`].

/// Lines that only point somewhere else.
const SIGNPOSTS: &[&str] = &[
    "advertisement",
    "advertising",
    "anzeige",
    "werbung",
    "publicidad",
    "publicité",
    "publicidade",
    "pubblicità",
    "reklama",
    "реклама",
    "reklam",
    "إعلان",
    "広告",
    "广告",
    "annonce",
    "advertentie",
    "story continues below advertisement",
    "article continues below",
    "continue reading below",
    "scroll to continue",
    "read more",
    "read also",
    "also read",
    "see also",
    "related",
    "related articles",
    "related stories",
    "related posts",
    "more on this story",
    "you may also like",
    "recommended",
    "watch",
    "listen",
    "share",
    "share this article",
    "share this",
    "comments",
    "trending",
    "most read",
    "editors picks",
    "editor s picks",
    "keep reading",
    "more from",
    "up next",
    "read next",
    "recommended reading",
    "more stories",
    "don t miss",
    "must read",
    "more news",
    "see more",
    "show more",
    "load more",
    "read full story",
    "click here",
    "view comments",
    "leave a comment",
    "print",
    "email",
    "copy link",
    "follow us",
    "lesen sie auch",
    "lesen sie mehr",
    "lesen sie hier",
    "mehr zum thema",
    "mehr dazu",
    "mehr lesen",
    "mehr",
    "weiterlesen",
    "auch interessant",
    "das könnte sie auch interessieren",
    "das könnte dich auch interessieren",
    "lesetipp",
    "empfohlener externer inhalt",
    "passend dazu",
    "zum thema",
    "weitere artikel",
    "weitere themen",
    "weitere informationen",
    "aus dem archiv",
    "teilen",
    "kommentare",
    "drucken",
    "themen",
    "ein klick für den datenschutz",
    "lire aussi",
    "à lire aussi",
    "a lire aussi",
    "lire plus",
    "voir aussi",
    "à lire également",
    "pour aller plus loin",
    "partager",
    "sur le même sujet",
    "articles liés",
    "leer más",
    "lea también",
    "lee también",
    "leer también",
    "te puede interesar",
    "relacionado",
    "relacionados",
    "más información",
    "ver más",
    "noticias relacionadas",
    "compartir",
    "mira también",
    "también te puede interesar",
    "leia mais",
    "leia também",
    "veja também",
    "saiba mais",
    "leggi anche",
    "leggi tutto",
    "approfondisci",
    "articoli correlati",
    "lees ook",
    "lees meer",
    "czytaj więcej",
    "czytaj także",
    "czytaj też",
    "zobacz też",
    "zobacz także",
    "przeczytaj także",
    "polecamy",
    "читайте также",
    "читать далее",
    "читайте ещё",
    "смотрите также",
    "по теме",
    "читайте також",
    "читати також",
    "дивіться також",
    "ilgili haberler",
    "daha fazla",
    "bunlar da ilginizi çekebilir",
    "اقرأ أيضا",
    "اقرأ ايضا",
    "اقرأ المزيد",
    "شاهد أيضا",
    "関連記事",
    "関連ニュース",
    "相关阅读",
    "相关新闻",
    "延伸阅读",
    "관련기사",
    "관련 기사",
    "baca juga",
    "xem thêm",
    "tin liên quan",
    "čtěte také",
    "přečtěte si",
    "les også",
    "läs mer",
    "läs också",
    "lue myös",
    "olvasd el",
    "citește și",
    "διαβάστε επίσης",
    "διαβάστε ακόμη",
];

/// Headings after which an article is over.
const ENDS: &[&str] = &[
    "related",
    "related articles",
    "related stories",
    "related posts",
    "related topics",
    "related news",
    "related content",
    "related links",
    "more on this story",
    "you may also like",
    "you might also like",
    "recommended",
    "recommended for you",
    "about the author",
    "about the authors",
    "about author",
    "author",
    "comments",
    "leave a reply",
    "leave a comment",
    "post a comment",
    "join the conversation",
    "reader interactions",
    "tags",
    "topics",
    "share this",
    "share this article",
    "more from",
    "read next",
    "up next",
    "most popular",
    "most read",
    "trending",
    "latest news",
    "sign up",
    "newsletter",
    "follow us",
    "suggested citation",
    "editors picks",
    "editor s picks",
    "what to read next",
    "sponsored",
    "popular",
    "latest stories",
    "top stories",
    "see also",
    "mehr zum thema",
    "mehr zu diesem thema",
    "das könnte sie auch interessieren",
    "das könnte dich auch interessieren",
    "auch interessant",
    "weiterlesen",
    "weitere artikel",
    "kommentare",
    "schlagwörter",
    "zum autor",
    "zur autorin",
    "über den autor",
    "über die autorin",
    "über die autoren",
    "themen",
    "lesen sie auch",
    "newsletter abonnieren",
    "passend zum thema",
    "ähnliche artikel",
    "verwandte artikel",
    "diese artikel könnten euch auch interessieren",
    "schon gelesen",
    "meistgelesen",
    "à lire aussi",
    "a lire aussi",
    "lire aussi",
    "sur le même sujet",
    "pour aller plus loin",
    "articles liés",
    "commentaires",
    "à propos de l auteur",
    "nota bene",
    "noticias relacionadas",
    "te puede interesar",
    "comentarios",
    "etiquetas",
    "sobre el autor",
    "lo más leído",
    "más sobre",
    "leia também",
    "leia mais",
    "veja também",
    "comentários",
    "leggi anche",
    "articoli correlati",
    "commenti",
    "lees ook",
    "reacties",
    "polecamy",
    "czytaj także",
    "czytaj też",
    "komentarze",
    "читайте также",
    "по теме",
    "комментарии",
    "читайте також",
    "коментарі",
    "ilgili haberler",
    "yorumlar",
    "اقرأ أيضا",
    "مواضيع ذات صلة",
    "関連記事",
    "関連ニュース",
    "相关阅读",
    "相关新闻",
    "관련기사",
    "baca juga",
    "tin liên quan",
];

/// Bytes up to which a normalised line may be a signpost.
pub(super) const LONGEST_SIGNPOST: usize = 60;

/// Whether a line only points somewhere else.
pub(super) fn is_signpost(normal: &str) -> bool {
    normal.len() <= LONGEST_SIGNPOST && SIGNPOSTS.contains(&normal)
}

/// Whether a heading or short line says that the article is over.
pub(super) fn ends_article(normal: &str) -> bool {
    normal.len() <= 80 && ENDS.contains(&normal)
}

/// A picture's credit, a caption with one, or a source's mark, on a line of its own: `© AFP`, `Foto: dpa`,
/// `Quelle: Reuters`. `weight` is the line's.
pub(super) fn is_credit(text: &str, weight: usize) -> bool {
    if weight <= 250 && (text.contains('©') || text.starts_with('®')) {
        return true;
    }
    if weight > 90 {
        return false;
    }
    let Some((label, name)) = text.split_once([':', '：']) else { return false };
    let label = label.trim().to_lowercase();
    let is_label = matches!(
        label.as_str(),
        "foto"
            | "fotos"
            | "photo"
            | "photos"
            | "photo credit"
            | "photograph"
            | "image"
            | "image credit"
            | "images"
            | "picture"
            | "credit"
            | "bild"
            | "bilder"
            | "bildquelle"
            | "quelle"
            | "quellen"
            | "source"
            | "sources"
            | "fuente"
            | "fonte"
            | "bron"
            | "źródło"
            | "fot"
            | "фото"
            | "источник"
            | "crédit photo"
            | "crédit"
            | "crédits"
            | "fotografía"
            | "imagen"
            | "kaynak"
            | "fotoğraf"
            | "출처"
            | "사진"
            | "写真"
            | "來源"
            | "来源"
            | "المصدر"
    );
    is_label && name.split_whitespace().count() <= 8
}

/// Whether a line is a cookie notice.
pub(super) fn is_cookie_notice(text: &str) -> bool {
    if !text.contains("ookie") {
        return false;
    }
    holds(
        text,
        &[
            "we use cookies",
            "uses cookies",
            "use of cookies",
            "accept cookies",
            "accept all cookies",
            "verwenden cookies",
            "verwendet cookies",
            "nutzt cookies",
            "nutzen cookies",
            "setzt cookies",
            "einsatz von cookies",
            "verwendung von cookies",
            "utilise des cookies",
            "utilisons des cookies",
            "utilisation de cookies",
            "utilisation des cookies",
            "utiliza cookies",
            "utilizamos cookies",
            "uso de cookies",
            "usa cookies",
            "usamos cookies",
            "utilizza cookie",
            "utilizziamo i cookie",
            "uso dei cookie",
            "gebruikt cookies",
            "gebruiken cookies",
            "maakt gebruik van cookies",
            "plików cookie",
            "файлы cookie",
            "файли cookie",
            "çerez",
            "bruker cookies",
            "använder cookies",
            "bruger cookies",
        ],
    )
}

/// Whether a closing line promotes: newsletters, channels, subscriptions, donations.
pub(super) fn promotes(text: &str) -> bool {
    holds(text, PROMOTIONS) || holds(text, REQUESTS)
}

/// Whether a line asks the reader for something: after it comes no more article.
pub(super) fn asks(text: &str) -> bool {
    holds(text, REQUESTS)
}

/// Whether a line says under what terms the text is given.
pub(super) fn discloses(text: &str) -> bool {
    holds(text, DISCLOSURES)
}

fn holds(text: &str, phrases: &[&str]) -> bool {
    let lower = text.to_lowercase();
    phrases.iter().any(|p| lower.contains(p))
}

const REQUESTS: &[&str] = &[
    "sign up here",
    "sign up for our",
    "subscribe to our",
    "subscribe now",
    "follow us on",
    "follow me on",
    "like us on facebook",
    "support our journalism",
    "support our work",
    "consider supporting",
    "would you consider",
    "make a donation",
    "if you enjoyed",
    "jetzt abonnieren",
    "abonnieren sie",
    "folgen sie uns",
    "folgt uns",
    "suscríbete",
    "síguenos",
    "abonnez-vous",
    "suivez-nous",
    "inscrivez-vous",
    "iscriviti",
    "подписывайтесь",
    "подпишитесь",
    "підписуйтесь",
    "abone ol",
];

const PROMOTIONS: &[&str] = &[
    "newsletter",
    "sign up for",
    "subscribe to",
    "subscribe here",
    "join our",
    "download our app",
    "download the app",
    "whatsapp-kanal",
    "whatsapp channel",
    "whatsapp-channel",
    "our whatsapp",
    "telegram channel",
    "telegram-kanal",
    "donate",
    "click here to",
    "melden sie sich",
    "hier anmelden",
    "spenden",
    "seguici",
    "assine",
    "siga-nos",
    "підписуйтеся",
    "takip edin",
    "zapisz się",
    "ad block",
    "adblock",
    "got a story",
    "get in touch",
    "contact us at",
];

const DISCLOSURES: &[&str] = &[
    "this post contains",
    "affiliate link",
    "all rights reserved",
    "alle rechte vorbehalten",
    "todos los derechos reservados",
    "tous droits réservés",
    "terms of use",
    "do not reproduce",
    "may not be reproduced",
    "originally published",
    "originally appeared",
    "first appeared on",
    "read the original",
    "maschinelle übersetzung",
    "automatically translated",
];
