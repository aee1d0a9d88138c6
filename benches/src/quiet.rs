//! Whether the machine has other work.
//!
//! The load average alone does not tell: after a build it is high for minutes
//! with nothing left to do. So the processors are looked at while this program
//! sleeps, and then made to spin together, which shows what a hypervisor takes.

use std::fs;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

/// For how long it is looked whether others work.
const LOOK: Duration = Duration::from_millis(300);

/// The share of all processors' time that others may take.
const BUSY: f64 = 0.1;

/// How much longer than the shortest the longest spin may take.
const UNEVEN: f64 = 1.3;

/// How often each processor spins.
const SPINS: usize = 20;

/// What disturbs on this machine now, in sentences that begin with `when`.
/// Takes half a second; sees nothing of other work where there is no `/proc`.
#[must_use]
pub fn disturbances(when: &str) -> Vec<String> {
    let busy = busy();
    let uneven = unevenness();
    judged(when, busy, uneven, load_average())
}

fn judged(when: &str, busy: Option<f64>, uneven: f64, load: Option<f64>) -> Vec<String> {
    let mut disturbances = Vec::new();
    if let Some(busy) = busy.filter(|busy| *busy > BUSY) {
        let load = load.map_or(String::new(), |load| format!(" (load average {load:.2})"));
        disturbances.push(format!(
            "{when}: others used {:.0} % of the processors{load}",
            busy * 100.0
        ));
    }
    if uneven > UNEVEN {
        disturbances.push(format!(
            "{when}: the same loop took up to {uneven:.2} times its shortest time"
        ));
    }
    disturbances
}

/// The share of the processors' time that is used while this thread sleeps.
fn busy() -> Option<f64> {
    let read = || times(&fs::read_to_string("/proc/stat").ok()?);
    let before = read()?;
    thread::sleep(LOOK);
    let after = read()?;
    let all = after.0.checked_sub(before.0).filter(|all| *all > 0)?;
    Some(after.1.saturating_sub(before.1) as f64 / all as f64)
}

/// All the time of all processors, and that in which they worked or were taken
/// away, from the first line of `/proc/stat` (proc(5)).
fn times(stat: &str) -> Option<(u64, u64)> {
    let numbers = stat.lines().next()?.split_whitespace().skip(1);
    let numbers: Vec<u64> = numbers.map_while(|number| number.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is
    // contained in the first two.
    let numbers = numbers.get(..8)?;
    let all: u64 = numbers.iter().sum();
    Some((all, all - numbers[3] - numbers[4]))
}

/// Of one minute.
fn load_average() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The longest of many spins on all processors beside the shortest. One in ten
/// may be interrupted; that is what an operating system does.
fn unevenness() -> f64 {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut taken: Vec<f64> = thread::scope(|scope| {
        let spinning: Vec<_> = (0..processors).map(|_| scope.spawn(spins)).collect();
        let taken = spinning.into_iter().map(thread::ScopedJoinHandle::join);
        taken
            .flat_map(|taken| taken.expect("spinning does not fail"))
            .collect()
    });
    taken.sort_unstable_by(f64::total_cmp);
    taken[taken.len() * 9 / 10] / taken[0]
}

fn spins() -> Vec<f64> {
    let spin = || {
        let start = Instant::now();
        for number in 0..2_000_000_u64 {
            black_box(number);
        }
        start.elapsed().as_secs_f64()
    };
    (0..SPINS).map(|_| spin()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_machine_gives_no_cause() {
        assert!(judged("before", Some(0.02), 1.05, Some(3.0)).is_empty());
        assert!(judged("before", None, 1.05, None).is_empty());
    }

    #[test]
    fn other_work_and_uneven_processors_are_told() {
        let told = judged("after", Some(0.5), 2.0, Some(1.25));
        let expected = [
            "after: others used 50 % of the processors (load average 1.25)",
            "after: the same loop took up to 2.00 times its shortest time",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_time_that_a_hypervisor_took_counts_as_used() {
        let stat = "cpu  10 20 30 100 40 1 2 7 5 5\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(times(stat), Some((210, 70)));
        assert_eq!(times("cpu 1 2"), None);
    }

    #[test]
    fn a_spin_takes_time() {
        assert!(unevenness() >= 1.0);
    }
}
