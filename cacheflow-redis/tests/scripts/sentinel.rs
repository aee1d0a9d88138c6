//! Sentinels: the primary is wherever they say.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cacheflow::ErrorKind;
use cacheflow::event::{Change, Forgotten};
use cacheflow::{Backend, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bus::Ear;
use crate::raw::{key, namespace};

const BOUND: Duration = Duration::from_secs(60);

/// A Sentinel that watches one primary; ended when it is dropped.
struct Sentinel {
    process: Child,
    port: u16,
    folder: std::path::PathBuf,
}

impl Sentinel {
    fn of(primary: &RedisServer) -> Self {
        // A port that nobody has at this moment.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = std::env::temp_dir().join(format!("cacheflow-sentinel-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("sentinel.conf");
        let settings = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor shop 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds shop 500\nsentinel failover-timeout shop 3000\n\
             sentinel auth-pass shop sesame\n",
            folder.display(),
            primary.port()
        );
        std::fs::write(&config, settings).unwrap();
        let program = std::env::var("TESTKIT_REDIS_SERVER");
        let process = Command::new(program.as_deref().unwrap_or("redis-server"))
            .arg(&config)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            port,
            folder,
        }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn after_a_failover_the_journal_goes_on_at_the_new_primary() {
    let primary = RedisServer::builder()
        .password("sesame")
        .arg("--masterauth", "sesame")
        .start()
        .await;
    let replica = RedisServer::builder()
        .password("sesame")
        .arg("--masterauth", "sesame")
        .arg("--replicaof", format!("127.0.0.1 {}", primary.port()))
        .start()
        .await;
    let sentinel = Sentinel::of(&primary);
    // The first is not there, and a stranger to the second's primary.
    let urls = [
        "redis://127.0.0.1:1".to_owned(),
        format!("redis://127.0.0.1:{}", sentinel.port),
    ];
    let backend = RedisBackend::sentinel(&urls, "shop")
        .unwrap()
        .password("sesame");
    let name = format!("{backend:?}");
    assert!(name.contains("shop") && !name.contains("sesame"), "{name}");
    let store = backend.store(&namespace());
    eventually("the store is there", BOUND, async || {
        store.ping().await.is_ok()
    })
    .await;
    let ear = Ear::start(&backend, "one");
    let forget = Change::Forgotten(Forgotten::keys([key("a:1")]));
    let before = store.record(&forget, None).await.unwrap().record.position;
    eventually("the ear is there", BOUND, async || ear.at() == Some(before)).await;
    eventually("the replica has it", BOUND, async || {
        let n = replica.command(&["HGET", "p:journal", "n"]).await.unwrap();
        n.text().as_deref() == Some("1")
    })
    .await;
    // Sentinel learns of replicas from the primary every ten seconds.
    eventually("the sentinel knows the replica", BOUND, async || {
        knows_replica(sentinel.port).await
    })
    .await;

    primary.kill();
    let mut after = None;
    eventually("the store is at the new primary", BOUND, async || {
        after = store.record(&forget, Some(before)).await.ok();
        after.is_some()
    })
    .await;
    let after = after.unwrap().record.position;
    assert_ne!(after.incarnation, before.incarnation);
    assert!(after.number > 1 << 32, "{after:?}");
    eventually("the ear is there too", BOUND, async || {
        ear.at().is_some_and(|at| at == after)
    })
    .await;
}

/// Whether the Sentinel can choose the replica.
async fn knows_replica(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else {
        return false;
    };
    if stream
        .write_all(b"SENTINEL replicas shop\r\n")
        .await
        .is_err()
    {
        return false;
    }
    let mut answer = Vec::new();
    let patience = Duration::from_millis(100);
    while let Ok(Ok(1..)) = timeout(patience, stream.read_buf(&mut answer)).await {}
    String::from_utf8_lossy(&answer).contains("slave-repl-offset")
}

#[tokio::test]
async fn without_a_sentinel_the_error_names_them() {
    let urls = ["redis://u:secret@127.0.0.1:1", "redis://127.0.0.1:2"];
    let backend = RedisBackend::sentinel(urls, "shop").unwrap();
    let store = backend.store(&Namespace::new("p:", "me"));
    let error = store.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("shop of sentinels 127.0.0.1:1, 127.0.0.1:2"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
    let none: [&str; 0] = [];
    for refused in [
        RedisBackend::sentinel(none, "shop"),
        RedisBackend::sentinel(["redis://127.0.0.1:1"], ""),
        RedisBackend::sentinel(["nonsense"], "shop"),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidConfig);
    }
}
