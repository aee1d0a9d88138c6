//! Whether a load runs, waits or is refused.

use super::Bulkhead;

/// What a load does that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enter {
    Run,
    Queue,
    Refuse,
}

/// While so many run and so many wait.
///
/// Who comes does not overtake those who wait, even if a place is free for the
/// moment that the first of them needs to take it.
pub(crate) fn enter(config: &Bulkhead, running: usize, queued: usize) -> Enter {
    if running < config.loads && queued == 0 {
        Enter::Run
    } else if queued < config.queue {
        Enter::Queue
    } else {
        Enter::Refuse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_bulkhead_in_every_state() {
        for (loads, queue) in (1..5).flat_map(|loads| (0..5).map(move |queue| (loads, queue))) {
            let config = Bulkhead::new(loads).queue(queue);
            for (running, queued) in (0..7).flat_map(|r| (0..7).map(move |q| (r, q))) {
                let expected = match (running < loads, queued) {
                    (true, 0) => Enter::Run,
                    (_, queued) if queued < queue => Enter::Queue,
                    _ => Enter::Refuse,
                };
                assert_eq!(enter(&config, running, queued), expected);
            }
        }
    }

    /// Loads come and go in every order: the bounds hold, and nobody waits or is
    /// refused without need.
    #[test]
    fn the_bounds_hold_from_every_state_that_can_be_reached() {
        for (loads, queue) in (1..4).flat_map(|loads| (0..4).map(move |queue| (loads, queue))) {
            let config = Bulkhead::new(loads).queue(queue);
            let mut seen = std::collections::HashSet::new();
            let mut open = vec![(0, 0)];
            while let Some((running, queued)) = open.pop() {
                if !seen.insert((running, queued)) {
                    continue;
                }
                assert!(running <= loads && queued <= queue);
                assert!(
                    queued == 0 || running == loads,
                    "somebody waits for nothing"
                );
                match enter(&config, running, queued) {
                    Enter::Run => open.push((running + 1, queued)),
                    Enter::Queue => open.push((running, queued + 1)),
                    Enter::Refuse => assert_eq!((running, queued), (loads, queue)),
                }
                // One that waits gives up; one that runs ends and the first that waits
                // has its place.
                if queued > 0 {
                    open.push((running, queued - 1));
                } else if running > 0 {
                    open.push((running - 1, 0));
                }
            }
            assert_eq!(seen.len(), loads + queue + 1);
        }
    }
}
