//! Pages: an article's, the home page, and what a publisher says where there is no article.

mod clutter;
pub(crate) mod date;
mod markup;
mod meta;
mod theme;

use crate::compose::Text;
use crate::fault::Fault;
use crate::grammar::Grammar;
use crate::newsroom::Newsroom;
use crate::plan::Record;
use crate::publisher::{Publisher, Role};
use crate::truth;
use crate::web::Web;
use article::{CarryReason, Section};

/// Everything that an article's page shows.
pub(crate) struct View<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) grammar: &'static Grammar,
    pub(crate) record: &'a Record,
    pub(crate) text: Text,
    /// The page's own address.
    pub(crate) url: String,
    /// The beginning of its publisher's addresses.
    pub(crate) base: String,
    /// The address of the lead picture.
    pub(crate) image: String,
    /// What `rel=canonical` names, if there is one.
    pub(crate) canonical: Option<String>,
    /// What the page says it is based on, on another site.
    pub(crate) based_on: Option<String>,
    /// Headlines and addresses of other articles.
    pub(crate) related: Vec<(String, String)>,
    pub(crate) signal: Option<CarryReason>,
}

impl View<'_> {
    /// The publisher's word for the article's section.
    pub(crate) fn section(&self) -> &'static str {
        self.publisher.section_label(self.record.plan.section).0
    }
}

/// How many other articles a page names.
const RELATED: usize = 4;

/// The page of article `number`; `fault` is what its publisher does wrong at the moment.
pub(crate) fn article(room: &Newsroom, web: &Web, number: u32, fault: Option<Fault>) -> Option<String> {
    let record = room.articles.get(number as usize)?;
    let publisher = room.roster.publishers.get(record.plan.publisher)?;
    let text = room.compose(number)?;
    let base = web.base(&publisher.label);
    let url = format!("{base}{}", record.path);
    let original = record.plan.of.and_then(|of| room.articles.get(of.number as usize));
    let original = original.filter(|_| text.names_original).and_then(|r| truth::identity(room, web, r));
    let original = original.map(|(_, url)| url.as_str().to_owned());
    // Half of those who name the original do so by the canonical link, the others by `isBasedOn`.
    let by_canonical = number.is_multiple_of(2);
    let canonical = match (fault, original.as_ref()) {
        (Some(Fault::PageFalseCanonical), _) => somebody_elses(room, web),
        (_, Some(original)) if by_canonical => Some(original.clone()),
        _ => publisher.does(crate::publisher::Habit::CanonicalLink).then(|| url.clone()),
    };
    let view = View {
        grammar: Grammar::of(publisher.language),
        image: format!("{base}/img/{}.svg", 100_000 + number),
        related: related(room, &base, record),
        based_on: original.filter(|_| !by_canonical),
        signal: truth::signal(publisher, record),
        canonical,
        publisher,
        record,
        text,
        url,
        base,
    };
    let html = markup::page(&view);
    Some(if fault == Some(Fault::PageMojibake) { mojibake(&html) } else { html })
}

/// The page's older neighbours, so that a page does not change when another article appears.
fn related(room: &Newsroom, base: &str, record: &Record) -> Vec<(String, String)> {
    let own = &room.by_publisher[record.plan.publisher];
    let at = own.partition_point(|n| *n < record.plan.number);
    let older = own[at.saturating_sub(RELATED)..at].iter();
    older
        .filter_map(|n| room.articles.get(*n as usize))
        .map(|r| (r.title.to_string(), format!("{base}{}", r.path)))
        .collect()
}

/// The first article of the first publisher.
fn somebody_elses(room: &Newsroom, web: &Web) -> Option<String> {
    let record = room.articles.first()?;
    truth::identity(room, web, record).map(|(_, url)| url.as_str().to_owned())
}

/// UTF-8 read as Windows-1252's neighbour ISO 8859-1 and written as UTF-8 again, with what broke on the way.
fn mojibake(html: &str) -> String {
    html.bytes()
        .map(|b| match b {
            0..0x80 => char::from(b),
            0x80..0xa0 => '\u{fffd}',
            _ => char::from(b),
        })
        .collect()
}

