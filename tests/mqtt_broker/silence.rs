//! Brokers that listen and do not speak.

use super::{
    mosquitto::Mosquitto,
    source::{PATIENCE, Source, TOPIC, numbers, publish, subscribed},
};
use mujun::agent::config::MqttVersion::{self, V3_1_1, V5};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};

/// Accepts one connection, says `greeting` after the CONNECT, and then nothing, until the other side gives up.
async fn left(listener: &TcpListener, greeting: &[u8]) {
    let (mut connection, _) = timeout(PATIENCE, listener.accept()).await.expect("the source comes").unwrap();
    let mut read = [0; 1024];
    assert!(connection.read(&mut read).await.unwrap() > 0);
    connection.write_all(greeting).await.unwrap();
    while timeout(PATIENCE, connection.read(&mut read)).await.expect("the source gives up").is_ok_and(|read| read > 0) {
    }
}

async fn is_left_and_found_again(version: MqttVersion, greeting: &[u8]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut source = Source::start(port, version, 64);
    left(&listener, greeting).await;
    drop(listener);
    let broker = Mosquitto::start_at(port);
    subscribed(broker.port(), &[TOPIC]).await;
    publish(broker.port(), TOPIC, numbers(7..8)).await;
    let (n, receipt) = source.next().await;
    assert_eq!(n, 7);
    receipt.give();
    source.stop().await;
}

#[tokio::test]
async fn a_broker_that_accepts_and_says_nothing_is_left_and_its_successor_found() {
    tokio::join!(is_left_and_found_again(V3_1_1, b""), is_left_and_found_again(V5, b""));
}

#[tokio::test]
async fn a_broker_that_falls_silent_after_its_greeting_is_left_and_its_successor_found() {
    let greetings = (&[0x20, 2, 0, 0], &[0x20, 3, 0, 0, 0]);
    tokio::join!(is_left_and_found_again(V3_1_1, greetings.0), is_left_and_found_again(V5, greetings.1));
}
