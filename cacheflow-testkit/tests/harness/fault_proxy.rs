use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use cacheflow_testkit::{Direction, FaultProxy, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(30);
const A_MOMENT: Duration = Duration::from_millis(100);
const AN_HOUR: Duration = Duration::from_secs(3600);

/// A server that sends back what it gets.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    addr
}

async fn connect(proxy: &FaultProxy) -> TcpStream {
    TcpStream::connect(proxy.addr()).await.unwrap()
}

async fn send(client: &mut TcpStream, bytes: &[u8]) {
    client.write_all(bytes).await.unwrap();
}

async fn receives(client: &mut TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    timeout(BOUND, client.read_exact(&mut bytes))
        .await
        .expect("an answer")
        .unwrap();
    assert_eq!(
        bytes.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
}

async fn receives_nothing(client: &mut TcpStream) {
    let mut byte = [0];
    let read = timeout(A_MOMENT, client.read(&mut byte)).await;
    assert!(read.is_err(), "bytes or an end came through: {read:?}");
}

/// With an end of stream or a reset, both of which a broken connection may show.
async fn is_closed(client: &mut TcpStream) {
    let mut byte = [0];
    let read = timeout(BOUND, client.read(&mut byte))
        .await
        .expect("an end");
    assert!(
        matches!(read, Ok(0) | Err(_)),
        "bytes came through: {read:?}"
    );
}

async fn serves(client: &mut TcpStream) {
    send(client, b"ping").await;
    receives(client, b"ping").await;
}

async fn connections_are(proxy: &FaultProxy, count: usize) {
    let what = format!("the proxy counts {count} connections");
    eventually(&what, BOUND, async || proxy.connections() == count).await;
}

#[tokio::test]
async fn passes_both_ways_and_ends_when_the_client_does() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    let megabyte: Vec<u8> = (0..1 << 20).map(|i| (i % 251) as u8).collect();

    let (mut from, mut to) = client.split();
    let mut echoed = Vec::new();
    let (written, read) = tokio::join!(
        async {
            to.write_all(&megabyte).await?;
            to.shutdown().await
        },
        timeout(BOUND, from.read_to_end(&mut echoed)),
    );
    written.unwrap();
    read.expect("the whole echo").unwrap();
    assert!(echoed == megabyte, "the echo differs");

    drop(client);
    connections_are(&proxy, 0).await;
}

#[tokio::test]
async fn counts_the_living_connections() {
    let proxy = FaultProxy::start(echo().await).await;
    assert_eq!(proxy.connections(), 0);
    let first = connect(&proxy).await;
    let second = connect(&proxy).await;
    connections_are(&proxy, 2).await;
    drop(first);
    connections_are(&proxy, 1).await;
    drop(second);
    connections_are(&proxy, 0).await;
}

#[tokio::test]
async fn a_black_hole_holds_what_a_pass_then_lets_go() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    serves(&mut client).await;

    proxy.black_hole();
    send(&mut client, b"one").await;
    receives_nothing(&mut client).await;
    send(&mut client, b"two").await;
    receives_nothing(&mut client).await;
    assert_eq!(proxy.connections(), 1);

    proxy.pass();
    receives(&mut client, b"onetwo").await;
    serves(&mut client).await;
}

#[tokio::test]
async fn a_black_hole_accepts_new_connections_of_which_the_server_hears_later() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(upstream.local_addr().unwrap()).await;
    proxy.black_hole();
    let mut client = connect(&proxy).await;
    send(&mut client, b"hello").await;
    connections_are(&proxy, 1).await;
    assert!(timeout(A_MOMENT, upstream.accept()).await.is_err());

    proxy.pass();
    let (mut server, _) = timeout(BOUND, upstream.accept())
        .await
        .expect("a connection")
        .unwrap();
    receives(&mut server, b"hello").await;
}

