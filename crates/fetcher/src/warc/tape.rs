//! Bytes that are read once, with a little of what went by kept, so that a reader which has gone astray in a broken
//! record can go back and look for the next.

use std::io::{self, BufRead, Read};

/// How much is read at a time.
const PIECE: usize = 64 * 1024;

/// A stream with a place.
pub(super) struct Tape<R> {
    inner: R,
    held: Vec<u8>,
    /// Where in `held` the next byte is.
    at: usize,
    /// The offset of `held`'s first byte.
    start: u64,
    /// How many bytes that went by stay.
    behind: usize,
    /// What the stream itself refused: its own fault, not its bytes'.
    failed: Option<io::ErrorKind>,
}

impl<R: Read> Tape<R> {
    /// `inner` stands at `offset`.
    pub(super) fn new(inner: R, offset: u64, behind: usize) -> Self {
        Self { inner, held: Vec::new(), at: 0, start: offset, behind, failed: None }
    }

    /// Of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    /// Whether the stream could not be read.
    pub(super) fn failed(&self) -> Option<io::ErrorKind> {
        self.failed
    }

    /// Back to `offset`, or to the oldest byte that is kept.
    pub(super) fn go_back(&mut self, offset: u64) {
        let back = offset.max(self.start) - self.start;
        self.at = usize::try_from(back).map_or(self.at, |back| back.min(self.at));
    }

    /// Whether these bytes come next.
    pub(super) fn is_next(&mut self, bytes: &[u8]) -> io::Result<bool> {
        while self.held.len() - self.at < bytes.len() {
            if !self.more()? {
                return Ok(false);
            }
        }
        Ok(self.held[self.at..].starts_with(bytes))
    }

    /// Goes to where these bytes come next; false at the end.
    pub(super) fn seek(&mut self, bytes: &[u8]) -> io::Result<bool> {
        loop {
            let ahead = &self.held[self.at..];
            if let Some(found) = ahead.windows(bytes.len()).position(|w| w == bytes) {
                self.at += found;
                return Ok(true);
            }
            // The bytes may begin in this piece and end in the next.
            self.at += (ahead.len() + 1).saturating_sub(bytes.len());
            if !self.more()? {
                self.at = self.held.len();
                return Ok(false);
            }
        }
    }

    /// Passes over so many bytes; fewer where the stream ends.
    pub(super) fn skip(&mut self, mut bytes: u64) -> io::Result<u64> {
        let mut passed = 0;
        while bytes > 0 {
            let here = self.fill_buf()?.len() as u64;
            if here == 0 {
                break;
            }
            let step = here.min(bytes);
            self.consume(usize::try_from(step).unwrap_or(usize::MAX));
            bytes -= step;
            passed += step;
        }
        Ok(passed)
    }

    /// Another piece behind what is held; false at the end.
    fn more(&mut self) -> io::Result<bool> {
        // Moving what is kept costs its length: only after as much has gone by.
        if self.at > self.behind.saturating_mul(2).max(PIECE) {
            let gone = self.at - self.behind;
            self.held.drain(..gone);
            self.at -= gone;
            self.start += gone as u64;
        }
        let end = self.held.len();
        self.held.resize(end + PIECE, 0);
        let read = loop {
            match self.inner.read(&mut self.held[end..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.held.truncate(end + read.as_ref().map_or(0, |n| *n));
        match read {
            Ok(n) => Ok(n > 0),
            Err(e) => {
                self.failed = Some(e.kind());
                Err(e)
            }
        }
    }
}

impl<R: Read> BufRead for Tape<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.held.len() {
            self.more()?;
        }
        Ok(&self.held[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.held.len());
    }
}

impl<R: Read> Read for Tape<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ahead = self.fill_buf()?;
        let n = ahead.len().min(into.len());
        into[..n].copy_from_slice(&ahead[..n]);
        self.consume(n);
        Ok(n)
    }
}
