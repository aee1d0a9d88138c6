//! The history checker under its own test: it finds each fault that is planted, finds
//! none where there is none, and agrees with a judge who looks at everything.

#[path = "history/naive.rs"]
mod naive;
#[path = "history/planted.rs"]
mod planted;
#[path = "history/random.rs"]
mod random;
#[path = "history/telling.rs"]
mod telling;