/// The home page: the newest headlines, and where the feed is.
pub(crate) fn home(room: &Newsroom, web: &Web, publisher: usize) -> String {
    let house = &room.roster.publishers[publisher];
    let base = web.base(&house.label);
    let newest = room.by_publisher[publisher].iter().rev().filter_map(|n| room.articles.get(*n as usize));
    let mut list = String::new();
    for record in newest.filter(|r| r.withdrawn.is_none()).take(20) {
        list.push_str(&format!(
            "<li><a href=\"{base}{}\">{}</a><p>{}</p></li>\n",
            escape(&record.path),
            escape(&record.title),
            escape(&record.summary)
        ));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"{dir}\"><head><meta charset=\"utf-8\"><title>{name}</title>\n{feed}</head>\n\
         <body>{nav}<main><h1>{name}</h1><ul>\n{list}</ul></main>{footer}</body></html>\n",
        lang = house.language.code(),
        dir = house.language.direction(),
        name = escape(&house.name),
        feed = meta::feed_link(house, &base),
        nav = clutter::navigation(house, &base),
        footer = clutter::footer(house),
    )
}

/// A page that says that there is nothing here.
pub(crate) fn missing(publisher: &Publisher, base: &str) -> String {
    bare(publisher, base, &format!("<p>{}</p>", Grammar::of(publisher.language).phrase("ui.notfound")))
}

/// A page of a publisher whose middle is not an article: a player, a gallery, a consent wall by turns.
pub(crate) fn not_an_article(publisher: &Publisher, base: &str, number: u32) -> String {
    let grammar = Grammar::of(publisher.language);
    let middle = match number % 3 {
        0 => format!("<div class=\"player\"><video controls src=\"{base}/v/{number}.mp4\"></video></div>"),
        1 => (1..=12).map(|i| format!("<figure><img src=\"{base}/img/{i}.svg\" alt=\"{i}\"></figure>")).collect(),
        _ => format!(
            "<div role=\"dialog\" class=\"consent-wall\"><p>{}</p><button>{}</button></div>",
            grammar.phrase("ui.cookie"),
            grammar.phrase("ui.accept")
        ),
    };
    bare(publisher, base, &middle)
}

fn bare(publisher: &Publisher, base: &str, middle: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>{}{middle}{}</body></html>\n",
        publisher.language.code(),
        escape(&publisher.name),
        clutter::navigation(publisher, base),
        clutter::footer(publisher),
    )
}

/// The sections a publisher has, with their addresses.
pub(crate) fn sections(publisher: &Publisher, base: &str) -> Vec<(&'static str, String)> {
    let of = |section: &Section| {
        let (label, path) = publisher.section_label(*section);
        (label, format!("{base}/{path}/"))
    };
    Section::ALL.iter().map(of).collect()
}

/// Whether a page carries TDMRep's signal.
pub(crate) fn is_reserved(publisher: &Publisher) -> bool {
    publisher.role == Role::Reserved
}

/// A picture, drawn from the number: two fields and a sun or moon.
pub(crate) fn picture(number: u32) -> String {
    let hue = number.wrapping_mul(47) % 360;
    let (x, y, r) = (80 + number.wrapping_mul(71) % 640, 70 + number.wrapping_mul(31) % 160, 30 + number % 40);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"450\" viewBox=\"0 0 800 450\" role=\"img\">\
         <rect width=\"800\" height=\"450\" fill=\"hsl({hue} 45% 78%)\"/>\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"hsl({} 80% 88%)\"/>\
         <path d=\"M0 {} Q200 {} 400 {} T800 {} V450 H0 Z\" fill=\"hsl({hue} 35% 45%)\"/>\
         <path d=\"M0 {} Q260 {} 520 {} T800 {} V450 H0 Z\" fill=\"hsl({hue} 40% 28%)\"/></svg>\n",
        (hue + 40) % 360,
        250 + number % 60,
        180 + number % 90,
        270 + number % 40,
        240 + number % 70,
        330 + number % 50,
        290 + number % 60,
        360 + number % 30,
        320 + number % 70,
    )
}

/// Text for HTML and XML, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
