//! Child processes: this program again, under orders.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::child::{ORDER, Order, URL};

/// Kills the child when this process has ended, in whatever way: a child that is
/// stopped just then would not see for itself that its input has ended.
const WATCHDOG: &str = "trap '' HUP INT TERM; read -r _; kill -KILL \"$1\"";

/// A child; dropping it ends it.
pub(crate) struct Process {
    child: Child,
    watchdog: Option<Child>,
    status: Option<ExitStatus>,
}

impl Process {
    pub(crate) fn start(order: Order, url: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .args(["--exact", "child::obeys", "--ignored", "--nocapture"])
            .env(ORDER, order.name())
            .env(URL, url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a child");
        let watchdog = Command::new("/bin/sh")
            .args([
                "-c",
                WATCHDOG,
                "processes-watchdog",
                &child.id().to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a watchdog");
        Self {
            child,
            watchdog: Some(watchdog),
            status: None,
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child of this process");
        }
        self.status.is_some()
    }

    /// Whether it has ended as it should.
    pub(crate) fn ended_well(&mut self) -> bool {
        self.has_ended() && self.status.is_some_and(|status| status.success())
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        assert!(!self.has_ended(), "it has ended by itself");
        self.dismiss_watchdog();
        self.child.kill().expect("it is killed");
        self.status = self.child.wait().ok();
    }

    /// SIGSTOP.
    pub(crate) fn stop(&mut self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub(crate) fn resume(&mut self) {
        self.signal("CONT");
    }

    fn signal(&mut self, signal: &str) {
        // Not reaped before it is asked: the number is still its own.
        assert!(!self.has_ended(), "it has ended by itself");
        let line = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("/bin/sh").args(["-c", &line]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{line} failed");
    }

    /// Before the child is reaped: until then its number passes to no other.
    fn dismiss_watchdog(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.dismiss_watchdog();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
