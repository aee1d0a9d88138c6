//! The Zipf distribution: the item of rank r is asked for in proportion to 1 / r^s.

use crate::random::Random;

/// The exponent s. 0.99 is what the YCSB benchmark uses for web workloads (Cooper et al., "Benchmarking cloud serving
/// systems with YCSB", SoCC 2010).
pub(super) const EXPONENT: f64 = 0.99;

/// Coprime to every shop's size: it is a prime larger than all of them.
const STRIDE: u64 = 1_000_003;

/// Ids from 1 to a count, drawn with skew.
pub(super) struct Zipf {
    /// The sum of all weights up to each rank; a draw looks up where in it a random point falls.
    cumulative: Vec<f64>,
}

impl Zipf {
    /// A distribution over `1..=count`.
    pub(super) fn new(count: u32) -> Self {
        let mut sum = 0.0;
        let cumulative = (1..=count)
            .map(|rank| {
                sum += f64::from(rank).powf(-EXPONENT);
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// Draws an id. The popular ids are spread over the whole range, as in a real table, where they do not share a page.
    pub(super) fn draw(&self, random: &mut Random) -> u32 {
        let count = self.cumulative.len();
        let sum = self.cumulative.last().copied().unwrap_or_default();
        let point = random.fraction() * sum;
        let rank = self.cumulative.partition_point(|&upto| upto <= point);
        let spread = (rank.min(count.saturating_sub(1)) as u64 * STRIDE) % count.max(1) as u64;
        1 + u32::try_from(spread).expect("a remainder of a 32-bit count has 32 bits")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{EXPONENT, Zipf};
    use crate::random::Random;

    #[test]
    fn the_first_rank_gets_its_share_and_every_id_can_come() {
        let count = 100;
        let draws = 100_000;
        let zipf = Zipf::new(count);
        let mut random = Random::new(1, 1);
        let mut counts = HashMap::new();
        for _ in 0..draws {
            *counts.entry(zipf.draw(&mut random)).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 100);
        assert!(counts.keys().all(|id| (1..=count).contains(id)));

        let sum: f64 = (1..=count)
            .map(|rank| f64::from(rank).powf(-EXPONENT))
            .sum();
        let expected = f64::from(draws) / sum;
        let most = f64::from(*counts.values().max().unwrap());
        assert!((most / expected - 1.0).abs() < 0.05, "{most} of {expected}");
    }

    #[test]
    fn a_distribution_over_one_id_draws_that_id() {
        let zipf = Zipf::new(1);
        let mut random = Random::new(1, 1);
        assert!((0..100).all(|_| zipf.draw(&mut random) == 1));
    }
}
