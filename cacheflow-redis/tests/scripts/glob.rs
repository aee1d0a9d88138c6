//! Patterns: the script and `Pattern::matches` say the same of any text.

use cacheflow::key::{FullKey, Pattern};
use cacheflow_testkit::{RedisServer, Reply};

const GLOB: &str = concat!(
    include_str!("../../src/scripts/glob.lua"),
    "local said = {}\n",
    "for i = 1, #ARGV, 2 do glob_steps = 20000; said[#said + 1] = glob(ARGV[i], ARGV[i + 1]) and 1 or 0 end\n",
    "return said"
);

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % bound
    }

    fn text(&mut self, parts: &[&str]) -> String {
        (0..self.below(9))
            .map(|_| parts[self.below(parts.len())])
            .collect()
    }
}

#[tokio::test]
async fn the_server_matches_as_the_nodes_do() {
    let server = RedisServer::start().await;
    let in_patterns = [
        "*", "?", "\\*", "\\?", "\\\\", "a", "b", ":", "ä", "€", "🦀", "[a]",
    ];
    let in_keys = ["*", "?", "\\", "a", "b", ":", "ä", "€", "🦀", "[a]", "aa"];
    let mut numbers = Numbers(7);
    let (mut matched, mut asked) = (0, 0);
    for _ in 0..100 {
        let mut words = vec!["EVAL".to_owned(), GLOB.to_owned(), "0".to_owned()];
        let mut expected = Vec::new();
        while expected.len() < 200 {
            let start = ["", "a:", "*", "?"][numbers.below(4)];
            let Ok(pattern) = Pattern::new(&format!("{start}{}", numbers.text(&in_patterns)))
            else {
                continue;
            };
            let key = FullKey::parse(&format!("a:{}", numbers.text(&in_keys))).unwrap();
            expected.push(pattern.matches(&key));
            words.push(pattern.to_string());
            words.push(key.to_string());
        }
        let Reply::Array(said) = server.command(&words).await.unwrap() else {
            panic!("no list")
        };
        for (i, (said, expected)) in said.iter().zip(&expected).enumerate() {
            let pair = &words[3 + 2 * i..5 + 2 * i];
            assert_eq!(*said, Reply::Integer(i64::from(*expected)), "{pair:?}");
            matched += usize::from(*expected);
            asked += 1;
        }
    }
    assert_eq!(asked, 20_000);
    assert!(matched > 1_000, "{matched}");
}

#[tokio::test]
async fn a_hostile_pattern_takes_no_time_and_errs_on_the_safe_side() {
    let raw = crate::raw::Raw::start().await;
    let here = raw.position().await;
    let hostile = crate::raw::pattern(&format!("*{}c", "a".repeat(95)));
    for _ in 0..20 {
        let change = cacheflow::event::Change::Forgotten(hostile.clone());
        raw.record(change, None).await;
    }
    raw.redis(&["CONFIG", "SET", "slowlog-log-slower-than", "20000"])
        .await;
    let text = format!("a:{}b", "a".repeat(190));
    let filled = raw.fill(&text, &[], &[], here).await;
    assert_eq!(filled, cacheflow::store::Filled::Refused);
    assert_eq!(raw.integer(&["SLOWLOG", "LEN"]).await, 0);
}
