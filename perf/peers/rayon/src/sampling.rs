//! How samples are taken: as the runners in C++ do it.

use crate::readings::{forget_peak, peak_resident_bytes, processor_seconds, resident_bytes, waited_for_cpu};
use crate::work::{Facts, Measure, Work};
use rayon::ThreadPool;
use std::time::{Duration, Instant};

pub struct Sample {
    pub wall: f64,
    pub cpu: f64,
    pub waited: f64,
    pub runs: u64,
}

#[derive(Default)]
pub struct Sampled {
    pub samples: Vec<Sample>,
    pub latency_ns: Vec<f64>,
    pub peak_bytes: u64,
    pub right: bool,
}

struct Stopwatch {
    waited: f64,
    cpu: f64,
    began: Instant,
}

impl Stopwatch {
    fn start() -> Self {
        Self { waited: waited_for_cpu(), cpu: processor_seconds(), began: Instant::now() }
    }
    fn stop(self, runs: u64) -> Sample {
        let wall = self.began.elapsed().as_secs_f64();
        // A thread that has ended takes its share along: what is left may be less than before.
        let waited = (waited_for_cpu() - self.waited).max(0.0);
        // A thread's time is added to the process's when it leaves its CPU.
        std::thread::sleep(Duration::from_millis(3));
        let cpu = processor_seconds() - self.cpu;
        let n = runs as f64;
        Sample { wall: wall / n, cpu: cpu / n, waited: waited / n, runs }
    }
}

/// On a pool that has done nothing yet: warms up, and shows the peak of memory.
fn first_run(work: &mut dyn Work, pool: &ThreadPool, to: &mut Sampled) -> f64 {
    work.prepare();
    forget_peak();
    let before = resident_bytes();
    let began = Instant::now();
    work.run(pool);
    let took = began.elapsed().as_secs_f64();
    to.peak_bytes = peak_resident_bytes().saturating_sub(before);
    to.right &= work.right();
    took
}

fn timed_run(work: &mut dyn Work, pool: &ThreadPool) -> Sample {
    work.prepare();
    let watch = Stopwatch::start();
    work.run(pool);
    let mut taken = watch.stop(1);
    taken.wall = work.took().unwrap_or(taken.wall);
    taken.cpu = work.counted().unwrap_or(taken.cpu);
    taken
}

fn take_samples(work: &mut dyn Work, pool: &ThreadPool, samples: usize, seconds: f64, of_a_run: f64, to: &mut Sampled) {
    let repetitions = (seconds / of_a_run.max(1e-9)).clamp(1.0, samples as f64);
    let of_a_sample = (seconds / repetitions / 2.0).min(0.02);
    let runs = if work.is_prepared() { 1 } else { (of_a_sample / of_a_run.max(1e-9)).ceil().clamp(1.0, 1e9) as u64 };
    for _ in 0..repetitions as usize {
        if work.is_prepared() {
            to.samples.push(timed_run(work, pool));
        } else {
            let watch = Stopwatch::start();
            for _ in 0..runs {
                work.run(pool);
            }
            to.samples.push(watch.stop(runs));
        }
        to.right &= work.right();
    }
}

/// Each run is an observation of its own.
fn take_latencies(work: &mut dyn Work, pool: &ThreadPool, samples: usize, seconds: f64, to: &mut Sampled) {
    let enough = if samples == 1 { 20 } else { 20_000 };
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let watch = Stopwatch::start();
    while to.latency_ns.len() < enough && (to.latency_ns.len() < 3 || Instant::now() < end) {
        work.prepare();
        let began = Instant::now();
        work.run(pool);
        let took = began.elapsed().as_secs_f64();
        to.latency_ns.push(work.took().unwrap_or(took) * 1e9);
        to.right &= work.right();
    }
    to.samples.push(watch.stop(1));
}

pub fn measured(facts: &Facts, work: &mut dyn Work, pool: &ThreadPool, samples: usize, seconds: f64) -> Sampled {
    let mut all = Sampled { right: true, ..Sampled::default() };
    match facts.measure {
        Measure::Time => {
            let of_a_run = first_run(work, pool, &mut all);
            take_samples(work, pool, samples, seconds, of_a_run, &mut all);
        }
        Measure::Latency => {
            for _ in 0..3 {
                first_run(work, pool, &mut all);
            }
            take_latencies(work, pool, samples, seconds, &mut all);
        }
        Measure::Memory => {
            let wall = first_run(work, pool, &mut all);
            all.samples.push(Sample { wall, cpu: 0.0, waited: 0.0, runs: 1 });
        }
        Measure::Idle | Measure::Busy => {
            all.samples.push(timed_run(work, pool));
            all.right &= work.right();
        }
    }
    all
}
