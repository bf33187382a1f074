//! The two files every page needs. Built in: there is nothing to deploy beside the binary.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

static CSS: &str = include_str!("../../assets/site.css");
static FAVICON: &str = include_str!("../../assets/favicon.svg");

/// The style sheet's path. It carries the content's hash, so that it can be kept for a year.
pub(crate) static CSS_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = blake3::hash(CSS.as_bytes()).to_hex();
    format!("/assets/site-{}.css", &hash[..16])
});

pub(crate) async fn asset(Path(file): Path<String>) -> Response {
    if !(file.starts_with("site-") && file.ends_with(".css")) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // While a release rolls out, pages of the other release ask for its sheet: ours is better than none, but
    // must not be kept under that name.
    let ours = CSS_PATH.ends_with(&format!("/{file}"));
    let keep = if ours { "public, max-age=31536000, immutable" } else { "public, max-age=60" };
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, keep)], CSS).into_response()
}

pub(crate) async fn favicon() -> Response {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, FAVICON).into_response()
}
