//! One `redis-server` process and the `sh` that outlives its owner.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// Reads the server's process id, then waits for the pipe to end. The pipe's
/// other end closes when the test process does, however it ends. The signals
/// that end a test from the keyboard must not end this first.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
if read -r pid; then
    read -r _
    kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

const LOG: &str = "server.log";

/// A process, killed and reaped when dropped.
pub(super) struct Process {
    server: Child,
    /// Present as long as the server has not been seen to end: the `sh` must never
    /// be left with the number of a process that is no more.
    watchdog: Option<Child>,
}

impl Process {
    pub(super) fn spawn(
        program: &Path,
        folder: &Path,
        port: u16,
        config: Option<&Path>,
        options: &[&str],
    ) -> io::Result<Process> {
        // First the watchdog, so that there is no server without one for longer
        // than it takes to write the process id.
        let watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "redis-watchdog"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;

        let log = File::create(folder.join(LOG))?;
        let server = Command::new(program)
            // The server takes a file of options in the first place only.
            .args(config)
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--daemonize",
                "no",
            ])
            .arg("--dir")
            .arg(folder)
            .args(options)
            // The log is searched for the system's message in English.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;

        let mut process = Process {
            server,
            watchdog: Some(watchdog),
        };
        process.tell_watchdog()?;
        Ok(process)
    }

    fn tell_watchdog(&mut self) -> io::Result<()> {
        let pid = self.pid();
        let pipe = self
            .watchdog
            .as_mut()
            .and_then(|watchdog| watchdog.stdin.as_mut());
        pipe.map_or(Ok(()), |pipe| writeln!(pipe, "{pid}"))
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.id()
    }

    pub(super) fn is_running(&mut self) -> bool {
        let running = matches!(self.server.try_wait(), Ok(None));
        if !running {
            self.dismiss_watchdog();
        }
        running
    }

    /// Killed when it is stopped, too: SIGKILL needs no SIGCONT.
    pub(super) fn kill(&mut self) {
        // An error means that it has ended, and that is all that is wanted.
        let _ = self.server.kill();
        // Before reaping: until then the process id cannot pass to another.
        self.dismiss_watchdog();
        let _ = self.server.wait();
    }

    pub(super) fn pause(&mut self) {
        self.signal(Signal::STOP);
        // The signal takes effect an instant later; a command sent in between would
        // be answered. NOWAIT leaves the news for `Child`.
        let news = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let pid = Pid::from_child(&self.server);
        while matches!(waitid(WaitId::Pid(pid), news), Err(Errno::INTR)) {}
    }

    pub(super) fn resume(&mut self) {
        self.signal(Signal::CONT);
    }

    fn signal(&mut self, signal: Signal) {
        assert!(self.is_running(), "the server is not running");
        kill_process(Pid::from_child(&self.server), signal)
            .expect("a signal to a child of this process");
    }

    fn dismiss_watchdog(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            // Killed before its pipe is closed, lest it take that for its cue.
            // `Child::wait` closes the pipe first.
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the server in this folder has printed since its start.
pub(super) fn log(folder: &Path) -> String {
    let log = fs::read(folder.join(LOG)).unwrap_or_default();
    String::from_utf8_lossy(&log).into_owned()
}

pub(super) fn log_tells_port_taken(log: &str) -> bool {
    log.contains("Address already in use")
}
