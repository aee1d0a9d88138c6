//! Who asks a server again and again, and how long it waits at most.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread with a connection of its own that sends PING every millisecond.
pub(crate) struct Prober {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<Vec<(Instant, Duration)>>,
}

/// When it has asked, and how long the answer took.
pub(crate) struct Answers(Vec<(Instant, Duration)>);

impl Prober {
    pub(crate) fn start(server: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let asking = thread::spawn(move || {
            let mut connection = TcpStream::connect(server).expect("a connection");
            connection.set_nodelay(true).expect("no delay");
            let mut answers = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                connection.write_all(b"PING\r\n").expect("PING");
                let mut answer = [0; 7];
                connection.read_exact(&mut answer).expect("PONG");
                assert_eq!(&answer, b"+PONG\r\n");
                answers.push((began, began.elapsed()));
                thread::sleep(Duration::from_millis(1));
            }
            answers
        });
        Self { stop, asking }
    }

    pub(crate) fn stop(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        Answers(self.asking.join().expect("the prober"))
    }
}

impl Answers {
    /// The longest answer to what was asked between these times, in ms.
    pub(crate) fn longest(&self, from: Instant, to: Instant) -> f64 {
        let asked = self.0.iter().filter(|(at, _)| (from..=to).contains(at));
        let longest = asked.map(|(_, took)| *took).max().unwrap_or_default();
        longest.as_secs_f64() * 1e3
    }
}
