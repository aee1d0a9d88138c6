//! What the benches of this package share: [`rounds`] measures candidates side
//! by side, [`keys`] are what they are asked for, [`ready`] drives futures that
//! need not wait, and [`machine`] says where it was measured.
//!
//! Common harnesses run one candidate to its end before the next begins. On a
//! machine that has other work that compares two different moments; here every
//! candidate has its turn in every round, and ratios are taken within a round.

pub mod keys;
pub mod machine;
pub mod ready;
pub mod rounds;
pub mod table;