#[tokio::test]
async fn a_black_hole_keeps_each_sides_end_from_the_other() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(upstream.local_addr().unwrap()).await;
    let mut widow = connect(&proxy).await;
    let (dying, _) = timeout(BOUND, upstream.accept())
        .await
        .expect("a connection")
        .unwrap();
    let leaving = connect(&proxy).await;
    let (mut left, _) = timeout(BOUND, upstream.accept())
        .await
        .expect("a connection")
        .unwrap();

    proxy.black_hole();
    drop(dying);
    drop(leaving);
    connections_are(&proxy, 1).await;
    receives_nothing(&mut widow).await;
    receives_nothing(&mut left).await;

    proxy.pass();
    is_closed(&mut widow).await;
    is_closed(&mut left).await;
}

#[tokio::test]
async fn forgotten_connections_stay_in_the_hole_and_new_ones_pass() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut old = connect(&proxy).await;
    serves(&mut old).await;
    proxy.black_hole();
    let mut hanging = connect(&proxy).await;
    connections_are(&proxy, 2).await;
    send(&mut old, b"lost").await;

    proxy.forget_connections();
    serves(&mut connect(&proxy).await).await;
    send(&mut hanging, b"lost").await;
    proxy.pass();
    receives_nothing(&mut old).await;
    receives_nothing(&mut hanging).await;

    drop(old);
    drop(hanging);
    connections_are(&proxy, 0).await;
}

#[tokio::test]
async fn a_cut_closes_everything_until_a_pass() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut served = connect(&proxy).await;
    serves(&mut served).await;
    proxy.black_hole();
    let mut held = connect(&proxy).await;
    connections_are(&proxy, 2).await;
    proxy.forget_connections();
    let mut newest = connect(&proxy).await;
    serves(&mut newest).await;

    proxy.cut();
    for client in [&mut served, &mut held, &mut newest] {
        is_closed(client).await;
    }
    connections_are(&proxy, 0).await;
    is_closed(&mut connect(&proxy).await).await;

    proxy.pass();
    serves(&mut connect(&proxy).await).await;
}

#[tokio::test]
async fn a_cut_that_is_over_at_once_has_cut_all_the_same() {
    let proxy = FaultProxy::start(echo().await).await;
    for _ in 0..20 {
        let mut client = connect(&proxy).await;
        serves(&mut client).await;
        proxy.cut();
        proxy.pass();
        is_closed(&mut client).await;
    }
}

#[tokio::test]
async fn a_delay_holds_back_and_keeps_the_order() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    serves(&mut client).await;

    proxy.delay(AN_HOUR);
    send(&mut client, b"1").await;
    receives_nothing(&mut client).await;
    send(&mut client, b"2").await;
    receives_nothing(&mut client).await;

    // Both have waited longer than this.
    proxy.delay(Duration::from_millis(1));
    send(&mut client, b"3").await;
    receives(&mut client, b"123").await;

    for number in 0..200_u8 {
        send(&mut client, &[number]).await;
    }
    let sent: Vec<u8> = (0..200).collect();
    receives(&mut client, &sent).await;
}

#[tokio::test]
async fn a_client_whose_server_refuses_is_closed() {
    // Bound but not listening: refuses, and no other test gets the port meanwhile.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let proxy = FaultProxy::start(nobody.local_addr().unwrap()).await;
    is_closed(&mut connect(&proxy).await).await;
    connections_are(&proxy, 0).await;
}

#[tokio::test]
async fn a_dropped_proxy_leaves_neither_connections_nor_its_port() {
    let proxy = FaultProxy::start(echo().await).await;
    let addr = proxy.addr();
    let mut served = connect(&proxy).await;
    serves(&mut served).await;
    proxy.black_hole();
    let mut held = connect(&proxy).await;
    connections_are(&proxy, 2).await;

    drop(proxy);
    is_closed(&mut served).await;
    is_closed(&mut held).await;
    let refused = TcpStream::connect(addr).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test(start_paused = true)]
