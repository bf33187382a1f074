//! Reading a body without ever holding more of it than the limit.

use crate::client::Headers;
use crate::{FetchError, Phase};
use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::{Bytes, BytesMut};
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

/// How much of a body, and how slowly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    /// On the wire.
    pub(crate) wire: usize,
    /// Decompressed.
    pub(crate) body: usize,
    /// Between two pieces.
    pub(crate) idle: Duration,
    /// Keep the beginning of what is too long, rather than refuse it.
    pub(crate) truncate: bool,
}

/// Why the wire fell silent. Travels through the decoders as an I/O error's inner error.
#[derive(Debug, thiserror::Error)]
enum WireStop {
    #[error("too slow")]
    Idle,
    #[error("too much")]
    TooLarge,
    #[error("{0}")]
    Broken(String),
}

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// More encodings on top of each other are a bomb's way.
const MAX_ENCODINGS: usize = 2;

/// RFC 9659: a window above 8 MiB is not for HTTP, and would be memory at a stranger's wish.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Reads the body, decompressed; `true` if it was cut at the limit. Bounded in memory by the limits, in time
/// by whoever calls.
pub(crate) async fn read(
    response: reqwest::Response,
    host: &str,
    limits: BodyLimits,
) -> Result<(Bytes, bool), FetchError> {
    let too_large = || FetchError::TooLarge { host: host.to_owned(), limit: limits.wire.min(limits.body) };
    let named = response.headers().get_all("content-encoding");
    let encodings = encodings(named.iter().map(|value| String::from_utf8_lossy(value.as_bytes())), host)?;
    if response.content_length().is_some_and(|n| n > limits.wire as u64) && !limits.truncate {
        return Err(too_large());
    }
    let mut reader = wire(response, limits);
    for encoding in encodings.iter().rev() {
        reader = decoder(reader, encoding, host).await.map_err(|stop| match stop {
            Stop::Io(e) => failure(&e, host, limits),
            Stop::Unknown(e) => e,
        })?;
    }
    let mut body = BytesMut::new();
    let outcome = fill(&mut reader, &mut body, limits.body).await;
    match outcome {
        Ok(true) => Ok((body.freeze(), false)),
        Ok(false) if limits.truncate => {
            body.truncate(limits.body);
            Ok((body.freeze(), true))
        }
        Ok(false) => Err(too_large()),
        Err(e) if limits.truncate && is_too_large(&e) => Ok((body.freeze(), true)),
        Err(e) => Err(failure(&e, host, limits)),
    }
}

/// Decompresses a gzip file that came as such (a sitemap's `.xml.gz`), up to `limit` bytes.
pub async fn gunzip(file: &[u8], limit: usize) -> Result<Bytes, FetchError> {
    let host = "the gzip file";
    let mut reader = GzipDecoder::new(file);
    let mut body = BytesMut::new();
    match fill(&mut reader, &mut body, limit).await {
        Ok(true) => Ok(body.freeze()),
        Ok(false) => Err(FetchError::TooLarge { host: host.to_owned(), limit }),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            Err(FetchError::CutOff { host: host.to_owned(), why: e.to_string() })
        }
        Err(e) => Err(FetchError::Encoding { host: host.to_owned(), why: e.to_string() }),
    }
}

/// Decompresses a body that was kept as it came on the wire, up to `limit` bytes. A body that isn't compressed as its
/// header says is as it is: archives keep some decompressed.
pub async fn unpack(body: Bytes, headers: &Headers, limit: usize) -> Result<Bytes, FetchError> {
    let host = "the archive";
    let mut reader: Reader = Box::pin(io::Cursor::new(body));
    for encoding in encodings(headers.all("content-encoding"), host)?.iter().rev() {
        reader = decoder(reader, encoding, host).await.map_err(|stop| match stop {
            Stop::Io(e) => FetchError::Encoding { host: host.to_owned(), why: e.to_string() },
            Stop::Unknown(e) => e,
        })?;
    }
    let mut body = BytesMut::new();
    match fill(&mut reader, &mut body, limit).await {
        Ok(true) => Ok(body.freeze()),
        Ok(false) => Err(FetchError::TooLarge { host: host.to_owned(), limit }),
        Err(e) => Err(FetchError::Encoding { host: host.to_owned(), why: e.to_string() }),
    }
}

/// Reads to the end (`true`), or until there is one byte more than `limit` (`false`).
async fn fill(reader: &mut (impl AsyncRead + Unpin), body: &mut BytesMut, limit: usize) -> io::Result<bool> {
    loop {
        if reader.read_buf(body).await? == 0 {
            return Ok(true);
        }
        if body.len() > limit {
            return Ok(false);
        }
    }
}

