//! An archive's records in their order, past whatever is broken.
//!
//! A file is plain, or gzip with a member for each record; one member for the whole file is read too, but only from
//! its beginning. A broken record ends where the next begins: in gzip at the next member that holds a record, in a
//! plain file at the next line that begins one.

use super::record::{Content, Flaw, Limits, Stop, find_next, next};
use super::tape::Tape;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

/// The first bytes of a gzip member with deflate in it (RFC 1952), as every one has.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// A record, or what stands in its place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Found {
    /// Where it begins in the file.
    pub(crate) at: u64,
    /// Where to go on when it is done with.
    pub(crate) then: u64,
    /// What it is.
    pub(crate) what: Result<Content, Flaw>,
}

/// Reads records from `file`, which stands at offset `from`, until its end or until `each` has had enough. Fails only
/// where the file itself can't be read.
pub(crate) fn read(
    file: impl Read,
    from: u64,
    limits: &Limits,
    mut each: impl FnMut(Found) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut file = Tape::new(file, from, limits.record.saturating_add(limits.head));
    if file.is_next(&GZIP[..2])? {
        return members(&mut file, limits, &mut each);
    }
    records(&mut file, limits, &mut |at, then, what| each(Found { at, then, what }))
}

fn members<R: Read>(
    file: &mut Tape<R>,
    limits: &Limits,
    each: &mut impl FnMut(Found) -> ControlFlow<()>,
) -> io::Result<()> {
    while !file.fill_buf()?.is_empty() {
        let start = file.offset();
        let mut inside = Tape::new(GzDecoder::new(&mut *file), 0, limits.record.saturating_add(limits.head));
        // The last of a member is held back until the member's end is known to be sound.
        let mut last: Option<Result<Content, Flaw>> = None;
        let mut stopped = false;
        let mut held = |what| {
            let Some(before) = last.replace(what) else { return ControlFlow::Continue(()) };
            let flow = each(Found { at: start, then: start, what: before });
            stopped |= flow.is_break();
            flow
        };
        let read = records(&mut inside, limits, &mut |_, _, what| held(what));
        drop(inside);
        if stopped {
            return Ok(());
        }
        match read {
            Ok(()) => {}
            Err(error) => {
                if file.failed().is_some() {
                    return Err(error);
                }
                let why = match error.kind() {
                    io::ErrorKind::UnexpectedEof => Flaw::CutOff,
                    _ => Flaw::Gzip(error.to_string()),
                };
                // Whatever came out of it before is as doubtful as the rest.
                last = Some(Err(why));
                file.go_back(start + 1);
                next_member(file)?;
            }
        }
        if let Some(what) = last
            && each(Found { at: start, then: file.offset(), what }).is_break()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Goes to the next member that begins with a record, or to the end.
fn next_member<R: Read>(file: &mut Tape<R>) -> io::Result<()> {
    while file.seek(GZIP)? {
        let here = file.offset();
        let mut head = [0; 5];
        let begins = GzDecoder::new(&mut *file).read_exact(&mut head).is_ok() && &head == b"WARC/";
        if let (false, Some(kind)) = (begins, file.failed()) {
            return Err(kind.into());
        }
        file.go_back(here);
        if begins {
            return Ok(());
        }
        file.consume(1);
    }
    Ok(())
}

/// Records one behind the other, each with its offset on the tape and where the next begins.
fn records<R: Read>(
    tape: &mut Tape<R>,
    limits: &Limits,
    each: &mut impl FnMut(u64, u64, Result<Content, Flaw>) -> ControlFlow<()>,
) -> io::Result<()> {
    loop {
        let start = tape.offset();
        let what = match next(tape, limits) {
            Ok(None) => return Ok(()),
            Ok(Some(content)) => Ok(content),
            Err(Stop::Tape(error)) => return Err(error),
            Err(Stop::Flaw(flaw @ (Flaw::Field(_) | Flaw::Http))) => Err(flaw),
            Err(Stop::Flaw(flaw)) => {
                // Its own first bytes are no beginning of another.
                tape.go_back(start + 1);
                find_next(tape)?;
                Err(flaw)
            }
        };
        if each(start, tape.offset(), what).is_break() {
            return Ok(());
        }
    }
}