async fn serves_a_test_whose_clock_is_paused() {
    let proxy = FaultProxy::start(echo().await).await;
    proxy.delay(Duration::from_millis(1));
    let mut client = connect(&proxy).await;
    send(&mut client, b"ping").await;
    let mut bytes = [0; 4];
    client.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"ping");
}

#[tokio::test]
async fn a_frame_is_lost_wholly_whichever_way_it_went() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    for direction in [Direction::ToServer, Direction::ToClient] {
        let dropped = proxy.dropped();
        proxy.drop_nth(direction, 2);
        proxy.drop_nth(direction, 4);
        // In pieces that have nothing to do with frames.
        let big = format!("$40000\r\n{}\r\n", "x".repeat(40_000));
        let frames = [
            "*1\r\n$1\r\na\r\n",
            &big,
            "+b\r\n",
            ">1\r\n+c\r\n",
            ":1\r\n",
        ];
        for piece in frames.concat().as_bytes().chunks(7000) {
            send(&mut client, piece).await;
        }
        receives(&mut client, b"*1\r\n$1\r\na\r\n+b\r\n:1\r\n").await;
        assert_eq!(proxy.dropped(), dropped + 2);
    }
}

#[tokio::test]
async fn a_frame_that_has_begun_to_go_out_is_not_the_next() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    send(&mut client, b"+half").await;
    receives(&mut client, b"+half").await;
    proxy.drop_nth(Direction::ToServer, 1);
    send(&mut client, b" and half\r\n+next\r\n+after\r\n").await;
    receives(&mut client, b" and half\r\n+after\r\n").await;
}

#[tokio::test]
async fn frames_of_all_connections_count_together() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut one = connect(&proxy).await;
    let mut other = connect(&proxy).await;
    proxy.drop_nth(Direction::ToServer, 2);
    send(&mut one, b"+1\r\n").await;
    receives(&mut one, b"+1\r\n").await;
    send(&mut other, b"+2\r\n").await;
    eventually("a frame is dropped", BOUND, async || proxy.dropped() == 1).await;
    send(&mut other, b"+3\r\n").await;
    receives(&mut other, b"+3\r\n").await;
}

#[tokio::test]
async fn a_frame_dropped_out_of_a_black_hole_is_the_first_that_was_held() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    proxy.black_hole();
    send(&mut client, b"+1\r\n+2\r\n").await;
    receives_nothing(&mut client).await;
    proxy.drop_nth(Direction::ToServer, 1);
    proxy.delay(Duration::from_millis(1));
    receives(&mut client, b"+2\r\n").await;
}

#[tokio::test]
async fn a_cut_to_come_lets_frames_through_and_then_closes_all() {
    let proxy = FaultProxy::start(echo().await).await;
    for _ in 0..10 {
        let mut client = connect(&proxy).await;
        let mut other = connect(&proxy).await;
        connections_are(&proxy, 2).await;
        proxy.cut_after(Direction::ToClient, 1);
        send(&mut client, b"+1\r\n").await;
        receives(&mut client, b"+1\r\n").await;
        send(&mut client, b"+2\r\n").await;
        is_closed(&mut client).await;
        is_closed(&mut other).await;
        is_closed(&mut connect(&proxy).await).await;

        proxy.pass();
        connections_are(&proxy, 0).await;
        let mut after = connect(&proxy).await;
        serves(&mut after).await;
        drop(after);
        connections_are(&proxy, 0).await;
    }
}

#[tokio::test]
async fn a_pass_takes_back_what_was_ordered() {
    let proxy = FaultProxy::start(echo().await).await;
    let mut client = connect(&proxy).await;
    proxy.drop_nth(Direction::ToClient, 1);
    proxy.cut_after(Direction::ToServer, 0);
    proxy.pass();
    send(&mut client, b"+1\r\n").await;
    receives(&mut client, b"+1\r\n").await;
    assert_eq!(proxy.dropped(), 0);
}