/// The body as it comes, counted and timed.
fn wire(response: reqwest::Response, limits: BodyLimits) -> Reader {
    let chunks = futures_util::stream::try_unfold((response, 0usize), move |(mut response, seen)| async move {
        if seen > limits.wire {
            return Err(io::Error::other(WireStop::TooLarge));
        }
        let chunk = match tokio::time::timeout(limits.idle, response.chunk()).await {
            Err(_) => return Err(io::Error::other(WireStop::Idle)),
            Ok(Err(e)) => return Err(io::Error::other(WireStop::Broken(crate::client::failure::chain(&e)))),
            Ok(Ok(None)) => return Ok(None),
            Ok(Ok(Some(chunk))) => chunk,
        };
        let room = limits.wire.saturating_sub(seen);
        let seen = seen.saturating_add(chunk.len());
        // What is over the limit is dropped; what came before it is still wanted where bodies may be cut.
        Ok(Some((chunk.slice(..chunk.len().min(room)), (response, seen))))
    });
    Box::pin(StreamReader::new(Box::pin(chunks)))
}

fn encodings<V: AsRef<str>>(values: impl Iterator<Item = V>, host: &str) -> Result<Vec<String>, FetchError> {
    let mut found = Vec::new();
    for value in values {
        for name in value.as_ref().split(',') {
            let name = name.trim().to_ascii_lowercase();
            // Some servers name a charset or nothing here.
            if !matches!(name.as_str(), "" | "identity" | "none" | "utf-8" | "utf8") {
                found.push(name);
            }
        }
    }
    if found.len() > MAX_ENCODINGS {
        return Err(FetchError::BadHeader { host: host.to_owned(), why: format!("{} content encodings", found.len()) });
    }
    Ok(found)
}

enum Stop {
    Io(io::Error),
    Unknown(FetchError),
}

async fn decoder(mut reader: Reader, encoding: &str, host: &str) -> Result<Reader, Stop> {
    fn buffered(decoder: impl AsyncRead + Send + 'static) -> Reader {
        Box::pin(BufReader::new(decoder))
    }
    // An empty body has no frame: 304s and HEAD-like answers name an encoding all the same.
    let head = reader.fill_buf().await.map_err(Stop::Io)?;
    if head.is_empty() {
        return Ok(reader);
    }
    let (first, second) = (head[0], head.get(1).copied());
    Ok(match encoding {
        // Named gzip and sent plain happens behind broken caches; the magic decides.
        "gzip" | "x-gzip" if first != 0x1f => reader,
        "gzip" | "x-gzip" => buffered(GzipDecoder::new(reader)),
        // RFC 9110 means zlib (RFC 1950); some servers send raw deflate. zlib's head is a multiple of 31.
        "deflate" if is_zlib(first, second) => buffered(ZlibDecoder::new(reader)),
        "deflate" => buffered(DeflateDecoder::new(reader)),
        "br" => buffered(BrotliDecoder::new(reader)),
        "zstd" => buffered(ZstdDecoder::with_params(reader, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)])),
        other => {
            let why = format!("“{}” was not asked for", other.chars().take(40).collect::<String>());
            return Err(Stop::Unknown(FetchError::Encoding { host: host.to_owned(), why }));
        }
    })
}

fn is_zlib(first: u8, second: Option<u8>) -> bool {
    // Where the first piece is a single byte, its compression method alone decides.
    first & 0x0f == 8 && second.is_none_or(|s| (u16::from(first) << 8 | u16::from(s)) % 31 == 0)
}

fn is_too_large(e: &io::Error) -> bool {
    matches!(wire_stop(e), Some(WireStop::TooLarge))
}

fn wire_stop(e: &io::Error) -> Option<&WireStop> {
    e.get_ref().and_then(|inner| inner.downcast_ref())
}

fn failure(e: &io::Error, host: &str, limits: BodyLimits) -> FetchError {
    let host = host.to_owned();
    match wire_stop(e) {
        Some(WireStop::Idle) => FetchError::Timeout {
            host,
            what: Phase::Idle,
            limit_ms: u64::try_from(limits.idle.as_millis()).unwrap_or(u64::MAX),
        },
        Some(WireStop::TooLarge) => FetchError::TooLarge { host, limit: limits.wire },
        Some(WireStop::Broken(why)) => FetchError::CutOff { host, why: why.clone() },
        None if e.kind() == io::ErrorKind::UnexpectedEof => FetchError::CutOff { host, why: e.to_string() },
        None => FetchError::Encoding { host, why: e.to_string() },
    }
}
