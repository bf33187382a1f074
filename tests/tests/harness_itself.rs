//! The servers start, are reachable in every way the tests use, and come back after a kill.

use std::net::TcpStream;

#[test]
fn each_server_starts_on_a_port_of_its_own() {
    for port in
        [harness::redis().port, harness::redis().tls_port, harness::rabbitmq().port, harness::rabbitmq().tls_port]
    {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "port {port}");
    }
    let (one, other) = (harness::postgres().database(), harness::postgres().database());
    assert_ne!(one, other);
    assert_ne!(harness::rabbitmq().vhost(), harness::rabbitmq().vhost());
}

#[test]
fn a_killed_redis_is_gone_and_comes_back_on_its_port() {
    let redis = harness::Redis::start().unwrap();
    redis.kill();
    assert!(TcpStream::connect(("127.0.0.1", redis.port)).is_err());
    redis.restart().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", redis.port)).is_ok());
}
