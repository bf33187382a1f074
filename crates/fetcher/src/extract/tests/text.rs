//! What is the article's text and what is not.

use super::{article, page, paragraphs, read};
use ::article::Block;

fn body(inner: &str) -> Vec<Block> {
    read(&page(
        "<title>Bridge opened again</title>",
        &format!("<article><h1>Bridge opened again</h1>{inner}</article>"),
    ))
    .unwrap()
    .blocks
}

#[track_caller]
fn goes(clutter: &str) {
    let blocks = body(&format!("{}{clutter}{}", paragraphs(), paragraphs()));
    assert_eq!(blocks, body(&paragraphs().repeat(2)), "{clutter}");
}

#[track_caller]
fn goes_at_the_end(clutter: &str) {
    assert_eq!(body(&format!("{}{clutter}", paragraphs())), body(&paragraphs()), "{clutter}");
}

#[test]
fn text_is_blocks() {
    let blocks = body(&format!(
        "{0}<h2>How it was done</h2>{0}<ul><li>One stone upon the other, as in the old times.</li><li>One more.</li></ul>
         <blockquote><p>We are glad that it stands again.</p><p>All of us.</p></blockquote>
         <figure><img src=/bridge.jpg><figcaption>The bridge in May.</figcaption></figure>{0}",
        paragraphs()
    ));
    let kinds: Vec<String> =
        blocks.iter().filter(|b| !matches!(b, Block::Paragraph { .. })).map(|b| format!("{b:?}")).collect();
    insta::assert_snapshot!(kinds.join("\n"), @r#"
    Heading { level: 2, text: "How it was done" }
    List { ordered: false, items: ["One stone upon the other, as in the old times.", "One more."] }
    Quote { text: "We are glad that it stands again.\nAll of us." }
    Figure { url: "https://www.aurora.example/bridge.jpg", caption: Some("The bridge in May.") }
    "#);
}

#[test]
fn words_in_links_and_emphasis_stay_whole() {
    let blocks =
        body(&format!("{}<p>A <a href=/x>linked</a> w<b>or</b>d, “quoted”&nbsp;– and so on.</p>", paragraphs()));
    assert_eq!(blocks.last().unwrap().text(), "A linked word, “quoted” – and so on.");
}

#[test]
fn two_breaks_part_paragraphs_and_one_does_not() {
    let text = "The old bridge over the river was opened again today by the mayor.";
    let html = format!("<div class=story>{text}<br>{text}<br><br>{text}<br/> <br/>{text}</div>");
    let blocks = body(&html);
    assert_eq!(blocks.len(), 3);
    assert_eq!(blocks[0].text(), format!("{text} {text}"));
}

#[test]
fn clutter_goes_from_the_middle() {
    goes("<div class='share-buttons'><p>Share this on all the networks that there are in the world.</p></div>");
    goes("<div class=newsletter><p>Our newsletter brings you the news every morning, for nothing.</p></div>");
    goes("<aside><p>Other bridges were opened in the years before, as we reported at the time.</p></aside>");
    goes("<div id=ad-slot-3><p>Buy bridges now, before they are all sold to somebody else.</p></div>");
    goes("<p>Read more</p><p><a href=/other>Another bridge was closed again by its owners this week</a></p>");
    goes("<p>Advertisement</p>");
    goes("<p>Foto: dpa</p>");
    goes("<div hidden><p>Hidden until a program shows it, which here will never happen at all.</p></div>");
    goes("<div style='display: none'><p>Hidden until a program shows it, which here will never happen.</p></div>");
    goes("<figure><figcaption>The bridge, as it was seen by our photographer on Tuesday.</figcaption></figure>");
    goes("<script>document.write('<p>Written by a program, and never a part of the text.</p>')</script>");
}

#[test]
fn clutter_goes_from_the_end() {
    goes_at_the_end("<h3>Related articles</h3><p>Another bridge, in another town, was closed again by its owners.</p>");
    goes_at_the_end("<p>Subscribe to our newsletter to read about bridges every morning.</p>");
    goes_at_the_end(
        "<div class=comments><p>I never liked that bridge, and I never shall, as long as I live.</p></div>",
    );
    goes_at_the_end("<h2>Left alone</h2>");
    goes_at_the_end("<p>This website uses cookies to know who reads about bridges, and when.</p>");
}

#[test]
fn what_holds_the_article_is_not_clutter_whatever_it_is_named() {
    for wrapper in [
        "<div class='entry share widget'>",
        "<div class='gate-ad'>",
        "<div id=sidebar-layout>",
        "<section class=comments>",
    ] {
        let html = page(
            "<title>Bridge opened again</title>",
            &format!("{wrapper}<h1>Bridge opened again</h1>{}</div>", paragraphs()),
        );
        assert_eq!(read(&html).unwrap().blocks.len(), 4, "{wrapper}");
    }
}

#[test]
fn the_standfirst_is_found_and_is_no_block() {
    let summary = "The old bridge is open again after a year, and the town celebrates.";
    for (head, lead) in [
        (format!("<meta name=description content='{summary}'>"), format!("<p>{summary}</p>")),
        (String::new(), format!("<p class=standfirst>{summary}</p>")),
        (String::new(), format!("<h2>{summary}</h2>")),
    ] {
        let html =
            page(&head, &format!("<article><h1>Bridge opened again</h1>{lead}<div>{}</div></article>", paragraphs()));
        let found = read(&html).unwrap();
        assert_eq!(found.subtitle.as_deref(), Some(summary), "{head}{lead}");
        assert_eq!(found.blocks.len(), 4);
        assert!(found.text().starts_with(summary));
    }
}

#[test]
fn a_declared_text_speaks_against_lines_it_does_not_know() {
    let known = paragraphs().repeat(3);
    let declared = known.replace("<p>", "").replace("</p>", " ");
    let head = format!(
        r#"<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Bridge opened again","articleBody":"{declared}"}}</script>"#
    );
    let stranger = "<p>Somebody else's words that happen to stand between the paragraphs of this text.</p>";
    let html =
        page(&head, &format!("<article><h1>Bridge opened again</h1>{known}{stranger}{}</article>", paragraphs()));
    assert_eq!(read(&html).unwrap().blocks.len(), 16);
}

#[test]
fn a_text_that_only_a_program_would_show_is_read_out_of_its_data() {
    let data = paragraphs().repeat(3).replace('<', "\\u003c").replace('>', "\\u003e");
    let html = page(
        "<title>Bridge opened again</title>",
        &format!(r#"<div id=root></div><script>window.data={{"body":"{data}"}}</script>"#),
    );
    assert_eq!(read(&html).unwrap().blocks.len(), 12);
    let twice = serde_json::to_string(&format!(r#"{{"body":"{data}"}}"#)).unwrap();
    let html =
        page("<title>Bridge opened again</title>", &format!("<div id=root></div><script>push([1,{twice}])</script>"));
    assert_eq!(read(&html).unwrap().blocks.len(), 12);
}

#[test]
fn hidden_mail_addresses_are_shown() {
    // “a@b.example”, each byte exclusive-ored with 0x42.
    let hex: String =
        std::iter::once(0x42).chain("a@b.example".bytes().map(|b| b ^ 0x42)).map(|b: u8| format!("{b:02x}")).collect();
    let html = article("").replace("river was", &format!("river <a data-cfemail={hex}>[email&nbsp;protected]</a> was"));
    assert!(read(&html).unwrap().text().contains("river a@b.example was"));
}

#[test]
fn a_field_for_a_mail_address_makes_a_box_of_what_is_around_it_in_any_language() {
    let field = "<form action=/n><input type=EMAIL placeholder=@></form>";
    goes(&format!("<div class=x1><p>Главное за день в вашей почте, каждое утро и бесплатно.</p>{field}</div>"));
    goes(&format!(
        "<section><h3>毎朝のニュース</h3><div><p>その日の大切なニュースをメールでお届けします。</p>{field}</div></section>"
    ));
    // An article's own element is none, however short it is.
    let short = "<p>The bridge was opened again on Monday, says the town.</p>".repeat(3);
    assert_eq!(body(&format!("<section>{short}<p>Every day!</p>{field}</section>"))[..3], body(&short));
}

#[test]
fn a_line_in_bold_over_text_is_a_crosshead() {
    let sentence =
        "The old bridge over the river was opened again today by the mayor, who thanked all who had built it.";
    let crosshead = Block::Heading { level: 6, text: "How it was done".to_owned() };
    for html in [
        format!("{}<p><b>How it was done</b></p><p>{sentence}</p>", paragraphs()),
        format!("{}<p><strong>How it was done</strong><br>{sentence}</p>", paragraphs()),
    ] {
        let blocks = body(&html);
        assert_eq!(blocks[4..], [crosshead.clone(), Block::Paragraph { text: sentence.to_owned() }], "{html}");
    }
    // Bold words in a sentence, a bold sentence, and a bold line over nothing are none.
    for html in [
        format!("<p><b>How</b> it was done: {sentence}</p><p>{sentence}</p>"),
        format!("<p><b>It was done by hand.</b></p><p>{sentence}</p>"),
    ] {
        assert!(!body(&format!("{}{html}", paragraphs())).contains(&crosshead), "{html}");
    }
}

#[test]
fn standfirst_byline_and_date_in_one_cell_are_parted() {
    let html = page(
        "<title>Bridge opened again</title>",
        &format!(
            "<table><tr><td><h1>Bridge opened again</h1><b>After forty years of talks the old bridge is open to everybody.</b><br>
             <i class=by>Συντάκτης: Ελπίδα Τσάκωνα</i> <small>Δημοσίευση 27.11.2026, 18:16</small> <img src=/b.jpg>{}</td></tr></table>",
            paragraphs()
        ),
    );
    let found = read(&html).unwrap();
    assert_eq!(found.subtitle.as_deref(), Some("After forty years of talks the old bridge is open to everybody."));
    assert_eq!(found.authors, ["Ελπίδα Τσάκωνα"]);
    assert_eq!(found.published.unwrap().written, "2026-11-27T18:16:00");
    assert_eq!(found.blocks, body(&paragraphs()));
}

#[test]
fn what_stands_outside_of_the_text_s_element_goes() {
    let text = format!("<section>{}</section>", paragraphs().repeat(2));
    let note = "<p class=dsc>Ο ιστότοπος δεν ευθύνεται για το περιεχόμενο εξωτερικών συνδέσμων και τις τιμές.</p>";
    assert_eq!(body(&format!("{text}{note}")), body(&text));
    // The parts of a text that advertisements part are of one kind.
    let part = "<div class=part><p>And so it stands there again, as if nothing had ever been.</p></div>";
    let parted = format!("<div class=part>{}</div>{part}", paragraphs().repeat(2));
    assert_eq!(body(&parted).len(), 9);
}

#[test]
fn a_notice_above_the_headline_goes() {
    let notice =
        "<div class=x7><p>हम और हमारे 214 सहयोगी पाठक संख्या मापने और विज्ञापन दिखाने के लिए कुकी का उपयोग करते हैं।</p></div>";
    let text = format!("<h1>Bridge opened again</h1>{}", paragraphs().repeat(2));
    let with = read(&page("<title>Bridge opened again</title>", &format!("{notice}{text}"))).unwrap();
    assert_eq!(with.blocks, body(&paragraphs().repeat(2)));
}

#[test]
fn a_short_last_paragraph_after_a_box_stays() {
    let list: String =
        (0..9).map(|n| format!("<li><a href=/{n}>Another story about another bridge in {n} words</a></li>")).collect();
    let html = format!("{}<aside><h3>Related</h3><ul>{list}</ul></aside><p>It is open.</p>", paragraphs());
    assert_eq!(body(&html).last().unwrap().text(), "It is open.");
}

#[test]
fn an_unmarked_first_paragraph_of_an_old_page_stays() {
    let first = "The old bridge over the river was opened again. ".repeat(6);
    let html = format!("<table><tr><td>{first}{}</td></tr></table>", paragraphs());
    assert_eq!(body(&html)[0].text(), first.trim());
    let label = format!("<table><tr><td>Photo gallery{}</td></tr></table>", paragraphs());
    assert_eq!(body(&label), body(&paragraphs()));
}

#[test]
fn a_byline_and_a_date_below_the_first_paragraph_go() {
    let first = "<p>After forty years of talks the bridge is open, and nobody has to take the ferry any more.</p>";
    let signed = format!("{first}<p>By Ada Byron</p><p>28. April 2023, 20:25 Uhr</p>{}", paragraphs());
    assert_eq!(body(&signed), body(&format!("{first}{}", paragraphs())));
}
