//! Traffic, so that figures move.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::service::{Service, USERS};

/// After so many reads something is changed.
const READS_A_CHANGE: u64 = 200;

/// Reads users and reports, some more often than others, and changes one now and then; until
/// it is aborted.
pub(crate) fn begin(service: Service) -> JoinHandle<()> {
    tokio::spawn(async move {
        for turn in 0.. {
            let drawn = scattered(turn);
            // The smaller, the likelier: the square of what is drawn evenly.
            let id = 1 + drawn % USERS * (drawn / USERS % USERS) / USERS;
            service.user(id).await;
            if turn % 4 == 0 {
                service.report(id).await;
            }
            if turn % READS_A_CHANGE == READS_A_CHANGE - 1 {
                let forgotten = service.flow.invalidate().keys([format!("users:{id}")]);
                if let Err(error) = forgotten.send().await {
                    eprintln!("{error}");
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

/// SplitMix64.
fn scattered(turn: u64) -> u64 {
    let mut mixed = turn.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
