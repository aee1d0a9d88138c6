//! A TCP proxy before a server, whose faults a test switches on and off.
//!
//! Killing a server shows the kindest failure there is: the kernel says at once
//! that nobody is there. Networks fail worse. They swallow what is sent and say
//! nothing, they lag, they forget connections that both ends believe in.
//!
//! ```text
//! code under test ──▶ FaultProxy::addr() ──[ fault ]──▶ upstream (a RedisServer)
//!                 ◀──                    ──[ fault ]──◀
//! ```
//!
//! | fault | living connections | new connections |
//! |---|---|---|
//! | [`pass`](FaultProxy::pass) | bytes flow; whatever was held flows first | reach the server |
//! | [`black_hole`](FaultProxy::black_hole) | stay open; bytes are taken and held | are accepted and hang |
//! | [`forget_connections`](FaultProxy::forget_connections) | stay open; nothing ever flows again | reach the server |
//! | [`cut`](FaultProxy::cut) | are closed | are accepted and closed at once |
//! | [`delay`](FaultProxy::delay) | bytes flow, each chunk that much later | likewise |
//!
//! One fault is on at a time; each call replaces the one before. What is held is
//! bounded (see [`black_hole`](FaultProxy::black_hole)).
//!
//! So far the proxy moves bytes and asks nothing of their meaning: it keeps no
//! boundaries, and it does not lose, reorder or corrupt single bytes, for TCP
//! would not either.
//!
//! # Single messages
//!
//! Two more faults strike a message of Redis' protocol each, a request, a reply or
//! a push, wholly and once, while whatever else is on stays on:
//!
//! | fault | the frame | its connection |
//! |---|---|---|
//! | [`drop_nth`](FaultProxy::drop_nth) | is lost | goes on |
//! | [`cut_after`](FaultProxy::cut_after) | is lost | is closed, with all others |
//!
//! A server that publishes at most once loses pushes; a command whose reply is
//! lost with its connection has been carried out, or has not.

mod decide;
mod frames;
mod relay;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::watch;

use decide::{Fault, Faults};

/// Which way a message goes through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Requests.
    ToServer,
    /// Replies and pushes.
    ToClient,
}

/// A running proxy; dropping it closes its port and all its connections.
///
/// It runs on a thread and a tokio runtime of its own. So it goes on when the
/// test blocks its thread, when the test's clock is paused, and it may be shared
/// between tests that each have a runtime.
///
/// A switch has happened when its call returns: no byte that is sent to the proxy
/// after that is treated by the former fault. Bytes sent *before* may be on their
/// way already.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use cacheflow_testkit::{FaultProxy, eventually};
/// use std::time::Duration;
/// use tokio::net::{TcpListener, TcpStream};
///
/// let upstream = TcpListener::bind("127.0.0.1:0").await?;
/// let proxy = FaultProxy::start(upstream.local_addr()?).await;
///
/// proxy.black_hole();
/// let hanging = TcpStream::connect(proxy.addr()).await?;
/// eventually("the connection is counted", Duration::from_secs(10), async || {
///     proxy.connections() == 1
/// })
/// .await;
///
/// proxy.pass();
/// let (_served, _) = upstream.accept().await?;
/// # drop(hanging);
/// # Ok(())
/// # }
/// ```
pub struct FaultProxy {
    addr: SocketAddr,
    upstream: SocketAddr,
    faults: Arc<watch::Sender<Faults>>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts a proxy on a free port of 127.0.0.1, passing everything on.
    ///
    /// `upstream` need not be there: the proxy connects anew for each client, and
    /// closes a client whose server refuses.
    ///
    /// # Panics
    ///
    /// When the system gives no port or no thread.
    pub async fn start(upstream: SocketAddr) -> FaultProxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for the proxy");
        listener
            .set_nonblocking(true)
            .expect("a listener that does not block");
        let addr = listener.local_addr().expect("the proxy's own address");

