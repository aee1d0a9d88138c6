//! A server of our own: a free port, a temporary folder, gone when dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a server may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How often its log is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How many ports are tried: between finding one free and the server taking it, anybody may.
const PORTS: u32 = 5;
/// What redis-server and valkey-server write to their log once they do.
const READY: &str = "Ready to accept connections";

/// A running server, stopped by its own handle when this is dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
    // After `child` only in the order of fields: `drop` stops the server before the folder goes.
    folder: Folder,
}

impl Server {
    /// Starts `program` on a free port of the loopback interface, without persistence, and returns
    /// once it accepts connections.
    ///
    /// # Errors
    ///
    /// With the server's log, if it ends or is not ready within ten seconds.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        for _ in 1..PORTS {
            if let Ok(server) = Self::start_once(program) {
                return Ok(server);
            }
        }
        Self::start_once(program)
    }

    fn start_once(program: &Path) -> Result<Self> {
        let folder = Folder::new()?;
        let port = free_port()?;
        let log = File::create(folder.log())?;
        let child = Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .arg("--dir")
            .arg(&folder.path)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut server = Self {
            child,
            port,
            folder,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Reads the server's own log rather than connecting: another server that took the port just
    /// before would answer too.
    fn wait_until_ready(&mut self) -> Result<()> {
        let limit = Instant::now() + START_LIMIT;
        loop {
            // The end is asked for before the log is read, so that the log is whole if it ended.
            let ended = self.child.try_wait()?;
            let log = fs::read_to_string(self.folder.log())?;
            if let Some(status) = ended {
                bail!("the redis-server ended at once ({status}):\n{log}");
            }
            if log.contains(READY) {
                return Ok(());
            }
            if Instant::now() > limit {
                bail!("the redis-server is not ready after {START_LIMIT:?}:\n{log}");
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Where it listens, as clients want it: `redis://127.0.0.1:…`.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A temporary folder, removed when dropped.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cacheflow-xtask-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // A process of the same number that was killed may have left its folder.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path })
    }

    fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is a log of a few lines in a temporary place.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_at_once_is_reported_with_what_it_wrote() {
        let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap());
        let Err(error) = Server::start_once(&cargo) else {
            panic!("cargo is no redis-server");
        };
        let error = error.to_string();
        assert!(error.contains("ended at once"), "{error}");
        assert!(error.contains("--port"), "{error}");
    }

    #[test]
    fn the_folder_goes_with_its_owner() {
        let folder = Folder::new().unwrap();
        let path = folder.path.clone();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
