//! Bodies as they are encoded on the wire.

use super::*;
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};

#[tokio::test]
async fn every_encoding_is_read() {
    const TEXT: &[u8] = b"the same text, over and over, over and over, over and over";
    macro_rules! encoded {
        ($encoder:ident) => {{
            let mut encoder = $encoder::new(Vec::new());
            encoder.write_all(TEXT).await.unwrap();
            encoder.shutdown().await.unwrap();
            encoder.into_inner()
        }};
    }
    let twice = {
        let mut encoder = GzipEncoder::new(Vec::new());
        encoder.write_all(&encoded!(BrotliEncoder)).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    };
    for (name, body) in [
        ("gzip", encoded!(GzipEncoder)),
        ("br", encoded!(BrotliEncoder)),
        ("zstd", encoded!(ZstdEncoder)),
        ("deflate", encoded!(ZlibEncoder)),
        ("deflate", encoded!(DeflateEncoder)),
        ("br, gzip", twice),
        ("identity", TEXT.to_vec()),
        ("gzip", TEXT.to_vec()),
    ] {
        let server = serve_bytes(ok(&format!("content-encoding: {name}\r\n"), &body)).await;
        assert_eq!(get(server).await.unwrap().body, TEXT, "{name}");
    }
    assert_eq!(gunzip(&encoded!(GzipEncoder), 100).await.unwrap(), TEXT);
    assert!(matches!(gunzip(&encoded!(GzipEncoder), 10).await, Err(FetchError::TooLarge { limit: 10, .. })));
    assert!(matches!(gunzip(&encoded!(GzipEncoder)[..20], 100).await, Err(FetchError::CutOff { .. })));
}

#[tokio::test]
async fn a_garbled_or_unknown_encoding_is_said() {
    for (name, body) in [("br", &b"\xff\xff\xff\xff"[..]), ("compress", b"x"), ("zstd", b"not zstd at all")] {
        let server = serve_bytes(ok(&format!("content-encoding: {name}\r\n"), body)).await;
        let error = get(server).await.unwrap_err();
        assert!(matches!(error, FetchError::Encoding { .. }), "{name}: {error}");
    }
    let server = serve_bytes(ok("content-encoding: gzip, gzip, gzip\r\n", b"x")).await;
    assert!(matches!(get(server).await, Err(FetchError::BadHeader { .. })));
}

#[tokio::test]
async fn a_bomb_goes_off_at_the_limit() {
    let mut bomb = GzipEncoder::with_quality(Vec::new(), async_compression::Level::Best);
    bomb.write_all(&vec![0; 50_000_000]).await.unwrap();
    bomb.shutdown().await.unwrap();
    let bomb = bomb.into_inner();
    assert!(bomb.len() < 100_000, "the wire limit must not be what catches it");
    let server = serve_bytes(ok("content-encoding: gzip\r\n", &bomb)).await;
    assert!(matches!(get(server).await, Err(FetchError::TooLarge { .. })));
}

#[tokio::test]
async fn a_zstd_window_beyond_the_web_is_refused() {
    let mut body = vec![0x28, 0xb5, 0x2f, 0xfd];
    // Frame header: no single segment, window descriptor of 2 GiB (exponent 21), then one last raw block "x".
    body.extend([0x00, 21 << 3, 0x09, 0x00, 0x00, b'x']);
    let server = serve_bytes(ok("content-encoding: zstd\r\n", &body)).await;
    assert!(matches!(get(server).await, Err(FetchError::Encoding { .. })));
}
