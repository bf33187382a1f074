//! Where a request is led to, and where it may not be.

use super::*;
use std::net::IpAddr;

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

/// Gives leave for these hosts, a slot at a time, and remembers what was asked.
struct Only(&'static [&'static str], std::sync::Mutex<Vec<String>>, std::sync::Arc<tokio::sync::Semaphore>);

impl Only {
    fn new(hosts: &'static [&'static str]) -> Self {
        Self(hosts, std::sync::Mutex::default(), std::sync::Arc::new(tokio::sync::Semaphore::new(1)))
    }

    fn slot(&self) -> tokio::sync::OwnedSemaphorePermit {
        self.2.clone().try_acquire_owned().expect("the slot before is still held")
    }
}

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
    type Slot = tokio::sync::OwnedSemaphorePermit;

    async fn leave(&self, hop: &Url, nth: usize) -> Result<Self::Slot, Refused> {
        let host = host_of(hop);
        self.1.lock().unwrap().push(hop_id(&host, nth));
        if self.0.contains(&host.as_str()) { Ok(self.slot()) } else { Err(Refused::NoLeave(host)) }
    }

    async fn pass(&self, hop: &Url) -> Result<(), Refused> {
        self.1.lock().unwrap().push(hop.to_string());
        Ok(())
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
    let leave = Only::new(&["b.example", "a.example"]);
    let there_and_back = page("http://a.example/a.example/b.example/b.example/a.example/end");
    assert_eq!(client.get_by_leave(&there_and_back, leave.slot(), &leave).await.unwrap().redirects.len(), 4);
    let on_a = "http://a.example/b.example/b.example/a.example/end";
    let on_b = "http://b.example/a.example/end";
    assert_eq!(*leave.1.lock().unwrap(), [on_a, "b.example redirect 2", on_b, "a.example redirect 4"]);
    let refused = page("http://a.example/victim.example/end");
    let refused = client.get_by_leave(&refused, leave.slot(), &leave).await.unwrap_err();
    assert_eq!(refused, Refused::NoLeave("victim.example".to_owned()));
    let failed = page("http://a.example/127.0.0.1/end");
    let failed = client.get_by_leave(&failed, leave.slot(), &leave).await.unwrap_err();
    assert!(matches!(failed, Refused::Failed(FetchError::Forbidden { .. })), "{failed:?}");
    assert!(!leave.1.lock().unwrap().iter().any(|asked| asked.contains("127.0.0.1")));
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
