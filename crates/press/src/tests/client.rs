//! A client that knows nothing of the press: an address in, an answer's bytes out.

use crate::{Press, PressSettings, RunningPress};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, as bytes tell it.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|l| l.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }

    /// The body as a browser reads it: by the charset of the header, else of the page's own `meta`.
    pub(super) fn text(&self) -> String {
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(300)]);
        let declared = self.header("content-type").and_then(|t| t.split_once("charset=")).map(|(_, c)| c.to_owned());
        let meta = start.split_once("<meta charset=\"").and_then(|(_, rest)| rest.split('"').next().map(str::to_owned));
        match declared.or(meta).as_deref() {
            Some("iso-8859-1") => with_references(self.body.iter().map(|b| char::from(*b)).collect()),
            Some("windows-1251") => with_references(self.body.iter().map(|b| cyrillic(*b)).collect()),
            _ => String::from_utf8(self.body.clone()).unwrap(),
        }
    }
}

fn cyrillic(byte: u8) -> char {
    match byte {
        0xc0.. => char::from_u32(u32::from(byte) - 0xc0 + 0x410).unwrap(),
        0xa8 => 'Ё',
        0xb8 => 'ё',
        0x96 => '–',
        other => char::from(other),
    }
}

/// Numeric references beyond ASCII as characters; those below are the page's own escapes.
fn with_references(text: String) -> String {
    let mut parts = text.split("&#");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(';').unwrap();
        match number.parse::<u32>().unwrap() {
            ascii @ ..128 => out.push_str(&format!("&#{ascii};")),
            code => out.push(char::from_u32(code).unwrap()),
        }
        out.push_str(rest);
    }
    out
}

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(super) async fn start(settings: PressSettings) -> RunningPress {
    Press::new(settings).start(ANY).await.unwrap()
}

/// GETs an address of the press, reading at most `limit` bytes of the answer.
pub(super) async fn get(press: &RunningPress, url: &str, headers: &str, limit: u64) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(press.addr()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.take(limit).read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, body: bytes[end + 4..].to_vec(), head }
}

pub(super) async fn page(press: &RunningPress, url: &str) -> Answer {
    get(press, url, "", 1 << 20).await
}
