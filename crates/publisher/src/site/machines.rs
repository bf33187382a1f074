//! What machines read: robots.txt and a sitemap.

use super::SiteState;
use article::Section;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// RFC 9309. Everything may be read but the search, whose pages have no end.
pub(super) async fn robots(State(state): State<SiteState>) -> Response {
    let sitemap = state.settings.absolute("/sitemap.xml");
    let text = format!("User-agent: *\nDisallow: /search\n\nSitemap: {sitemap}\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// sitemaps.org 0.9: only pages that are our own. Stories are left to their primary sources, whom their
/// canonical links name.
pub(super) async fn sitemap(State(state): State<SiteState>) -> Response {
    let mut paths: Vec<String> =
        ["/", "/sources", "/about", "/about/removal", "/about/robot"].map(str::to_owned).into();
    paths.extend(Section::ALL.map(|s| format!("/section/{}", s.as_str())));
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for path in paths {
        let address = state.settings.absolute(&path).replace('&', "&amp;").replace('<', "&lt;");
        text.push_str(&format!("  <url><loc>{address}</loc></url>\n"));
    }
    text.push_str("</urlset>\n");
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], text).into_response()
}
