//! Another server takes the place of the first, behind the same address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use cacheflow::{Applied, Event};
use cacheflow_testkit::{RedisServer, eventually};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{BOUND, Db, Node, PREFIX, event, impatient, integer, redis};

/// An address that leads to one server, then to another; connections stay with
/// the server that they were made to.
pub(crate) struct Address {
    pub(crate) url: String,
    target: Arc<Mutex<SocketAddr>>,
}

impl Address {
    pub(crate) async fn of(server: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let target = Arc::new(Mutex::new(server.addr()));
        let here = Arc::clone(&target);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = *here.lock().unwrap();
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { url, target }
    }

    pub(crate) fn leads_to(&self, server: &RedisServer) {
        *self.target.lock().unwrap() = server.addr();
    }
}

/// A demoted primary answers all that is read and refuses all that is changed.
#[tokio::test]
async fn a_primary_that_became_a_replica_is_left_for_its_successor() {
    let (old, new) = (RedisServer::start().await, RedisServer::start().await);
    let (address, db) = (Address::of(&old).await, Db::at(1));
    let node = Node::ready_as(impatient(&address.url)).await;
    node.get(7, &db).await;
    address.leads_to(&new);
    // Connected to nobody: it keeps what it has.
    redis(&old, &["REPLICAOF", "127.0.0.1", "1"]).await;
    db.set(2);
    let mut events = node.flow.events();
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
    assert_eq!(node.get(7, &db).await, 2);
    eventually("the successor was told", BOUND, async || {
        node.flow.health().waiting_invalidations == 0
    })
    .await;
    let name = format!("{PREFIX}journal:records");
    assert_eq!(integer(&new, &["XLEN", &name]).await, 1);
    event(&mut events, |event| *event == Event::Gap).await;
    assert_eq!(node.get(7, &db).await, 2);
}
