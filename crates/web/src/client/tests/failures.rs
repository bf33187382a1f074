//! Servers that are slow, endless, broken or none.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn endless_and_oversized_bodies_are_cut() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let endless = serve(move |_, mut socket| {
        let counted = counted.clone();
        async move {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let chunk = [b"1000\r\n".as_slice(), &[b'a'; 4096], b"\r\n"].concat();
            while socket.write_all(&chunk).await.is_ok() {
                counted.fetch_add(4096, Ordering::Relaxed);
            }
        }
    })
    .await;
    assert!(matches!(get(endless).await, Err(FetchError::TooLarge { limit: 100_000, .. })));
    // What is in the sockets' buffers was sent as well.
    assert!(sent.load(Ordering::Relaxed) < 20_000_000);

    let announced = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\nabc").await;
    assert!(matches!(get(announced).await, Err(FetchError::TooLarge { .. })));

    // Bytes that decompress to nothing: empty stored deflate blocks, without end.
    let nothing = serve(|_, mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\n\r\n").await;
        while socket.write_all(&[0, 0, 0, 0xff, 0xff].repeat(1000)).await.is_ok() {}
    })
    .await;
    assert!(matches!(get(nothing).await, Err(FetchError::TooLarge { .. })));
}

#[tokio::test]
async fn a_request_may_have_a_limit_of_its_own() {
    let server = serve_bytes(ok("", &[b'a'; 150_000])).await;
    let client = client(server);
    let mut request = page("http://news.example/");
    assert!(matches!(client.get(&request).await, Err(FetchError::TooLarge { .. })));
    request.max_body = Some(150_000);
    assert_eq!(client.get(&request).await.unwrap().body.len(), 150_000);
    request.max_body = Some(149_999);
    assert!(matches!(client.get(&request).await, Err(FetchError::TooLarge { limit: 149_999, .. })));
    request.kind = Kind::Robots;
    let cut = client.get(&request).await.unwrap();
    assert!(cut.truncated);
    assert_eq!(cut.body.len(), 149_999);
}

#[tokio::test]
async fn slowness_has_its_limits() {
    let silent = serve(|_, socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    // Connecting and the first byte are waited for together.
    assert!(matches!(get(silent).await, Err(FetchError::Timeout { what: Phase::FirstByte, limit_ms: 500, .. })));

    let stalls = serve(|_, mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
        std::future::pending::<()>().await;
    })
    .await;
    assert!(matches!(get(stalls).await, Err(FetchError::Timeout { what: Phase::Idle, limit_ms: 300, .. })));

    // One byte now and then never idles: only the whole request's limit ends it.
    let drips = serve(|_, mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
        while socket.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(matches!(get(drips).await, Err(FetchError::Timeout { what: Phase::Total, limit_ms: 2_000, .. })));
}

#[tokio::test]
async fn a_broken_connection_is_cut_off_or_unreachable() {
    let short = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    assert!(matches!(get(short).await, Err(FetchError::CutOff { .. })));
    let unfinished = serve_bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
    assert!(matches!(get(unfinished).await, Err(FetchError::CutOff { .. })));
    let reset = serve(|_, mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
        let _ = socket.flush().await;
        // Closing with a linger of zero sends a reset.
        let _ = socket.set_zero_linger();
    })
    .await;
    assert!(matches!(get(reset).await, Err(FetchError::CutOff { .. })));
    let hangs_up = serve_bytes("").await;
    assert!(matches!(get(hangs_up).await, Err(FetchError::CutOff { .. })));
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    assert!(matches!(get(closed).await, Err(FetchError::Connect { .. })));
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = plain.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = client(address).get(&page("https://news.example/")).await.unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_head_that_is_no_head_is_said() {
    let junk = serve_bytes("<html>this is not HTTP</html>\r\n\r\n").await;
    assert!(matches!(get(junk).await, Err(FetchError::BadHeader { .. })));
    let fat = serve_bytes(ok(&format!("x-fat: {}\r\n", "a".repeat(70_000)), b"")).await;
    assert!(matches!(get(fat).await, Err(FetchError::BadHeader { .. })));
    let many = serve_bytes(ok(&"x-many: a\r\n".repeat(300), b"")).await;
    assert!(matches!(get(many).await, Err(FetchError::BadHeader { .. })));
    let endless = serve(|_, mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while socket
            .write_all(b"x-endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
            .await
            .is_ok()
        {}
    })
    .await;
    assert!(matches!(get(endless).await, Err(FetchError::BadHeader { .. })));
}
