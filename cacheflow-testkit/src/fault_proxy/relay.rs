//! Moving the bytes, as [`Faults`] decides.
//!
//! Each direction is a reader and a writer with a queue between. The reader reads
//! on under every fault, so that a client can send and close; the writer lets
//! nothing out before it is released. An end of stream takes its turn in the queue
//! like bytes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Direction;
use super::decide::{Faults, Release, Verdict};
use super::frames::Frames;

const CHUNK_BYTES: usize = 16 * 1024;
/// Times [`CHUNK_BYTES`]: at most 16 MiB are held for each direction of a
/// connection.
const CHUNKS_HELD: usize = 1024;

/// Serves until stopped; returning drops the listener, and the runtime's end then
/// drops all connections.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    upstream: SocketAddr,
    faults: Arc<watch::Sender<Faults>>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener that does not block");
    let mut news = faults.subscribe();
    tokio::select! {
        () = accept(listener, upstream, &faults) => {}
        () = until(&mut news, Faults::is_stopped) => {}
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, faults: &Arc<watch::Sender<Faults>>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of file descriptors, most likely; do not spin until some are back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if let Some(present) = Present::admit(faults) {
            tokio::spawn(relay(client, upstream, present));
        }
    }
}

/// `wait_for` answers with the lock held, and `select!` would keep that answer while
/// it drops the other branch, whose [`Present`] needs the lock: so let go in here.
async fn until(news: &mut watch::Receiver<Faults>, holds: impl Fn(&Faults) -> bool) {
    let _ = news.wait_for(holds).await;
}

async fn relay(client: TcpStream, upstream: SocketAddr, present: Present) {
    let gate = present.gate();
    let mut news = gate.news.clone();
    let connection = gate.connection;
    // Either way everything else is dropped, and with it both sockets.
    tokio::select! {
        _ = carry(client, upstream, gate, present) => {}
        () = until(&mut news, |faults| faults.is_cut(connection)) => {}
    }
}

async fn carry(
    client: TcpStream,
    upstream: SocketAddr,
    gate: Gate,
    present: Present,
) -> io::Result<()> {
    let accepted = Instant::now();
    client.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (requests, requests_held) = mpsc::channel(CHUNKS_HELD);
    let mut connect_gate = gate.clone();

    let client_side = async {
        take_in(from_client, requests).await;
        drop(present);
        Ok(())
    };
    let server_side = async {
        connect_gate.released(accepted).await;
        let server = TcpStream::connect(upstream).await?;
        server.set_nodelay(true)?;
        let (from_server, to_server) = server.into_split();
        let (replies, replies_held) = mpsc::channel(CHUNKS_HELD);
        let server_reads = async {
            take_in(from_server, replies).await;
            Ok(())
        };
        tokio::try_join!(
            server_reads,
            let_out(requests_held, to_server, gate.clone(), Direction::ToServer),
            let_out(replies_held, to_client, gate, Direction::ToClient),
        )
    };
    // A failed write ends all: the other direction has lost its purpose too.
    tokio::try_join!(client_side, server_side).map(drop)
}

struct Chunk {
    arrived: Instant,
    /// Empty at the end of the stream.
    bytes: Vec<u8>,
}

/// Reads until the end. A reset is an end too: what the other side learns of it
/// must pass the gate like everything else.
async fn take_in(mut from: OwnedReadHalf, into: mpsc::Sender<Chunk>) {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let count = from.read(&mut buffer).await.unwrap_or(0);
        let chunk = Chunk {
            arrived: Instant::now(),
            bytes: buffer[..count].to_vec(),
        };
        if into.send(chunk).await.is_err() || count == 0 {
            return;
        }
    }
}

async fn let_out(
    mut held: mpsc::Receiver<Chunk>,
    mut to: OwnedWriteHalf,
    mut gate: Gate,
    direction: Direction,
) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut verdict = Verdict::Pass;
    while let Some(chunk) = held.recv().await {
        gate.released(chunk.arrived).await;
        if chunk.bytes.is_empty() {
            return to.shutdown().await;
        }
        let mut rest = chunk.bytes.as_slice();
        let mut passing = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            if frames.is_between() {
                verdict = gate.begin(direction);
            }
            if verdict == Verdict::Cut {
                break;
            }
            let (frame, others) = rest.split_at(frames.advance(rest));
            if verdict == Verdict::Pass {
                passing.extend_from_slice(frame);
            }
            rest = others;
        }
        to.write_all(&passing).await?;
        if verdict == Verdict::Cut {
            // The cut drops all this; it must not be taken for an end before.
            return std::future::pending().await;
        }
    }
    Ok(())
}

/// One connection's view of the faults.
#[derive(Clone)]
struct Gate {
    connection: u64,
    news: watch::Receiver<Faults>,
    faults: Arc<watch::Sender<Faults>>,
}

impl Gate {
    fn begin(&self, direction: Direction) -> Verdict {
        let mut verdict = Verdict::Pass;
        self.faults.send_if_modified(|faults| {
            verdict = faults.begin(self.connection, direction);
            // Of the others only a cut is news to the rest of the proxy.
            verdict == Verdict::Cut
        });
        verdict
    }

    /// Waits until what arrived then may go on, through any number of switches.
    async fn released(&mut self, arrived: Instant) {
        loop {
            let release = self
                .news
                .borrow_and_update()
                .release(self.connection, arrived);
            match release {
                Release::At(due) if due <= Instant::now() => return,
                Release::At(due) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(due) => {}
                        _ = self.news.changed() => {}
                    }
                }
                Release::Held => {
                    // The sender cannot be gone: `serve` holds it.
                    let _ = self.news.changed().await;
                }
            }
        }
    }
}

/// A counted connection; leaves the count when dropped.
struct Present {
    connection: u64,
    faults: Arc<watch::Sender<Faults>>,
}

impl Present {
    fn admit(faults: &Arc<watch::Sender<Faults>>) -> Option<Present> {
        let mut admitted = None;
        quietly(faults, |faults| admitted = faults.admit());
        let connection = admitted?;
        Some(Present {
            connection,
            faults: Arc::clone(faults),
        })
    }

    fn gate(&self) -> Gate {
        Gate {
            connection: self.connection,
            news: self.faults.subscribe(),
            faults: Arc::clone(&self.faults),
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        quietly(&self.faults, Faults::leave);
    }
}

/// Comings and goings are nothing the gates need to wake for.
fn quietly(faults: &watch::Sender<Faults>, change: impl FnOnce(&mut Faults)) {
    faults.send_if_modified(|faults| {
        change(faults);
        false
    });
}
