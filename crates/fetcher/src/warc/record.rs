//! One record of an archive (ISO 28500): its head, its block, and how it may be broken.

use super::tape::Tape;
use article::Timestamp;
use std::io::{self, BufRead, Read};

/// Which records are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a record's block, decompressed.
    pub(crate) record: usize,
    /// Bytes of a record's own header.
    pub(crate) head: usize,
}

/// Why a record can't be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Flaw {
    /// Something else stands where a record should begin.
    #[error("it doesn't begin as a record")]
    NoRecord,
    /// Its header never ends.
    #[error("its header is longer than {limit} bytes")]
    LongHead { limit: usize },
    /// Its length isn't said, or isn't a number.
    #[error("its Content-Length is missing or no number")]
    NoLength,
    /// What follows its block is no end of a record.
    #[error("its Content-Length doesn't fit its block")]
    WrongLength,
    /// The archive ends in it.
    #[error("the archive ends before it does")]
    CutOff,
    /// Its compression is broken.
    #[error("it can't be decompressed: {0}")]
    Gzip(String),
    /// It says neither of which address nor of what time it is.
    #[error("its {0} is missing or can't be read")]
    Field(&'static str),
    /// Its block isn't the response that it says it is.
    #[error("its block is no HTTP response")]
    Http,
}

/// The header of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Head(Vec<(String, String)>);

impl Head {
    /// The first field of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// A response over HTTP; every other record is about one.
    fn is_response(&self) -> bool {
        self.get("warc-type").is_some_and(|t| t.eq_ignore_ascii_case("response"))
            && self
                .get("content-type")
                .is_none_or(|t| t.trim_start().to_ascii_lowercase().starts_with("application/http"))
    }
}

/// What a record holds for us.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Content {
    /// A response as it came.
    Response {
        /// The address that was asked for.
        url: String,
        /// When.
        at: Timestamp,
        /// Status line, header fields, body.
        http: Vec<u8>,
    },
    /// A response larger than the limit, of which nothing is read.
    TooLarge,
    /// A response of which the archive holds the beginning.
    Truncated,
    /// A request, a description, anything else.
    Other,
}

/// The next record; none at the end of the tape.
pub(super) fn next<R: Read>(tape: &mut Tape<R>, limits: &Limits) -> Result<Option<Content>, Stop> {
    line_ends(tape)?;
    if tape.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let head = head(tape, limits.head)?;
    let length: u64 = head.get("content-length").and_then(|n| n.trim().parse().ok()).ok_or(Flaw::NoLength)?;
    let wanted = if !head.is_response() {
        Some(Content::Other)
    } else if head.get("warc-truncated").is_some() {
        Some(Content::Truncated)
    } else if length > limits.record as u64 {
        Some(Content::TooLarge)
    } else {
        None
    };
    if let Some(unread) = wanted {
        if tape.skip(length)? < length {
            return Err(Flaw::CutOff.into());
        }
        end(tape)?;
        return Ok(Some(unread));
    }
    let mut http = Vec::new();
    if tape.by_ref().take(length).read_to_end(&mut http)? as u64 != length {
        return Err(Flaw::CutOff.into());
    }
    end(tape)?;
    let url = head.get("warc-target-uri").map(|u| u.trim().trim_start_matches('<').trim_end_matches('>').to_owned());
    let at = head.get("warc-date").and_then(|d| Timestamp::parse_rfc3339(d).ok());
    Ok(Some(Content::Response {
        url: url.filter(|u| !u.is_empty()).ok_or(Flaw::Field("WARC-Target-URI"))?,
        at: at.ok_or(Flaw::Field("WARC-Date"))?,
        http,
    }))
}

/// Goes to where the next record may begin; false at the end.
pub(super) fn find_next<R: Read>(tape: &mut Tape<R>) -> io::Result<bool> {
    if !tape.seek(b"\nWARC/1.")? {
        return Ok(false);
    }
    tape.consume(1);
    Ok(true)
}

/// Two line ends close a record; some writers put more or fewer.
fn line_ends<R: Read>(tape: &mut Tape<R>) -> io::Result<()> {
    while tape.is_next(b"\r")? || tape.is_next(b"\n")? {
        tape.consume(1);
    }
    Ok(())
}

/// After a block comes an empty line, or the end.
fn end<R: Read>(tape: &mut Tape<R>) -> Result<(), Stop> {
    if tape.fill_buf()?.is_empty() || tape.is_next(b"\r\n")? || tape.is_next(b"\n")? {
        Ok(line_ends(tape)?)
    } else {
        Err(Flaw::WrongLength.into())
    }
}

fn head<R: Read>(tape: &mut Tape<R>, limit: usize) -> Result<Head, Stop> {
    if !tape.is_next(b"WARC/1.")? {
        return Err(Flaw::NoRecord.into());
    }
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        let room = (limit + 1).saturating_sub(before) as u64;
        tape.by_ref().take(room).read_until(b'\n', &mut bytes)?;
        let line = &bytes[before..];
        if bytes.len() > limit {
            return Err(Flaw::LongHead { limit }.into());
        }
        if line.is_empty() {
            return Err(Flaw::CutOff.into());
        }
        if line == b"\n" || line == b"\r\n" {
            break;
        }
    }
    Ok(Head(fields(&bytes)))
}

/// Named fields after a first line, as HTTP and archives have them; a line that begins with space goes on with the
/// one before.
pub(super) fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in bytes.split(|b| *b == b'\n').skip(1) {
        let line = text(line.strip_suffix(b"\r").unwrap_or(line));
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

/// Fields were ISO 8859-1 once (RFC 9110, section 5.5), and some still are.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Why the tape is not read on from here.
#[derive(Debug)]
pub(super) enum Stop {
    /// The record is broken.
    Flaw(Flaw),
    /// The tape said no: its bytes can't be decompressed, or can't be had.
    Tape(io::Error),
}

impl From<Flaw> for Stop {
    fn from(flaw: Flaw) -> Self {
        Stop::Flaw(flaw)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Tape(error)
    }
}
