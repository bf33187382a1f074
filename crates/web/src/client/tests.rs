//! Hostile servers. Each test is bounded by the client's own limits, made small.

use super::*;
use crate::Destination;
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server of `answer`: it gets each request's head and the socket, and the socket is closed after it.
async fn serve<F, Fut>(answer: F) -> SocketAddr
where
    F: Fn(String, TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let head = read_head(&mut socket).await;
                answer(head, socket).await;
            });
        }
    });
    address
}

async fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A server that always sends these bytes.
async fn serve_bytes(bytes: impl Into<Vec<u8>>) -> SocketAddr {
    let bytes = Arc::new(bytes.into());
    serve(move |_, mut socket| {
        let bytes = bytes.clone();
        async move {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
        }
    })
    .await
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn settings(server: SocketAddr) -> WebSettings {
    WebSettings {
        resolve: [("*".to_owned(), Destination { address: server, plain: false })].into(),
        limits: Limits {
            total_ms: 2_000,
            connect_ms: 500,
            first_byte_ms: 500,
            idle_ms: 300,
            wire_bytes: 100_000,
            body_bytes: 200_000,
            ..Limits::default()
        },
        ..WebSettings::default()
    }
}

fn client(server: SocketAddr) -> Client {
    Client::new(settings(server)).unwrap()
}

fn page(url: &str) -> Request {
    Request::new(Url::parse(url).unwrap(), Kind::Page)
}

async fn get(server: SocketAddr) -> Result<Response, FetchError> {
    client(server).get(&page("http://news.example/story")).await
}

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

/// Redirects by the path's first word: `/301/next…` answers 301 to `/next…`; `/end` answers 200.
async fn redirecting() -> SocketAddr {
    serve(|head, mut socket| async move {
        let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
        let answer = match path[1..].split_once('/') {
            Some((status, rest)) if status.len() == 3 => {
                format!(
                    "HTTP/1.1 {status} Moved\r\nlocation: /{rest}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            }
            _ => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_owned(),
        };
        let _ = socket.write_all(answer.as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn redirects_are_followed_and_told_apart() {
    let client = client(redirecting().await);
    for (path, permanent) in [
        ("/end", None),
        ("/301/end", Some("/end")),
        ("/308/301/end", Some("/end")),
        ("/302/301/end", None),
        ("/301/302/end", Some("/302/end")),
        ("/301/307/308/end", Some("/307/308/end")),
        ("/303/end", None),
    ] {
        let response = client.get(&page(&format!("http://news.example{path}"))).await.unwrap();
        assert_eq!(response.url.path(), "/end", "{path}");
        assert_eq!(response.permanent_url.as_ref().map(Url::path), permanent, "{path}");
        assert_eq!(response.redirects.len(), path.matches('/').count() - 1, "{path}");
    }
    let far = format!("http://news.example{}/end", "/302".repeat(9));
    assert!(matches!(client.get(&page(&far)).await, Err(FetchError::TooManyRedirects { limit: 8, .. })));
    let just = format!("http://news.example{}/end", "/302".repeat(8));
    assert!(client.get(&page(&just)).await.is_ok());
}

/// Gives leave for these hosts, and remembers who asked.
struct Only(&'static [&'static str], std::sync::Mutex<Vec<String>>);

#[derive(Debug, PartialEq)]
enum Refused {
    NoLeave(String),
    Failed(FetchError),
}

impl From<FetchError> for Refused {
    fn from(error: FetchError) -> Self {
        Refused::Failed(error)
    }
}

impl Leave for Only {
    type Refusal = Refused;
    type Slot = ();

    async fn leave(&self, hop: &Url) -> Result<(), Refused> {
        let host = host_of(hop);
        self.1.lock().unwrap().push(host.clone());
        if self.0.contains(&host.as_str()) { Ok(()) } else { Err(Refused::NoLeave(host)) }
    }
}

#[tokio::test]
async fn another_host_is_not_asked_without_leave() {
    // Every host sends on to the host that its path names; `/end` is the end.
    let server = serve(|head, mut socket| async move {
        let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
        let answer = match path[1..].split_once('/') {
            Some((host, rest)) => format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{host}/{rest}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            ),
            None => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_owned(),
        };
        let _ = socket.write_all(answer.as_bytes()).await;
    })
    .await;
    let client = client(server);
    let leave = Only(&["b.example", "a.example"], std::sync::Mutex::default());
    let there_and_back = page("http://a.example/a.example/b.example/b.example/a.example/end");
    assert_eq!(client.get_by_leave(&there_and_back, &leave).await.unwrap().redirects.len(), 4);
    assert_eq!(*leave.1.lock().unwrap(), ["b.example", "a.example"], "only for another host than the last");
    let refused = client.get_by_leave(&page("http://a.example/victim.example/end"), &leave).await.unwrap_err();
    assert_eq!(refused, Refused::NoLeave("victim.example".to_owned()));
    let failed = client.get_by_leave(&page("http://a.example/127.0.0.1/end"), &leave).await.unwrap_err();
    assert!(matches!(failed, Refused::Failed(FetchError::Forbidden { .. })), "{failed:?}");
    assert!(!leave.1.lock().unwrap().contains(&"127.0.0.1".to_owned()));
}

async fn redirect_to(location: &str) -> Result<Response, FetchError> {
    get(serve_bytes(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")).await).await
}

#[tokio::test]
async fn a_redirect_leads_neither_inward_nor_elsewhere() {
    for inward in [
        "http://127.0.0.1/",
        "http://127.1:80/",
        "http://0x7f000001/",
        "//[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://user@10.0.0.1/",
    ] {
        let error = redirect_to(inward).await.unwrap_err();
        assert!(matches!(error, FetchError::Forbidden { .. }), "{inward}: {error}");
    }
    assert!(matches!(redirect_to("file:///etc/passwd").await, Err(FetchError::Scheme { .. })));
    assert!(matches!(redirect_to("gopher://news.example/").await, Err(FetchError::Scheme { .. })));
    assert!(matches!(redirect_to("http://127.0.0.1:22/").await, Err(FetchError::Port { port: 22 })));
    assert!(matches!(redirect_to("http://[half").await, Err(FetchError::BadRedirect { .. })));
    assert!(matches!(redirect_to("http://news.example/story").await, Err(FetchError::RedirectLoop { .. })));
    assert!(matches!(redirect_to("#top").await, Err(FetchError::RedirectLoop { .. })));
}

#[tokio::test]
async fn a_name_that_resolves_inward_is_refused_unless_opened() {
    let server = serve_bytes(ok("", b"inside")).await;
    let limits = Limits { ports: vec![80, server.port()], ..Limits::default() };
    let url = format!("http://localhost:{}/", server.port());
    let closed = Client::new(WebSettings { limits: limits.clone(), ..WebSettings::default() }).unwrap();
    match closed.get(&page(&url)).await {
        Err(FetchError::Forbidden { host, ip }) => {
            assert_eq!(host, "localhost");
            assert!(ip.is_loopback());
        }
        other => panic!("{other:?}"),
    }
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let open = Client::new(WebSettings { limits, allow_networks, ..WebSettings::default() }).unwrap();
    assert_eq!(open.get(&page(&url)).await.unwrap().body, "inside");
    let literal = format!("http://{server}/");
    assert_eq!(open.get(&page(&literal)).await.unwrap().body, "inside");
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/", server.port());
    assert!(matches!(open.get(&page(&mapped)).await, Err(FetchError::Forbidden { ip: IpAddr::V6(_), .. })));
    let nowhere = closed.get(&page("http://no-such-name.invalid/")).await;
    assert!(matches!(nowhere, Err(FetchError::Dns { .. })), "{nowhere:?}");
}

#[tokio::test]
async fn plain_http_may_stand_in_for_https() {
    let server = serve_bytes(ok("", b"plain")).await;
    let resolve = [("*".to_owned(), Destination { address: server, plain: true })].into();
    let client = Client::new(WebSettings { resolve, ..WebSettings::default() }).unwrap();
    let response = client.get(&page("https://news.example/a")).await.unwrap();
    assert_eq!((response.url.as_str(), &response.body[..]), ("https://news.example/a", &b"plain"[..]));
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

#[test]
fn errors_name_no_secret() {
    assert_eq!(without_password("http://u:secret@proxy:3128"), "http://…@proxy:3128");
    assert_eq!(without_password("u:secret@proxy"), "…@proxy");
    assert_eq!(without_password("proxy:3128"), "proxy:3128");
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
