use super::*;
use crate::settings::Settings;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The site, with its store at a port that nobody listens on: the discard service's.
fn site_without_store(health: SocketAddr) -> (JoinHandle<anyhow::Result<()>>, CancellationToken) {
    let mut settings = Settings::default();
    settings.metrics.listen = health.to_string();
    settings.site.listen = "127.0.0.1:0".to_owned();
    settings.store.url = "postgres://u:p@127.0.0.1:9/wireroom".to_owned();
    let stop = CancellationToken::new();
    (tokio::spawn(run(House::new(settings), &[Role::Site], stop.clone())), stop)
}

async fn free_address() -> SocketAddr {
    tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

/// What `/readyz` says first.
async fn first_answer(address: SocketAddr) -> String {
    let connected = async {
        loop {
            match TcpStream::connect(address).await {
                Ok(stream) => return stream,
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let mut stream = timeout(Duration::from_secs(10), connected).await.expect("it listens");
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_role_whose_store_is_away_is_not_ready_from_its_first_answer_on() {
    let address = free_address().await;
    let (_running, stop) = site_without_store(address);
    let answer = first_answer(address).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("start"), "{answer}");
    stop.cancel();
}

#[tokio::test]
async fn a_role_that_waits_for_its_store_ends_when_it_is_told_to() {
    let address = free_address().await;
    let (running, stop) = site_without_store(address);
    first_answer(address).await;
    stop.cancel();
    timeout(Duration::from_secs(5), running).await.expect("it ends").unwrap().unwrap();
}
