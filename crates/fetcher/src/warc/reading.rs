//! Reading a file on a thread of its own: a pipe that says nothing must hold nobody.

use super::read::{Found, read};
use super::record::Limits;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use tokio::sync::{mpsc, oneshot};

/// An archive is known by its first bytes, whatever its file is called: its first record is like no other's.
const NAMING_BYTES: u64 = 65_536;

/// A file that is being read. Dropped, the reading ends at the next record.
pub(super) struct Reading {
    head: oneshot::Receiver<Vec<u8>>,
    from: oneshot::Sender<u64>,
    records: mpsc::Receiver<Found>,
    ended: oneshot::Receiver<io::Result<()>>,
}

/// Its records, in turn.
pub(super) struct Records {
    records: mpsc::Receiver<Found>,
    ended: oneshot::Receiver<io::Result<()>>,
}

/// Where the thread's ends of the channels are.
struct Far {
    head: oneshot::Sender<Vec<u8>>,
    from: oneshot::Receiver<u64>,
    records: mpsc::Sender<Found>,
}

impl Reading {
    /// Begins to read; `ahead` records wait at most.
    pub(super) fn begin(file: impl Read + Send + 'static, limits: Limits, ahead: usize) -> io::Result<Self> {
        let ((near_head, head), (near_from, from)) = (oneshot::channel(), oneshot::channel());
        let (records, near_records) = mpsc::channel(ahead.max(1));
        let (end, ended) = oneshot::channel();
        let far = Far { head: near_head, from, records };
        // Not one of the runtime's: its end would wait for a pipe.
        std::thread::Builder::new().name("archive".to_owned()).spawn(move || {
            // Nobody waits for the end of what was dropped.
            let _ = end.send(far.read(file, &limits));
        })?;
        Ok(Self { head, from: near_from, records: near_records, ended })
    }

    /// The archive's name; an error where not even its first bytes can be read.
    pub(super) async fn name(&mut self) -> io::Result<String> {
        match (&mut self.head).await {
            Ok(head) => Ok(blake3::hash(&head).to_hex().to_string()),
            Err(_) => Err(end(&mut self.ended).await.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Its records from an offset on.
    pub(super) fn records_from(self, offset: u64) -> Records {
        // A thread that is gone has left its reason.
        let _ = self.from.send(offset);
        Records { records: self.records, ended: self.ended }
    }
}

impl Records {
    /// The next record; none after the last, or where the file can't be read on.
    pub(super) async fn next(&mut self) -> Option<Found> {
        self.records.recv().await
    }

    /// How the reading ended.
    pub(super) async fn end(mut self) -> io::Result<()> {
        drop(self.records);
        end(&mut self.ended).await
    }
}

async fn end(ended: &mut oneshot::Receiver<io::Result<()>>) -> io::Result<()> {
    // Without a word only a panic ends it.
    ended.await.unwrap_or_else(|_| Err(io::Error::other("the reading thread panicked")))
}

impl Far {
    fn read(self, mut file: impl Read, limits: &Limits) -> io::Result<()> {
        let mut head = Vec::new();
        file.by_ref().take(NAMING_BYTES).read_to_end(&mut head)?;
        let mut file = Cursor::new(head.clone()).chain(file);
        if self.head.send(head).is_err() {
            return Ok(());
        }
        let Ok(from) = self.from.blocking_recv() else { return Ok(()) };
        io::copy(&mut file.by_ref().take(from), &mut io::sink())?;
        read(file, from, limits, |found| match self.records.blocking_send(found) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    }
}
