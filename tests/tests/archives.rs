//! What one installation has captured, written as an archive and read by another one that can reach nobody.

use crate::end_to_end::{PATIENCE, agreement, installation, press, stored};
use crate::installation::{Installation, Mode, eventually};
use store::Store;

/// An address where nobody listens.
async fn nowhere() -> std::net::SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// How many captures a store holds.
async fn captured(store: &Store) -> usize {
    store.captures_after(article::Timestamp(0), None, 10_000).await.unwrap().len()
}

async fn there_and_back(mode: Mode) {
    let press = press(60, 11).await;
    let (mut first, store) = installation(Mode::Embedded, &press).await;
    first.start();
    agreement(&first, &press, &store).await;
    let file = first.folder().join("all.warc.gz");
    let (ok, out, err) = first.command(&["captures", "export", "--to", file.to_str().unwrap()]);
    let kept = captured(&store).await;
    assert!(ok && kept > 20 && out.starts_with(&format!("{kept} written")), "{kept} kept\n{out}\n{err}");

    let mut second = Installation::new(mode, nowhere().await, "");
    let read = second.store().await;
    for source in press.sources() {
        read.put_source(&source).await.unwrap();
    }
    second.start();
    // Both ways: a damaged byte costs its own record only.
    let mut bytes = std::fs::read(&file).unwrap();
    let (ok, out, err) = second.command(&["ingest", "warc", file.to_str().unwrap(), "--json"]);
    assert!(ok && out.contains("\"finished\": true") && out.contains("\"broken\": 0"), "{out}\n{err}");
    let had = stored(&store).await;
    eventually(PATIENCE, || async {
        let have = stored(&read).await;
        let heads = store.captures_after(article::Timestamp(0), None, 10_000).await.unwrap();
        let other = heads.iter().filter(|head| had.contains_key(&head.article)).find_map(|head| {
            let (was, is) = (&had[&head.article].article, have.get(&head.article).map(|s| &s.article));
            let same = is.is_some_and(|is| {
                (is.content_hash.clone(), &is.title, &is.source, is.observed_at)
                    == (was.content_hash.clone(), &was.title, &was.source, was.observed_at)
            });
            (!same).then(|| format!("{}: {is:#?}\nwas {was:#?}\n{}", head.url, second.logs()))
        });
        other.or_else(|| have.is_empty().then(|| "nothing came".to_owned()))
    })
    .await;

    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    let damaged = first.folder().join("damaged.warc.gz");
    std::fs::write(&damaged, bytes).unwrap();
    let (ok, out, err) = second.command(&["ingest", "warc", damaged.to_str().unwrap(), "--again"]);
    assert!(ok && out.contains("broken at byte ") && !out.contains("stopped"), "{out}\n{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_reads_what_was_captured() {
    there_and_back(Mode::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_reads_what_was_captured() {
    there_and_back(Mode::Stack).await;
}
