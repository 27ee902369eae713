//! What a workload is, and which there are.

use crate::{flat, loops, pool_costs, trees};
use rayon::ThreadPool;

#[derive(Clone, Copy, PartialEq)]
pub enum Size {
    Full,
    Quick,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Measure {
    Time,
    Latency,
    Memory,
    Idle,
    Busy,
}

pub struct Facts {
    pub name: &'static str,
    pub kind: &'static str,
    pub unit: &'static str,
    pub full: &'static str,
    pub quick: &'static str,
    pub measure: Measure,
    pub least_threads: usize,
}

pub trait Work {
    fn items(&self) -> u64;
    /// Before each run, not timed.
    fn prepare(&mut self) {}
    fn run(&mut self, pool: &ThreadPool);
    /// Whether the last run's result was the serial one.
    fn right(&self) -> bool;
    /// A run is prepared or times itself: one run a sample.
    fn is_prepared(&self) -> bool {
        false
    }
    fn took(&self) -> Option<f64> {
        None
    }
    fn counted(&self) -> Option<f64> {
        None
    }
}

pub struct Offer {
    pub facts: Facts,
    pub make: fn(Size) -> Box<dyn Work>,
}

/// A whole program.
pub fn program(
    name: &'static str,
    unit: &'static str,
    full: &'static str,
    quick: &'static str,
    make: fn(Size) -> Box<dyn Work>,
) -> Offer {
    Offer { facts: Facts { name, kind: "macro", unit, full, quick, measure: Measure::Time, least_threads: 1 }, make }
}

/// What one thing costs.
pub fn cost(
    name: &'static str,
    unit: &'static str,
    full: &'static str,
    quick: &'static str,
    measure: Measure,
    make: fn(Size) -> Box<dyn Work>,
) -> Offer {
    let least_threads = if name == "steal" || measure == Measure::Busy { 2 } else { 1 };
    Offer { facts: Facts { name, kind: "micro", unit, full, quick, measure, least_threads }, make }
}

pub fn offers() -> Vec<Offer> {
    let mut all = trees::offers();
    all.extend(flat::offers());
    all.extend(pool_costs::offers());
    all.extend(loops::offers());
    all
}

pub const LACKING: &[(&str, &str)] = &[
    ("wait_any_1000", "rayon waits for whole scopes, not for the first of their tasks."),
    ("as_completed_1000", "rayon waits for whole scopes, not for one of their tasks after the other."),
    ("ping_pong", "rayon's tasks are calls that return; none waits for another to wake it."),
    ("yield", "rayon 1.6's tasks are calls that return; yield_now() came later."),
    ("timer_arm_disarm_1", "rayon has no timers."),
    ("timer_arm_disarm_1000000", "rayon has no timers."),
    ("timer_fire_1", "rayon has no timers."),
    ("timer_fire_1000000", "rayon has no timers."),
    ("deadline_overshoot", "rayon has no deadlines."),
    ("cancel_1", "rayon has no cancellation: a parallel iterator can end early, a task cannot."),
    ("cancel_1000", "rayon has no cancellation: a parallel iterator can end early, a task cannot."),
    ("cancel_1000000", "rayon has no cancellation: a parallel iterator can end early, a task cannot."),
    ("memory_gather_limit_1000000", "rayon has nothing that limits how many tasks of a scope are under way."),
    ("parallel_scan", "rayon's iterators have no prefix sums."),
];
