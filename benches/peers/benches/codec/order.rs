//! The values.

use serde::{Deserialize, Serialize};

/// An order as a shop keeps it: about a kilobyte when it is encoded with names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    id: u64,
    customer: u64,
    state: State,
    currency: String,
    note: Option<String>,
    total: f64,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Paid { at: u64 },
    Sent(u64, String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    article: String,
    title: String,
    amount: u32,
    price: f64,
    gift: Option<bool>,
}

/// The order of this number, with so many lines.
pub(crate) fn order(number: u64, lines: u64) -> Order {
    let line = |at: u64| {
        let article = (number * 31 + at * 7919) % 10_007;
        Line {
            article: format!("A-{article:06}"),
            title: format!(
                "Article number {article}, in {}",
                ["red", "blue", "green"][at as usize % 3]
            ),
            amount: (number + at) as u32 % 9 + 1,
            price: article as f64 / 100.0,
            gift: at.is_multiple_of(4).then_some(at.is_multiple_of(8)),
        }
    };
    Order {
        id: number,
        customer: number * 7919 % 100_003,
        state: match number % 3 {
            0 => State::Open,
            1 => State::Paid {
                at: 1_700_000_000 + number,
            },
            _ => State::Sent(
                1_700_000_000 + number,
                format!("parcel-{:08}", number * 104_729),
            ),
        },
        currency: "EUR".to_owned(),
        note: number
            .is_multiple_of(5)
            .then(|| "Please leave it with the neighbours.".to_owned()),
        total: number as f64 * 1.19,
        lines: (0..lines).map(line).collect(),
    }
}
