//! What is sent, and what an error says of it.

use super::*;
use bytes::Bytes;

#[tokio::test]
async fn a_request_says_who_asks_and_what_is_known() {
    let server = serve(|head, mut socket| async move {
        let _ = socket.write_all(&ok("x-twice: a\r\nX-Twice: b\r\n", head.as_bytes())).await;
    })
    .await;
    let settings = WebSettings {
        contact: "editor@wire.example".to_owned(),
        public_url: "https://wire.example/".to_owned(),
        ..settings(server)
    };
    let client = Client::new(settings).unwrap();
    let request = page("http://user:secret@news.example:8181/story?q=1#part")
        .if_changed(Some("\"abc\"".to_owned()), Some("Tue, 24 Nov 2026 09:30:00 GMT".to_owned()));
    let response = client.get(&request).await.unwrap();
    let head = String::from_utf8(response.body.to_vec()).unwrap().to_lowercase();
    assert!(head.starts_with("get /story?q=1 http/1.1\r\n"), "{head}");
    for line in [
        "host: news.example:8181",
        "user-agent: wireroom/0.1.0 (+https://wire.example/about/robot; editor@wire.example)",
        "accept-encoding: gzip, br, zstd, deflate",
        "if-none-match: \"abc\"",
        "if-modified-since: tue, 24 nov 2026 09:30:00 gmt",
    ] {
        assert_eq!(head.matches(&format!("{line}\r\n")).count(), 1, "{line} in {head}");
    }
    assert!(!head.contains("secret") && !head.contains("authorization") && !head.contains("referer"), "{head}");
    assert_eq!(response.url.as_str(), "http://news.example:8181/story?q=1");
    assert_eq!(response.headers.all("x-twice").collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn a_304_is_told_and_no_cookie_comes_back() {
    let server = serve(|head, mut socket| async move {
        let answer = if head.to_lowercase().contains("\r\ncookie:") {
            "HTTP/1.1 500 Cookie\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        } else {
            "HTTP/1.1 304 Not Modified\r\nset-cookie: a=b\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n"
        };
        let _ = socket.write_all(answer.as_bytes()).await;
    })
    .await;
    let client = client(server);
    for _ in 0..2 {
        let response = client.get(&page("http://news.example/")).await.unwrap();
        assert!(response.not_modified && response.body.is_empty());
    }
}

#[tokio::test]
async fn a_post_is_sent_once_and_not_redirected() {
    let server = serve(|head, mut socket| async move {
        let mut body = vec![0; 5];
        let _ = socket.read_exact(&mut body).await;
        let echo = format!("{head}{}", String::from_utf8_lossy(&body));
        let moved = format!(
            "HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1/\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{echo}",
            echo.len()
        );
        let _ = socket.write_all(moved.as_bytes()).await;
    })
    .await;
    let post = Post {
        url: Url::parse("http://hook.example/x").unwrap(),
        content_type: "application/json".to_owned(),
        headers: vec![("X-Signature".to_owned(), "sha256=00".to_owned())],
        body: Bytes::from_static(b"{\"a\"}"),
    };
    let response = client(server).post(&post).await.unwrap();
    assert_eq!(response.status, 307);
    let echo = String::from_utf8(response.body.to_vec()).unwrap().to_lowercase();
    assert!(echo.starts_with("post /x") && echo.ends_with("{\"a\"}"), "{echo}");
    assert!(
        echo.contains("x-signature: sha256=00\r\n") && echo.contains("content-type: application/json\r\n"),
        "{echo}"
    );
    let inward = Post { url: Url::parse("http://169.254.169.254/").unwrap(), ..post };
    assert!(matches!(client(server).post(&inward).await, Err(FetchError::Forbidden { .. })));
}

#[tokio::test]
async fn an_error_does_not_print_the_address() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let error = client(closed).get(&page("http://hook.example/secret-path?token=secret")).await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    let junk = serve_bytes("junk\r\n\r\n").await;
    let error = client(junk).get(&page("http://hook.example/secret-path?token=secret")).await.unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}
