//! The client against servers that a test has for itself, hostile ones too. Each test is bounded by the client's own
//! limits, made small.

mod encodings;
mod failures;
mod redirects;
mod requests;

use super::*;
use crate::Destination;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server of `answer`: it gets each request's head and the socket, and the socket is closed after it.
pub(super) async fn serve<F, Fut>(answer: F) -> SocketAddr
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

pub(super) async fn read_head(socket: &mut TcpStream) -> String {
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
pub(super) async fn serve_bytes(bytes: impl Into<Vec<u8>>) -> SocketAddr {
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

pub(super) fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub(super) fn settings(server: SocketAddr) -> WebSettings {
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

pub(super) fn client(server: SocketAddr) -> Client {
    Client::new(settings(server)).unwrap()
}

pub(super) fn page(url: &str) -> Request {
    Request::new(Url::parse(url).unwrap(), Kind::Page)
}

pub(super) async fn get(server: SocketAddr) -> Result<Response, FetchError> {
    client(server).get(&page("http://news.example/story")).await
}
