//! Sequences of keys.

/// A small generator of numbers that are as good as random here ("splitmix64",
/// Steele, Lea and Flood 2014): the same sequence in every run.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence of `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// A number from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `length` keys of `0..distinct`, the one of rank r drawn with a probability
/// in proportion to `r.powf(-exponent)`. Which key has which rank is random, so
/// that neighbours in popularity are none in value.
#[must_use]
pub fn zipf(distinct: usize, exponent: f64, length: usize, seed: u64) -> Vec<u64> {
    let mut numbers = Numbers::seeded(seed);
    let mut by_rank: Vec<u64> = (0..distinct as u64).collect();
    for rank in (1..distinct).rev() {
        by_rank.swap(rank, numbers.below(rank + 1));
    }
    let mut sum = 0.0;
    let up_to_rank: Vec<f64> = (1..=distinct)
        .map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        })
        .collect();
    (0..length)
        .map(|_| {
            let drawn = numbers.unit() * sum;
            let rank = up_to_rank.partition_point(|up_to| *up_to <= drawn);
            by_rank[rank.min(distinct - 1)]
        })
        .collect()
}

/// The key of `number` as text: 17 bytes, as an identifier may look.
#[must_use]
pub fn text(number: u64) -> String {
    format!("user-{number:08}.org")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn popularity_falls_with_the_rank() {
        let mut counts = HashMap::new();
        for key in zipf(10_000, 0.99, 100_000, 1) {
            assert!(key < 10_000);
            *counts.entry(key).or_insert(0_u32) += 1;
        }
        let mut counts: Vec<u32> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        // 1 / (sum of r^-0.99 over 10,000 ranks) = 9.75 %, and half of that.
        assert!((9_000..10_500).contains(&counts[0]), "{}", counts[0]);
        assert!((4_300..5_500).contains(&counts[1]), "{}", counts[1]);
    }

    #[test]
    fn a_seed_gives_the_same_keys_again() {
        assert_eq!(zipf(100, 0.99, 50, 7), zipf(100, 0.99, 50, 7));
        assert_ne!(zipf(100, 0.99, 50, 7), zipf(100, 0.99, 50, 8));
    }
}
