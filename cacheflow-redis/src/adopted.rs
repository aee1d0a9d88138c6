//! What adopting a journal tells of it.

use cacheflow::event::{Change, Forgotten, Position, Record};

use crate::message::{self, Heard, incarnation};

/// The incarnations before, as the journal names them: `inc:upto,inc:upto,…`;
/// `None` if that cannot be read.
pub(crate) fn lineage(ancestors: &str) -> Option<Vec<Position>> {
    let read = |ancestor: &str| {
        let (inc, upto) = ancestor.split_once(':')?;
        Some(Position {
            incarnation: incarnation(inc)?,
            number: upto.parse().ok()?,
        })
    };
    let ancestors = ancestors.split(',').filter(|ancestor| !ancestor.is_empty());
    ancestors.map(read).collect()
}

/// The records that are open when the journal stands at `position`, in order.
pub(crate) fn open_records(messages: Vec<(u64, Vec<u8>)>, position: Position) -> Vec<Record> {
    let mut records: Vec<Record> = messages
        .into_iter()
        .map(|(number, message)| match message::read(&message) {
            Some(Heard::Record { record, .. }) => record,
            // Of a later version, perhaps. Whatever it forgets is forgotten with
            // everything else, until somebody has removed it.
            _ => Record {
                position: Position { number, ..position },
                change: Change::Forgotten(Forgotten {
                    everything: true,
                    ..Forgotten::default()
                }),
                open: true,
            },
        })
        .collect();
    records.sort_by_key(|record| record.position.number);
    records
}

/// The records that an answer names; `None` if one cannot be understood.
pub(crate) fn records(messages: &[Vec<u8>]) -> Option<Vec<Record>> {
    messages
        .iter()
        .map(|message| match message::read(message) {
            Some(Heard::Record { record, .. }) => Some(record),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Position = Position {
        incarnation: 9,
        number: 8,
    };

    #[test]
    fn a_lineage_is_read_newest_first() {
        let of = |incarnation, number| Position {
            incarnation,
            number,
        };
        let told = lineage("00000000000000ff:4294967300,1:7");
        assert_eq!(told, Some(vec![of(255, 4_294_967_300), of(1, 7)]));
        assert_eq!(lineage(""), Some(Vec::new()));
        for broken in ["x:1", "1", "1:x", "1:-1"] {
            assert_eq!(lineage(broken), None, "{broken}");
        }
    }

    #[test]
    fn an_open_record_that_cannot_be_read_forgets_everything() {
        let known = br#"{"type":"EVICT","tags":["t"],"open":true,"inc":"9","n":3}"#;
        let records = open_records(
            vec![(5, b"of another time".to_vec()), (3, known.to_vec())],
            HERE,
        );
        let numbers: Vec<u64> = records
            .iter()
            .map(|record| record.position.number)
            .collect();
        assert_eq!(numbers, [3, 5]);
        let Change::Forgotten(forgotten) = &records[1].change else {
            panic!("{records:?}")
        };
        assert!(forgotten.everything && records[1].open);
    }
}
