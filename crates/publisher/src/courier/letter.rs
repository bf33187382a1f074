//! What a webhook receives, and how it is signed.

use crate::Secret;
use crate::site::SiteSettings;
use article::Timestamp;
use queue::{MessageId, Notice};
use serde::Serialize;
use url::Url;
use web::Post;

/// Header with the signature: `t=SECONDS,b3=HEX`.
const SIGNATURE: &str = "Wireroom-Signature";
/// Context of the signing key (BLAKE3 `derive_key`): the secret is never used as a key itself.
const KEY_CONTEXT: &str = "wireroom 1 webhook signature";

/// The body of a notice.
#[derive(Serialize)]
struct Letter<'a> {
    /// The same at every attempt and replay.
    id: &'a str,
    /// `published`, `updated` or `removed`.
    event: &'static str,
    /// The story's page on this site.
    page: String,
    story: String,
    article: String,
    /// The article's address at its publisher.
    url: &'a str,
    /// When the change was observed, RFC 3339.
    observed_at: String,
}

/// The body as JSON.
pub(super) fn write(notice: &Notice, id: &MessageId, site: &SiteSettings) -> Vec<u8> {
    let letter = Letter {
        id: &id.0,
        event: notice.event.as_str(),
        page: site.absolute(&format!("/story/{}", notice.story)),
        story: notice.story.to_string(),
        article: notice.article.to_string(),
        url: notice.url.as_str(),
        observed_at: notice.observed_at.rfc3339(),
    };
    // Strings only: nothing in it can fail to be JSON.
    serde_json::to_vec(&letter).unwrap_or_default()
}

/// The request, signed if the webhook has a secret.
pub(super) fn seal(body: Vec<u8>, url: Url, secret: &Secret, now: Timestamp) -> Post {
    let mut headers = Vec::new();
    if !secret.is_empty() {
        let signature = sign(secret, now.secs(), &body).to_hex();
        headers.push((SIGNATURE.to_owned(), format!("t={},b3={signature}", now.secs())));
    }
    Post { url, content_type: "application/json".to_owned(), headers, body: body.into() }
}

/// Keyed BLAKE3 over `SECONDS.BODY`: the time is signed too, so that an old notice can't be sent again later.
fn sign(secret: &Secret, secs: i64, body: &[u8]) -> blake3::Hash {
    let key = blake3::derive_key(KEY_CONTEXT, secret.expose().as_bytes());
    let mut hasher = blake3::Hasher::new_keyed(&key);
    hasher.update(secs.to_string().as_bytes()).update(b".").update(body);
    hasher.finalize()
}

/// Whether `header` signs `body` with `secret` no longer than `max_age_secs` ago: what a target written in
/// Rust does with a notice. Compares in constant time.
pub fn verify(header: &str, body: &[u8], secret: &Secret, now: Timestamp, max_age_secs: u64) -> bool {
    let part = |name: &str| header.split(',').find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='));
    let (Some(secs), Some(hex)) = (part("t").and_then(|t| t.parse::<i64>().ok()), part("b3")) else {
        return false;
    };
    let Ok(given) = blake3::Hash::from_hex(hex) else { return false };
    now.secs().abs_diff(secs) <= max_age_secs && !secret.is_empty() && sign(secret, secs, body) == given
}
