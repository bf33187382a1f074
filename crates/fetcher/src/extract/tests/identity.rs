//! Which address names an article, and where its text comes from.

use super::{URL, article, read};

#[track_caller]
fn named(head: &str, expected: &str) {
    assert_eq!(read(&article(head)).unwrap().url.as_str(), expected, "{head}");
}

#[test]
fn the_canonical_link_counts_on_its_own_domain_only() {
    named(
        "<link rel=canonical href='https://aurora.example/bridge?utm_source=x#top'>",
        "https://aurora.example/bridge",
    );
    named(
        "<link rel=canonical href='/bridge'><meta property=og:url content='/other'>",
        "https://www.aurora.example/bridge",
    );
    named("<meta property=og:url content='https://m.aurora.example/bridge'>", "https://m.aurora.example/bridge");
    named("<link rel=canonical href='https://victim.example/story'>", URL);
    named("<link rel=canonical href='/'>", URL);
    named("<link rel=canonical href='javascript:alert(1)'>", URL);
    named("", URL);
}

#[test]
fn other_addresses_of_the_same_page_are_aliases() {
    let found = read(&article("<link rel=canonical href='/bridge'><link rel=amphtml href='/amp/bridge'><link rel=shortlink href='https://evil.example/x'>")).unwrap();
    assert_eq!(found.aliases, [URL, "https://www.aurora.example/amp/bridge"]);
}

#[test]
fn what_points_elsewhere_is_evidence_for_the_primary_source() {
    let ld = r#"<script type="application/ld+json">{"@type":"NewsArticle","headline":"Bridge opened again","isBasedOn":"https://wire.example/1"}</script>"#;
    let found = read(&article(&format!("{ld}<link rel=canonical href='https://other.example/2'>"))).unwrap();
    let urls: Vec<&str> = found.primary.urls.iter().map(::article::CanonicalUrl::as_str).collect();
    assert_eq!(urls, ["https://other.example/2", "https://wire.example/1"]);
}

#[track_caller]
fn credits(html: &str, expected: &[&str]) {
    assert_eq!(read(html).unwrap().primary.credits, expected, "{html}");
}

#[test]
fn credits_are_names() {
    for (line, name) in [
        ("<p>NAIROBI (Reuters) - The old bridge over the river was opened again on Tuesday.</p>", "Reuters"),
        ("<p>This article was originally published on The Conversation. Read it there.</p>", "The Conversation"),
        ("<p>Source: Aurora Wire, translated by the editors for all of our readers today.</p>", "Aurora Wire"),
        ("<p>So said the mayor on Tuesday, as the ribbon was cut by the children. (dpa/AFP)</p>", "dpa/AFP"),
    ] {
        credits(&article("").replace("</h1>", &format!("</h1>{line}")), &[name]);
    }
    credits(&article("").replace("again.</p>", "again (and closed in 1999).</p>"), &[]);
}

#[test]
fn credits_at_the_end_are_names_in_any_language() {
    let ending = |line: &str| article("").replace("</article>", &format!("<p>{line}</p></article>"));
    for (line, name) in [
        ("Zuerst erschienen bei Nordlicht-Agentur", "Nordlicht-Agentur"),
        ("Dieser Bericht erschien zuerst bei Nordlicht und wird hier mit Genehmigung wiedergegeben.", "Nordlicht"),
        (
            "Cet article a d'abord paru chez Agence Horizon et est reproduit ici avec son autorisation.",
            "Agence Horizon",
        ),
        ("Источник: Северный телеграф", "Северный телеграф"),
        ("Πρώτη δημοσίευση: Πρακτορείο Αιγαίο", "Πρακτορείο Αιγαίο"),
        ("この記事は北洋通信が制作しました。", "北洋通信"),
        ("出典：北洋通信", "北洋通信"),
        ("نشر أولا في وكالة الأفق", "وكالة الأفق"),
        ("मूल प्रकाशन: हिमालय वार्ता", "हिमालय वार्ता"),
        ("(Meridian Press)", "Meridian Press"),
    ] {
        credits(&ending(line), &[name]);
    }
    for line in ["(Bild: Ada Byron)", "(and that was all.)"] {
        credits(&ending(line), &[]);
    }
}
