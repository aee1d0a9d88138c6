//! Which item each request asks for: a skewed sequence, the same in both phases and in every run with the same seed.
//!
//! Of ten requests six ask for a product, two for a user and two for a user's order history. Users follow a Zipf
//! distribution: few are asked for often, most rarely. Products follow one too, or an access trace recorded from a real
//! system (`--trace`). All tasks draw from one sequence in its order, and begin anew when it is used up.

mod trace;
mod zipf;

use std::fmt;

pub(crate) use self::trace::Trace;
use self::zipf::Zipf;
use crate::item::Item;
use crate::random::Random;
use crate::report::count;
use crate::shop::Size;

/// Requests of a generated sequence. Long enough to meet the rare items too, short enough to be ready in a blink.
const GENERATED: usize = 1 << 20;

/// The streams of random numbers that a sequence draws from.
const KINDS: u64 = 1;
const PRODUCTS: u64 = 2;
const USERS: u64 = 3;

/// All requests of a run, one after another.
pub(crate) struct Sequence {
    items: Vec<Item>,
    about: String,
}

impl Sequence {
    /// A sequence in which products follow a Zipf distribution.
    pub(crate) fn zipf(size: Size, seed: u64) -> Self {
        let zipf = Zipf::new(size.products);
        let mut random = Random::new(seed, PRODUCTS);
        let mut mix = Mix::new(size, seed);
        let items = (0..GENERATED)
            .map(|_| mix.next(|| zipf.draw(&mut random)))
            .collect();
        Self {
            items,
            about: format!("Zipf({}), seed {seed}", zipf::EXPONENT),
        }
    }

    /// A sequence whose products are asked for as the trace's keys were. The first key becomes the first product and so on;
    /// when the trace has more keys than the shop has products, several keys share a product.
    pub(crate) fn replay(trace: &Trace, size: Size, seed: u64) -> Self {
        let mut mix = Mix::new(size, seed);
        let mut items = Vec::with_capacity(trace.keys().len() * 2);
        for &key in trace.keys() {
            let product = 1 + key % size.products;
            while !matches!(mix.push(&mut items, || product), Item::Product(_)) {}
        }
        items.shrink_to_fit();
        let folded = match size.products {
            products if products < trace.distinct() => {
                format!(" folded onto {} products", count(products.into()))
            }
            _ => String::new(),
        };
        Self {
            items,
            about: format!(
                "{trace}{folded}, with users by Zipf({}), seed {seed}",
                zipf::EXPONENT
            ),
        }
    }

    /// How often so many requests go through the whole sequence.
    pub(crate) fn rounds(&self, requests: u64) -> f64 {
        requests as f64 / self.items.len() as f64
    }

    /// The item that the request of this number asks for. Past its end the sequence begins anew.
    pub(crate) fn item(&self, number: u64) -> Item {
        let length = self.items.len() as u64;
        let index = number % length;
        self.items[usize::try_from(index).expect("an index of a vector fits its length's type")]
    }

    /// An item as likely as it is in the requests: what is read most is changed most, or the changes would prove nothing.
    pub(crate) fn any_item(&self, random: &mut Random) -> Item {
        let length = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.item(u64::from(random.below(length)))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.about)
    }
}

/// Decides which request is for a product and which for a user.
struct Mix {
    kinds: Random,
    users: Random,
    zipf: Zipf,
}

impl Mix {
    fn new(size: Size, seed: u64) -> Self {
        Self {
            kinds: Random::new(seed, KINDS),
            users: Random::new(seed, USERS),
            zipf: Zipf::new(size.users),
        }
    }

    fn next(&mut self, product: impl FnOnce() -> u32) -> Item {
        match self.kinds.below(10) {
            0..6 => Item::Product(product()),
            6..8 => Item::User(self.zipf.draw(&mut self.users)),
            _ => Item::OrdersOf(self.zipf.draw(&mut self.users)),
        }
    }

    fn push(&mut self, items: &mut Vec<Item>, product: impl FnOnce() -> u32) -> Item {
        let item = self.next(product);
        items.push(item);
        item
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::Write;

    use super::{GENERATED, Sequence, Trace};
    use crate::item::Item;
    use crate::shop::Size;

    fn requests(sequence: &Sequence) -> impl Iterator<Item = Item> {
        (0..sequence.items.len() as u64).map(|number| sequence.item(number))
    }

    fn replayed(text: &str, size: Size) -> Sequence {
        let mut file = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Sequence::replay(&Trace::read(file.path()).unwrap(), size, 1)
    }

    #[test]
    fn one_seed_is_one_sequence_and_it_begins_anew_at_its_end() {
        let first = Sequence::zipf(Size::QUICK, 5);
        let second = Sequence::zipf(Size::QUICK, 5);
        let other = Sequence::zipf(Size::QUICK, 6);
        assert!(first.items == second.items);
        assert!(first.items != other.items);
        assert_eq!(first.item(3), first.item(GENERATED as u64 + 3));
    }

    #[test]
    fn it_asks_only_for_what_the_shop_has_and_in_the_stated_mix() {
        let size = Size::QUICK;
        let sequence = Sequence::zipf(size, 1);
        let mut products = 0;
        for item in requests(&sequence) {
            match item {
                Item::Product(id) => {
                    assert!((1..=size.products).contains(&id));
                    products += 1;
                }
                Item::User(id) | Item::OrdersOf(id) => assert!((1..=size.users).contains(&id)),
            }
        }
        let share = f64::from(products) / GENERATED as f64;
        assert!((0.59..0.61).contains(&share), "{share}");
    }

    #[test]
    fn few_items_get_most_of_the_requests() {
        let mut counts = HashMap::new();
        let sequence = Sequence::zipf(Size::FULL, 1);
        for item in requests(&sequence) {
            *counts.entry(item).or_insert(0_usize) += 1;
        }
        let mut counts = counts.into_values().collect::<Vec<_>>();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let tenth = counts.iter().take(counts.len() / 10).sum::<usize>();
        assert!(tenth * 3 > GENERATED * 2, "{tenth} of {GENERATED}");
    }

    #[test]
    fn a_trace_is_replayed_in_its_order_and_its_keys_become_products() {
        let text = "1 900 5\n2 901 5\n3 900 5\n4 902 5\n5 903 5\n6 901 5\n";
        let products = |size| {
            requests(&replayed(text, size))
                .filter_map(|item| match item {
                    Item::Product(id) => Some(id),
                    Item::User(_) | Item::OrdersOf(_) => None,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(products(Size::QUICK), [1, 2, 1, 3, 4, 2]);
        let narrow = Size {
            products: 3,
            ..Size::QUICK
        };
        assert_eq!(
            products(narrow),
            [1, 2, 1, 3, 1, 2],
            "four keys share three products"
        );
    }
}
