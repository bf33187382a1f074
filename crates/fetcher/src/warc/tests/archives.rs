//! Archives for tests, and what is read from them.

use crate::warc::read::{Found, read};
use crate::warc::record::Limits;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::ops::ControlFlow;

pub(super) const LIMITS: Limits = Limits { record: 10_000, head: 1_000 };

/// The record of a response to a request for `url`, with this block.
pub(super) fn record(url: &str, block: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-11-20T10:00:00Z\r\nWARC-Target-URI: {url}\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
        block.len()
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

/// An answer with this body.
pub(super) fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status} Whatever\r\n{headers}\r\n").as_bytes(), body].concat()
}

/// A page without much in it.
pub(super) fn small(url: &str) -> Vec<u8> {
    record(url, &answer(200, "Content-Type: text/html\r\n", format!("<p>{url}</p>").as_bytes()))
}

pub(super) fn info() -> Vec<u8> {
    let block = "software: a test\r\n";
    format!(
        "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Type: application/warc-fields\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
    .into_bytes()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::default());
    member.write_all(bytes).unwrap();
    member.finish().unwrap()
}

/// Everything in an archive, from an offset.
pub(super) fn found(archive: &[u8], from: usize) -> Vec<Found> {
    let mut all = Vec::new();
    read(&archive[from..], from as u64, &LIMITS, |found| {
        all.push(found);
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}
