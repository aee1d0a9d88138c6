//! Ports that no two tests share.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// Below the ports that systems hand out by themselves for port 0 and for outgoing
/// connections (from 32768 on Linux, 49152 elsewhere): else one of those could sit
/// on the port of a server that is just being restarted. The cluster bus,
/// [`BUS`] further up, stays below them too.
const RANGE: std::ops::Range<u16> = 12_000..22_000;

/// So far above its port a node of a cluster listens for the other nodes.
const BUS: u16 = 10_000;

/// A TCP port of 127.0.0.1 that belongs to its holder until dropped, whether or
/// not anything listens on it.
///
/// Asking the system for a free port and then giving that to `redis-server` is a
/// race: between the two everybody else may get it. So the claim is the *UDP* port of
/// the same number. Redis does not use it, only one process can bind it, and the
/// kernel takes it back even from a process that is killed.
pub(super) struct Port {
    number: u16,
    _claim: UdpSocket,
}

impl Port {
    /// Claims a port on which, just now, nothing listens, nor on that of its
    /// cluster bus. Claiming the one claims the other: nobody else's port is
    /// [`BUS`] above a claimed one.
    ///
    /// A program that does not know of claims may still be faster; then the server
    /// says so and its starter claims another.
    pub(super) fn claim() -> Port {
        // So many tries only fail where binding itself is forbidden.
        for _ in 0..1000 {
            let number = RANGE.start + random() % (RANGE.end - RANGE.start);
            let Ok(claim) = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)) else {
                continue;
            };
            let free = |number| TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
            if free(number) && free(number + BUS) {
                return Port {
                    number,
                    _claim: claim,
                };
            }
        }
        panic!("no free port of 127.0.0.1 in {RANGE:?}");
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }
}

/// Good enough to keep processes that start at the same time apart.
fn random() -> u16 {
    // Each `RandomState` has other keys, drawn from the system's randomness.
    RandomState::new().hash_one(()) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_port_is_not_claimed_again() {
        let ports: Vec<Port> = (0..200).map(|_| Port::claim()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), ports.len());
    }
}
