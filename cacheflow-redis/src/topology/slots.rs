//! Which server of a cluster owns which hash slots.

use std::sync::Arc;

use redis::Value;

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;

/// A server that owns slots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Node {
    /// Its id in the cluster, which stays when its address changes.
    pub(crate) id: Arc<str>,
    pub(crate) address: Address,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `host:port` as it stands in a redirection; no host there is
    /// `answering`, the one that redirects.
    pub(crate) fn parse(text: &str, answering: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host {
            "" => Arc::clone(&answering.host),
            "?" => return None,
            host => host.into(),
        };
        Some(Self {
            host,
            port: port.parse().ok()?,
        })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The slots of a cluster, as one of its servers sees them.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slots {
    /// First slot, last slot, owner.
    ranges: Vec<(u16, u16, Node)>,
}

impl Slots {
    /// Reads the answer to `CLUSTER SLOTS` that the server `answering` gave;
    /// `None` if it cannot be understood, or names no owner at all.
    pub(crate) fn read(answer: Value, answering: &Address) -> Option<Self> {
        let Value::Array(answer) = answer else {
            return None;
        };
        let mut ranges = Vec::with_capacity(answer.len());
        for range in answer {
            let Value::Array(range) = range else {
                return None;
            };
            let mut range = range.into_iter();
            let (Some(Value::Int(first)), Some(Value::Int(last)), Some(Value::Array(primary))) =
                (range.next(), range.next(), range.next())
            else {
                return None;
            };
            let (first, last) = (u16::try_from(first).ok()?, u16::try_from(last).ok()?);
            if let Some(node) = node(&primary, answering) {
                ranges.push((first, last, node));
            }
        }
        // Servers tell them in different orders.
        ranges.sort_unstable();
        (!ranges.is_empty()).then_some(Self { ranges })
    }

    /// The owner of `slot`; `None` while nobody is.
    pub(crate) fn owner(&self, slot: u16) -> Option<&Node> {
        let mut ranges = self.ranges.iter();
        let range = ranges.find(|(first, last, _)| (*first..=*last).contains(&slot))?;
        Some(&range.2)
    }

    /// Whether `nodes`, what `owner` answers to `CLUSTER NODES`, says the same of
    /// its own slots, and that none of them is on its way to or from it.
    pub(crate) fn agrees(&self, owner: &Node, nodes: &str) -> bool {
        let Some(own) = nodes.lines().find(|line| line.contains("myself")) else {
            return false;
        };
        let mut told = Vec::new();
        // Id, address, flags, primary, times, epoch, link; then the slots.
        for slots in own.split_ascii_whitespace().skip(8) {
            let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
            let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) else {
                return false;
            };
            told.push((first, last));
        }
        told.sort_unstable();
        let mine = self
            .ranges
            .iter()
            .filter(|(_, _, node)| node.id == owner.id);
        told == mine
            .map(|(first, last, _)| (*first, *last))
            .collect::<Vec<_>>()
    }

    /// Every owner once, in an order that depends on nothing but their ids.
    pub(crate) fn owners(&self) -> Vec<&Node> {
        let mut owners: Vec<_> = self.ranges.iter().map(|(_, _, node)| node).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

/// Reads host, port and id; `None` if the address is not known.
fn node(parts: &[Value], answering: &Address) -> Option<Node> {
    let [host, Value::Int(port), id, ..] = parts else {
        return None;
    };
    let host = match text(host) {
        Some("?") => return None,
        Some("") | None => Arc::clone(&answering.host),
        Some(host) => host.into(),
    };
    Some(Node {
        id: text(id)?.into(),
        address: Address {
            host,
            port: u16::try_from(*port).ok()?,
        },
    })
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

/// The slot of a key: of what stands between its first `{` and the next `}`, if
/// that is anything, else of all of it.
pub(crate) fn slot(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let close = rest.iter().position(|byte| *byte == b'}')?;
        (close > 0).then(|| &rest[..close])
    });
    crc16(tag.unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM, as the cluster specification has it.
fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answering() -> Address {
        Address {
            host: "seed".into(),
            port: 1,
        }
    }

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn range(first: i64, last: i64, host: Value, port: i64, id: &str) -> Value {
        let primary = Value::Array(vec![host, Value::Int(port), bulk(id), Value::Array(vec![])]);
        let replica = Value::Array(vec![bulk("r"), Value::Int(9), bulk("replica")]);
        Value::Array(vec![Value::Int(first), Value::Int(last), primary, replica])
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b"{foo}bar"), 12_182);
        assert_eq!(slot(b"x{foo}{bar}"), 12_182);
        assert_eq!(slot(b"foo{}{bar}"), crc16(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot(b"foo{{bar}}"), crc16(b"{bar") % SLOTS);
        assert_eq!(slot(b"foo{bar"), crc16(b"foo{bar") % SLOTS);
    }

    #[test]
    fn an_answer_tells_who_owns_what() {
        let answer = Value::Array(vec![
            range(0, 99, bulk("a"), 1, "2"),
            range(100, 16_383, bulk(""), 2, "1"),
            range(200, 200, bulk("?"), 2, "3"),
        ]);
        let slots = Slots::read(answer, &answering()).unwrap();
        let address = |slot| slots.owner(slot).map(|node| node.address.to_string());
        assert_eq!(address(99).as_deref(), Some("a:1"));
        assert_eq!(address(100).as_deref(), Some("seed:2"));
        let ids: Vec<_> = slots
            .owners()
            .iter()
            .map(|node| node.id.to_string())
            .collect();
        assert_eq!(ids, ["1", "2"]);
    }

    #[test]
    fn a_server_agrees_if_its_slots_are_the_same_and_stay() {
        let answer = Value::Array(vec![
            range(0, 99, bulk("a"), 1, "2"),
            range(100, 16_000, bulk("b"), 2, "1"),
            range(16_001, 16_001, bulk("a"), 1, "2"),
        ]);
        let slots = Slots::read(answer, &answering()).unwrap();
        let owner = slots.owner(0).unwrap();
        let agrees = |own: &str| {
            let nodes = format!(
                "1 b:2@3 master - 0 1 3 connected 100-16000\n2 a:1@2 myself,master - 0 0 2 connected {own}\n"
            );
            slots.agrees(owner, &nodes)
        };
        assert!(agrees("0-99 16001"));
        assert!(!agrees("0-99"));
        assert!(!agrees("0-99 16001 [5->-1]"));
        assert!(!agrees(""));
        assert!(!slots.agrees(owner, ""));
    }

    #[test]
    fn an_answer_without_owners_is_none() {
        assert_eq!(Slots::read(Value::Array(vec![]), &answering()), None);
        assert_eq!(Slots::read(Value::Nil, &answering()), None);
        let odd = Value::Array(vec![Value::Array(vec![Value::Int(-1)])]);
        assert_eq!(Slots::read(odd, &answering()), None);
    }

    #[test]
    fn a_redirection_without_host_leads_to_the_one_that_redirects() {
        let parsed = |text| Address::parse(text, &answering()).map(|a| a.to_string());
        assert_eq!(parsed("10.0.0.1:6379").as_deref(), Some("10.0.0.1:6379"));
        assert_eq!(parsed(":7000").as_deref(), Some("seed:7000"));
        assert_eq!(parsed("::1:7000").as_deref(), Some("::1:7000"));
        assert_eq!(parsed("?:7000"), None);
        assert_eq!(parsed("none"), None);
    }
}
