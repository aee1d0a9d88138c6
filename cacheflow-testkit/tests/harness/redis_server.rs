use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cacheflow_testkit::{Direction, FaultProxy, RedisServer, Reply, eventually};
use rustix::process::{Pid, test_kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(30);
const A_MOMENT: Duration = Duration::from_millis(100);

fn pong() -> Reply {
    Reply::Simple("PONG".to_owned())
}

fn ok() -> Reply {
    Reply::Simple("OK".to_owned())
}

fn exists(pid: u32) -> bool {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    test_kill_process(pid).is_ok()
}

async fn refuses(addr: SocketAddr) -> bool {
    let connected = TcpStream::connect(addr).await;
    connected.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

async fn folder(server: &RedisServer) -> PathBuf {
    let reply = server.command(&["CONFIG", "GET", "dir"]).await.unwrap();
    let Reply::Array(pair) = reply else {
        panic!("CONFIG GET answered {reply:?}")
    };
    PathBuf::from(pair[1].text().unwrap())
}

#[tokio::test]
async fn answers_at_its_address_and_keeps_nothing_on_disk() {
    let server = RedisServer::start().await;
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
    assert_eq!(server.command(&["PING"]).await.unwrap(), pong());
    for setting in ["save", "appendonly"] {
        let reply = server.command(&["CONFIG", "GET", setting]).await.unwrap();
        let expected = if setting == "save" { "" } else { "no" };
        assert_eq!(
            reply,
            Reply::Array(vec![Reply::bulk(setting), Reply::bulk(expected)])
        );
    }
    assert!(
        server.log().contains("Ready to accept connections"),
        "{}",
        server.log()
    );
}

#[tokio::test]
async fn commands_carry_any_bytes_and_show_every_kind_of_reply() {
    let server = RedisServer::start().await;
    let key = b"a\r\n\xff".as_slice();
    assert_eq!(
        server
            .command(&[b"SET".as_slice(), key, b"\x00"])
            .await
            .unwrap(),
        ok()
    );
    assert_eq!(
        server.command(&[b"GET".as_slice(), key]).await.unwrap(),
        Reply::bulk(b"\x00")
    );
    assert_eq!(
        server.command(&["GET", "nothing"]).await.unwrap(),
        Reply::Bulk(None)
    );
    assert_eq!(
        server.command(&["DBSIZE"]).await.unwrap(),
        Reply::Integer(1)
    );
    let refusal = server.command(&["NOSUCH"]).await.unwrap();
    assert!(
        matches!(&refusal, Reply::Error(text) if text.starts_with("ERR")),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn keys_are_all_and_sorted_and_can_be_flushed() {
    let server = RedisServer::start().await;
    let mut words = vec!["MSET".to_owned()];
    let expected: Vec<String> = (0..2500).map(|i| format!("key:{i:04}")).collect();
    words.extend(
        expected
            .iter()
            .rev()
            .flat_map(|key| [key.clone(), "x".to_owned()]),
    );
    assert_eq!(server.command(&words).await.unwrap(), ok());
    assert_eq!(server.keys().await, expected);

    server.flush_all().await;
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_password_is_demanded_of_others_and_given_by_the_harness() {
    let server = RedisServer::builder().password("a b/c").start().await;
    assert_eq!(
        server.url(),
        format!("redis://:a%20b%2Fc@127.0.0.1:{}", server.port())
    );
    assert_eq!(server.command(&["PING"]).await.unwrap(), pong());

    let mut stranger = TcpStream::connect(server.addr()).await.unwrap();
    stranger.write_all(b"PING\r\n").await.unwrap();
    let mut answer = [0; 7];
    stranger.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"-NOAUTH");

    server.restart().await;
    assert_eq!(server.command(&["PING"]).await.unwrap(), pong());
}

#[tokio::test]
async fn options_reach_the_server() {
    let server = RedisServer::builder()
        .arg("--maxmemory", "8mb")
        .arg("--maxmemory-policy", "allkeys-lru")
        .start()
        .await;
    let reply = server
        .command(&["CONFIG", "GET", "maxmemory"])
        .await
        .unwrap();
    assert_eq!(
        reply,
        Reply::Array(vec![Reply::bulk("maxmemory"), Reply::bulk("8388608")])
    );
}

#[tokio::test]
#[should_panic(expected = "no-such-option")]
async fn a_server_that_cannot_start_shows_its_log() {
    RedisServer::builder()
        .arg("--no-such-option", "1")
        .start()
        .await;
}

#[tokio::test]
async fn servers_started_side_by_side_have_ports_of_their_own() {
    let mut servers = Vec::new();
    for _ in 0..3 {
        let mut starting = JoinSet::new();
        for _ in 0..8 {
            starting.spawn(RedisServer::start());
        }
        servers.extend(starting.join_all().await);
    }
    let ports: HashSet<u16> = servers.iter().map(RedisServer::port).collect();
    assert_eq!(ports.len(), servers.len());
    for server in &servers {
        let info = server
            .command(&["INFO", "server"])
            .await
            .unwrap()
            .text()
            .unwrap();
        assert!(
            info.contains(&format!("process_id:{}\r\n", server.pid())),
            "{info}"
        );
    }
}

#[tokio::test]
async fn a_dropped_server_is_gone_with_its_folder_even_if_paused() {
    for paused in [false, true] {
        let server = RedisServer::start().await;
        let (pid, addr, folder) = (server.pid(), server.addr(), folder(&server).await);
        assert!(exists(pid) && folder.is_dir());
        if paused {
            server.pause();
        }
        drop(server);
        assert!(!exists(pid));
        assert!(!folder.exists());
        assert!(refuses(addr).await);
    }
}

#[tokio::test]
async fn a_killed_server_refuses_and_a_restarted_one_is_there_again_and_empty() {
    let server = RedisServer::start().await;
    let (port, pid) = (server.port(), server.pid());
    server.command(&["SET", "x", "1"]).await.unwrap();

    server.kill();
    assert!(!server.is_running());
    assert!(!exists(pid));
    assert!(refuses(server.addr()).await);
    server.kill(); // Does nothing.

    server.restart().await;
    assert!(server.is_running());
    assert_eq!(server.port(), port);
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_living_or_paused_server_restarts_on_its_port() {
    let server = RedisServer::start().await;
    let port = server.port();
    for paused in [false, true] {
        let before = server.pid();
        if paused {
            server.pause();
        }
        server.restart().await;
        assert_ne!(server.pid(), before);
        assert!(!exists(before));
        assert_eq!(server.port(), port);
        assert_eq!(server.command(&["PING"]).await.unwrap(), pong());
    }
}

#[tokio::test]
async fn a_paused_server_hangs_and_a_resumed_one_answers() {
    let server = RedisServer::start().await;
    // Several times, for a pause that only takes effect later is one that sometimes
    // answers.
    for _ in 0..10 {
        server.pause();
        assert!(server.is_running());
        let ping = server.command(&["PING"]);
        tokio::pin!(ping);
        let early = timeout(A_MOMENT, &mut ping).await;
        assert!(early.is_err(), "a paused server answered {early:?}");

        server.resume();
        let late = timeout(BOUND, ping).await.expect("the answer, late");
        assert_eq!(late.unwrap(), pong());
    }
}

#[tokio::test]
async fn a_server_that_ended_by_itself_is_not_running_and_can_be_restarted() {
    let server = RedisServer::start().await;
    // It closes the connection instead of an answer.
    server.command(&["SHUTDOWN", "NOSAVE"]).await.unwrap_err();
    eventually("the server has ended", BOUND, async || !server.is_running()).await;
    server.restart().await;
    assert_eq!(server.command(&["PING"]).await.unwrap(), pong());
}

#[tokio::test]
async fn an_unrelated_listener_on_the_port_is_not_taken_for_the_server() {
    let server = Arc::new(RedisServer::start().await);
    server.kill();
    // A stranger that even answers PING: another Redis, at the harness's port.
    let stranger = RedisServer::start().await;
    let squatter = tokio::net::TcpListener::bind(server.addr()).await.unwrap();
    let restarting = tokio::spawn({
        let server = Arc::clone(&server);
        async move { server.restart().await }
    });
    for _ in 0..3 {
        let (mut probe, _) = timeout(BOUND, squatter.accept())
            .await
            .expect("a look")
            .unwrap();
        let mut real = TcpStream::connect(stranger.addr()).await.unwrap();
        tokio::spawn(async move {
            let _ = tokio::io::copy_bidirectional(&mut probe, &mut real).await;
        });
    }
    assert!(!restarting.is_finished());
    drop(squatter);
    timeout(BOUND, restarting)
        .await
        .expect("the port is free again")
        .unwrap();
    let info = server
        .command(&["INFO", "server"])
        .await
        .unwrap()
        .text()
        .unwrap();
    assert!(
        info.contains(&format!("process_id:{}\r\n", server.pid())),
        "{info}"
    );
}

#[tokio::test]
async fn is_reached_through_a_fault_proxy_also_by_a_client_that_blocks() {
    let server = RedisServer::builder().password("sesame").start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    assert_eq!(
        server.url_via(proxy.addr()),
        format!("redis://:sesame@{}", proxy.addr())
    );

    // This thread is the test's whole runtime, so the proxy must not need it.
    let mut client = std::net::TcpStream::connect(proxy.addr()).unwrap();
    client.set_read_timeout(Some(BOUND)).unwrap();
    client.write_all(b"AUTH sesame\r\nPING\r\n").unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+OK\r\n+PONG\r\n");

    server.kill();
    let ended = client.read(&mut answer);
    let timed_out = matches!(&ended, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    assert!(matches!(ended, Ok(0) | Err(_)) && !timed_out, "{ended:?}");
}

#[tokio::test]
async fn a_published_message_and_a_reply_get_lost_on_their_way() {
    let server = RedisServer::start().await;
    let proxy = FaultProxy::start(server.addr()).await;
    let mut ear = BufReader::new(std::net::TcpStream::connect(proxy.addr()).unwrap());
    ear.get_ref().set_read_timeout(Some(BOUND)).unwrap();
    ear.get_ref().write_all(b"SUBSCRIBE news\r\n").unwrap();
    let mut lines = ear.by_ref().lines().map(Result::unwrap);
    assert_eq!(lines.nth(5).unwrap(), ":1");

    proxy.drop_nth(Direction::ToClient, 2);
    for message in ["one", "two", "three"] {
        server.command(&["PUBLISH", "news", message]).await.unwrap();
    }
    assert_eq!(lines.nth(6).unwrap(), "one");
    assert_eq!(lines.nth(6).unwrap(), "three");

    // Carried out, and nobody knows.
    proxy.cut_after(Direction::ToClient, 0);
    let mut client = std::net::TcpStream::connect(proxy.addr()).unwrap();
    client.set_read_timeout(Some(BOUND)).unwrap();
    client.write_all(b"SET x 1\r\n").unwrap();
    let ended = client.read(&mut [0]);
    let timed_out = matches!(&ended, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    assert!(matches!(ended, Ok(0) | Err(_)) && !timed_out, "{ended:?}");
    assert_eq!(server.keys().await, ["x"]);
}

#[tokio::test]
async fn can_be_waited_on_from_a_spawned_task() {
    let server = Arc::new(RedisServer::start().await);
    let waiting = tokio::spawn({
        let server = Arc::clone(&server);
        async move {
            eventually("somebody sets x", BOUND, async move || {
                server.keys().await == ["x"]
            })
            .await;
        }
    });
    server.command(&["SET", "x", "1"]).await.unwrap();
    waiting.await.unwrap();
}

/// Plays both parts: the test process that is killed, when the environment says so,
/// and the one that looks whether its server dies too.
#[tokio::test]
async fn a_server_does_not_outlive_a_test_process_that_is_killed() {
    const VICTIM: &str = "CACHEFLOW_TESTKIT_VICTIM";
    const NEWS: &str = "victim's server: ";
    if std::env::var_os(VICTIM).is_some() {
        let server = RedisServer::start().await;
        // Paused, so that it is certain not to leave by itself.
        let folder = folder(&server).await;
        server.pause();
        println!("\n{NEWS}{} {}", server.addr(), folder.display());
        return std::future::pending().await;
    }

    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("redis_server::a_server_does_not_outlive_a_test_process_that_is_killed")
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let news = lines.find_map(|line| line.strip_prefix(NEWS).map(str::to_owned));
    let news = news.expect("the victim to start its server");
    let (addr, folder) = news.split_once(' ').unwrap();
    let addr: SocketAddr = addr.parse().unwrap();
    assert!(!refuses(addr).await);

    victim.kill().unwrap();
    victim.wait().unwrap();
    eventually("the server has gone with its folder", BOUND, async || {
        refuses(addr).await && !Path::new(folder).exists()
    })
    .await;
}
