//! The response in a record's block, as its server sent it.

use super::record::{Flaw, fields};
use bytes::Bytes;
use web::Headers;

/// Status, header fields, and the body as it was on the wire.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Bytes,
}

/// Reads a block.
pub(super) fn parse(block: Vec<u8>) -> Result<Sent, Flaw> {
    let end = head_end(&block).ok_or(Flaw::Http)?;
    let line = block.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| Flaw::Http)?;
    let mut words = line.split_ascii_whitespace();
    let is_http = words.next().is_some_and(|w| w.get(..5).is_some_and(|w| w.eq_ignore_ascii_case("http/")));
    let status = words.next().and_then(|w| w.parse().ok()).filter(|_| is_http).ok_or(Flaw::Http)?;
    let headers = Headers::from(fields(&block[..end]));
    let body = Bytes::from(block).slice(end..);
    let chunked = headers.all("transfer-encoding").any(|v| v.to_ascii_lowercase().contains("chunked"));
    // Some crawlers keep the field of a body whose chunks they have put together.
    let whole = if chunked { unchunk(&body).map(Bytes::from) } else { None };
    Ok(Sent { status, headers, body: whole.unwrap_or(body) })
}

/// Where the body begins: after the first empty line.
fn head_end(block: &[u8]) -> Option<usize> {
    let crlf = block.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
    let lf = block.windows(2).position(|w| w == b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A body out of its chunks (RFC 9112, section 7.1); none where it isn't in chunks.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(rest.len());
    loop {
        let line_end = rest.iter().position(|b| *b == b'\n')?;
        let line = std::str::from_utf8(&rest[..line_end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[line_end + 1..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = &rest[size..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
    }
}
