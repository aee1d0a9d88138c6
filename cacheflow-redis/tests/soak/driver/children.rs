//! The node processes.

use std::io::{BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::args::{NODE, NodeSettings};

/// Kills the node when the driver has ended, in whatever way: a node that is stopped
/// just then would not see for itself that its input has ended.
const WATCHDOG: &str = "trap '' HUP INT TERM; read -r _; kill -KILL \"$1\"";

/// A node process; dropping it ends it, and so does the end of the driver.
pub(crate) struct Node {
    child: Child,
    input: Option<ChildStdin>,
    watchdog: Option<Child>,
}

impl Node {
    pub(crate) fn start(settings: &NodeSettings) -> (Self, BufReader<ChildStdout>) {
        let settings = serde_json::to_string(settings).expect("settings are JSON");
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args([NODE, &settings])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a node");
        let output = child.stdout.take().expect("a pipe");
        let input = child.stdin.take();
        let watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "soak-watchdog", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a watchdog");
        let node = Self {
            child,
            input,
            watchdog: Some(watchdog),
        };
        (node, BufReader::with_capacity(1 << 18, output))
    }

    /// Asks it to end.
    pub(crate) fn stop(&mut self) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(b"stop\n");
        }
    }

    /// SIGSTOP.
    pub(crate) fn suspend(&mut self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub(crate) fn resume(&mut self) {
        self.signal("CONT");
    }

    fn signal(&mut self, signal: &str) {
        // Not reaped before it is asked: the number is still its own.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return self.dismiss_watchdog();
        }
        let line = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("/bin/sh").args(["-c", &line]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{line} failed");
    }

    /// Waits for its end, and says whether it was a good one.
    pub(crate) fn wait(&mut self) -> bool {
        self.dismiss_watchdog();
        self.child.wait().is_ok_and(|status| status.success())
    }

    /// Before the node is reaped: until then its number passes to no other.
    fn dismiss_watchdog(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        self.dismiss_watchdog();
        let _ = self.child.wait();
    }
}
