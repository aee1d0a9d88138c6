//! An address that leads to one server, then to another.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Connections stay with the server that they were made to.
pub(crate) struct Switch {
    pub(crate) addr: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
    serving: JoinHandle<()>,
}

impl Switch {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let target = Arc::new(Mutex::new(server));
        let serving = tokio::spawn(serve(listener, Arc::clone(&target)));
        Self {
            addr,
            target,
            serving,
        }
    }

    pub(crate) fn lead_to(&self, server: SocketAddr) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, target: Arc<Mutex<SocketAddr>>) {
    while let Ok((client, _)) = listener.accept().await {
        let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(async move {
            // Whoever finds nobody there is hung up on.
            let _ = join(client, target).await;
        });
    }
}

async fn join(mut client: TcpStream, target: SocketAddr) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
