#![allow(clippy::unwrap_used, clippy::expect_used)]

mod corpus;
mod fields;
mod hostile;
mod identity;
mod parts;
mod refusals;
mod rights;
mod text;

use super::{ExtractError, Extracted, Hints, PageBytes, extract};

/// The address of every page here.
const URL: &str = "https://www.aurora.example/world/2026/bridge";

/// Four paragraphs, each a sentence about a bridge.
fn paragraphs() -> String {
    ["first", "second", "third", "fourth"]
        .map(|n| format!("<p>The {n} of the sentences says that the old bridge over the river was opened again.</p>"))
        .concat()
}

/// A page with these contents of `<head>` and `<body>`.
fn page(head: &str, body: &str) -> String {
    format!("<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>")
}

/// An article page with this in its head.
fn article(head: &str) -> String {
    page(head, &format!("<article><h1>Bridge opened again</h1>{}</article>", paragraphs()))
}

fn read(html: &str) -> Result<Extracted, ExtractError> {
    read_with(html, &Hints::default(), &[])
}

fn read_with(html: &str, hints: &Hints, headers: &[(&str, &str)]) -> Result<Extracted, ExtractError> {
    read_at(URL, html, hints, headers)
}

fn read_at(url: &str, html: &str, hints: &Hints, headers: &[(&str, &str)]) -> Result<Extracted, ExtractError> {
    let headers: Vec<(String, String)> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let page = PageBytes { bytes: html.as_bytes(), url, content_type: None, headers: &headers, received_at: None };
    extract(&page, hints)
}

/// Where a field came from.
fn origin(found: &Extracted, field: super::Field) -> Option<super::Origin> {
    found.because.iter().find(|b| b.field == field).map(|b| b.origin)
}
