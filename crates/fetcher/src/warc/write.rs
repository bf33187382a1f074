//! Captures as an archive: WARC 1.1 (ISO 28500), which the common tools read.

use article::Timestamp;
use chrono::SecondsFormat;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::{self, Write};
use store::Capture;

/// Header fields that are true of the body on the wire alone; captures hold it decompressed.
const OF_THE_WIRE: [&str; 3] = ["content-encoding", "content-length", "transfer-encoding"];

/// Writes captures into a file, a record each.
pub struct Writer<W> {
    out: W,
    gzip: bool,
}

impl<W: Write> Writer<W> {
    /// Begins an archive; `gzip` makes a member of each record, as `.warc.gz` files have them. `software` says who
    /// wrote it.
    pub fn new(out: W, gzip: bool, software: &str, now: Timestamp) -> io::Result<Self> {
        let mut writer = Self { out, gzip };
        let info = format!(
            "software: {}\r\nformat: WARC File Format 1.1\r\n\
             conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n",
            one_line(software)
        );
        let id = record_id(&[b"warcinfo", &now.millis().to_le_bytes()]);
        writer.record("warcinfo", &id, now, None, "application/warc-fields", info.as_bytes())?;
        Ok(writer)
    }

    /// Writes one capture.
    pub fn write(&mut self, capture: &Capture) -> io::Result<()> {
        let id = record_id(&[capture.article.bytes(), &capture.observed_at.millis().to_le_bytes()]);
        let (url, block) = (one_line(&capture.url), http(capture));
        self.record("response", &id, capture.observed_at, Some(&url), "application/http; msgtype=response", &block)
    }

    /// What it wrote to, with everything in it.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn record(
        &mut self,
        kind: &str,
        id: &str,
        at: Timestamp,
        url: Option<&str>,
        content_type: &str,
        block: &[u8],
    ) -> io::Result<()> {
        let date = at.utc().to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut head = format!("WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {id}\r\nWARC-Date: {date}\r\n");
        if let Some(url) = url {
            // Writing into a String can't fail.
            let _ = write!(head, "WARC-Target-URI: {url}\r\n");
        }
        let _ = write!(head, "Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", block.len());
        let parts = [head.as_bytes(), block, b"\r\n\r\n"];
        if self.gzip {
            let mut member = GzEncoder::new(&mut self.out, Compression::default());
            parts.iter().try_for_each(|part| member.write_all(part))?;
            member.finish()?;
            Ok(())
        } else {
            parts.iter().try_for_each(|part| self.out.write_all(part))
        }
    }
}

/// The response as HTTP has it. What was true of the wire only keeps its value under another name.
fn http(capture: &Capture) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} \r\n", capture.status);
    for (name, value) in &capture.headers {
        let was = if OF_THE_WIRE.iter().any(|w| name.eq_ignore_ascii_case(w)) { "x-archive-orig-" } else { "" };
        let _ = write!(head, "{was}{}: {}\r\n", one_line(name), one_line(value));
    }
    let _ = write!(head, "content-length: {}\r\n\r\n", capture.body.len());
    [head.as_bytes(), &capture.body].concat()
}

/// No value of ours begins another field.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// The same for the same capture: a URN with a UUID of version 8 (RFC 9562) in it.
fn record_id(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("wireroom 1 WARC record");
    for part in parts {
        hasher.update(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    id[6] = 0x80 | (id[6] & 0x0f);
    id[8] = 0x80 | (id[8] & 0x3f);
    let hex: String = id.iter().map(|b| format!("{b:02x}")).collect();
    format!("<urn:uuid:{}-{}-{}-{}-{}>", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