        let faults = Arc::new(watch::Sender::new(Faults::default()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for the proxy");
        let served = Arc::clone(&faults);
        let thread = thread::Builder::new()
            .name("fault-proxy".to_owned())
            .spawn(move || runtime.block_on(relay::serve(listener, upstream, served)))
            .expect("a thread for the proxy");

        FaultProxy {
            addr,
            upstream,
            faults,
            thread: Some(thread),
        }
    }

    /// Where clients connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `redis://127.0.0.1:PORT`, for clients of a Redis behind the proxy.
    ///
    /// The proxy knows no password; for a server with one take
    /// `RedisServer::url_via(proxy.addr())`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Lets everything through: the state after the start.
    ///
    /// Held bytes flow on, in order and before any newer ones, and connections
    /// that hung are made: a network that came back before anybody gave up.
    /// Connections once [forgotten](Self::forget_connections) stay so. Also takes
    /// back what [`drop_nth`](Self::drop_nth) and [`cut_after`](Self::cut_after)
    /// have ordered and not yet had.
    pub fn pass(&self) {
        self.faults.send_modify(Faults::pass);
    }

    /// Takes bytes, forwards nothing, reports nothing.
    ///
    /// Connections stay open and new ones are accepted, but the server hears
    /// nothing of either: not the connecting, not the bytes, not the closing. A
    /// server's closing or dying is kept from its clients in the same way.
    ///
    /// What is held is bounded, at a thousand chunks or so per direction; then the
    /// proxy stops reading and the sockets' buffers fill, as they would before a
    /// real black hole. Two ways lead out: [`pass`](Self::pass) and
    /// [`forget_connections`](Self::forget_connections).
    pub fn black_hole(&self) {
        self.faults
            .send_modify(|faults| faults.switch(Fault::BlackHole));
    }

    /// Lets new connections through and leaves the present ones in the black hole
    /// for ever, as a NAT does that lost its table.
    ///
    /// Ends whatever fault was on. Neither end of a forgotten connection is told;
    /// a client gets rid of it by closing it, the server by the proxy's
    /// [`cut`](Self::cut) or end. Present are the connections that
    /// [`connections`](Self::connections) has counted; a client that connected an
    /// instant ago may count as new, so wait for the count first.
    pub fn forget_connections(&self) {
        self.faults.send_modify(Faults::forget);
    }

    /// Closes all present connections, to both sides, and whatever they held is
    /// lost; new ones are closed as soon as they are accepted.
    ///
    /// The listener stays, so that nobody else gets the port: to a client,
    /// connecting succeeds and the first use fails. For a refused connect, kill
    /// the server and point the client at it directly.
    ///
    /// The closing itself follows within an instant; to see it done, wait for
    /// [`connections`](Self::connections) to be 0. `cut` and then at once
    /// [`pass`](Self::pass) closes them just the same.
    pub fn cut(&self) {
        self.faults.send_modify(Faults::cut);
    }

    /// Forwards each chunk that much after its arrival, in each direction, in
    /// order; connecting to the server and closing are delayed likewise.
    ///
    /// So a request and its answer take at least twice `by`. Chunks that are
    /// waiting already follow the new value, counted from their own arrival.
    pub fn delay(&self, by: Duration) {
        self.faults
            .send_modify(|faults| faults.switch(Fault::Delay(by)));
    }

    /// Loses one frame: the `n`th in that direction, counted from now on and from
    /// 1, so that 1 is the next. Everything else goes on as it would.
    ///
    /// Frames of all connections count together, as they go out of the proxy, what
    /// clients exchange on connecting among them: so let them connect first, or
    /// have one connection. A frame of which a part has gone out already is not
    /// counted. Several may be ordered, each counted from its own call.
    ///
    /// A frame is a whole message of RESP2 or RESP3, however TCP cuts it; of a
    /// connection that speaks something else (replication, say) it is whatever
    /// bytes came in together. A push takes a frame of its own, and so does each
    /// request and each reply of a pipeline.
    ///
    /// # Panics
    ///
    /// When `n` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use cacheflow_testkit::{Direction, FaultProxy, RedisServer};
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// let server = RedisServer::start().await;
    /// let proxy = FaultProxy::start(server.addr()).await;
    /// let mut client = tokio::net::TcpStream::connect(proxy.addr()).await?;
    ///
    /// proxy.drop_nth(Direction::ToClient, 2);
    /// client.write_all(b"ECHO a\r\nECHO b\r\nECHO c\r\n").await?;
    /// let mut replies = [0; 14];
    /// client.read_exact(&mut replies).await?;
    /// assert_eq!(&replies, b"$1\r\na\r\n$1\r\nc\r\n");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub fn drop_nth(&self, direction: Direction, n: usize) {
        assert_ne!(n, 0, "frames are counted from 1");
        self.faults
            .send_modify(|faults| faults.drop_nth(direction, n as u64));
    }

    /// Lets so many more frames through in that direction, and then, instead of
    /// the next, [cuts](Self::cut): `cut_after(Direction::ToClient, 0)` has a
    /// command carried out and loses its reply with the connection.
    ///
    /// Frames are counted as by [`drop_nth`](Self::drop_nth), those that this
    /// drops included. Nothing happens until the frame comes that is too many. A
    /// second call for the same direction replaces the first.
    pub fn cut_after(&self, direction: Direction, frames: usize) {
        self.faults
            .send_modify(|faults| faults.cut_after(direction, frames as u64));
    }

    /// How many frames [`drop_nth`](Self::drop_nth) has dropped so far, in both
    /// directions.
    pub fn dropped(&self) -> usize {
        self.faults.borrow().dropped()
    }

    /// How many proxied connections live, that is: were accepted (and not refused
    /// by [`cut`](Self::cut)) and have not been closed by their client or by the
    /// proxy.
    ///
    /// A client's closing counts under every fault, also where the server is not
    /// told. The number follows events by an instant: wait on it rather than
    /// assert it.
    pub fn connections(&self) -> usize {
        self.faults.borrow().living()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.faults.send_modify(Faults::stop);
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed over there.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy")
            .field("addr", &self.addr)
            .field("upstream", &self.upstream)
            .field("faults", &*self.faults.borrow())
            .finish_non_exhaustive()
    }
}
