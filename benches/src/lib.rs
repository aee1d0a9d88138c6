//! What the benches share.
//!
//! A program measures a [`section`]: [`rounds`] measures candidates side by
//! side, [`keys`] are what they are asked for, [`ready`] drives futures that need
//! not wait, [`machine`] and [`quiet`] say where it was measured and what else
//! went on there. What comes out are [`results`], which [`report`] and [`plot`]
//! show, [`collect`] and [`readme`] write and [`compare`] judges. The programs themselves, and the peers that they
//! measure, are in the package `peers`.
//!
//! Common harnesses run one candidate to its end before the next begins. On a
//! machine that has other work that compares two different moments; here every
//! candidate has its turn in every round, and ratios are taken within a round.

pub mod collect;
pub mod compare;
pub mod keys;
pub mod machine;
pub mod plot;
pub mod quiet;
pub mod readme;
pub mod ready;
pub mod report;
pub mod results;
pub mod rounds;
pub mod section;
pub mod table;
