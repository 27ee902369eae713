//! What the pool costs as a whole.

use crate::readings::processor_seconds;
use crate::work::{cost, Measure, Offer, Size, Work};
use rayon::ThreadPool;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A plain thread hands over one small task and waits for its result, after some idleness.
struct RoundTrip {
    idle: Duration,
    install: bool,
    sent: u64,
    got: u64,
}

impl RoundTrip {
    fn boxed(idle_ms: u64, install: bool) -> Box<dyn Work> {
        Box::new(Self { idle: Duration::from_millis(idle_ms), install, sent: 0, got: 0 })
    }
}

impl Work for RoundTrip {
    fn items(&self) -> u64 {
        1
    }
    fn prepare(&mut self) {
        self.sent += 1;
        if !self.idle.is_zero() {
            sleep(self.idle);
        }
    }
    fn run(&mut self, pool: &ThreadPool) {
        let sent = self.sent;
        if self.install {
            self.got = pool.install(|| sent + 1);
            return;
        }
        let (to, from) = std::sync::mpsc::sync_channel(1);
        pool.spawn(move || to.send(sent + 1).expect("somebody waits"));
        self.got = from.recv().expect("it is sent");
    }
    fn right(&self) -> bool {
        self.got == self.sent + 1
    }
}

/// What one sender's tasks have done so far.
struct Progress {
    left: AtomicU64,
    sum: AtomicU64,
    done: Mutex<bool>,
    is_done: Condvar,
}

/// Plain threads hand tasks to the pool as fast as they can.
struct SpawnOutside {
    each: u64,
    all: Vec<Arc<Progress>>,
}

impl SpawnOutside {
    fn boxed(size: Size, senders: u64) -> Box<dyn Work> {
        let each = if size == Size::Full { 40_000 } else { 8_000 } / senders;
        Box::new(Self { each, all: (0..senders).map(|_| Self::progress(each)).collect() })
    }
    fn progress(left: u64) -> Arc<Progress> {
        let (left, sum) = (AtomicU64::new(left), AtomicU64::new(0));
        Arc::new(Progress { left, sum, done: Mutex::new(false), is_done: Condvar::new() })
    }
    fn submit_all(pool: &ThreadPool, progress: &Arc<Progress>, each: u64) {
        for i in 0..each {
            let progress = Arc::clone(progress);
            pool.spawn(move || {
                progress.sum.fetch_add(i, Ordering::Relaxed);
                if progress.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    *progress.done.lock().unwrap() = true;
                    progress.is_done.notify_one();
                }
            });
        }
    }
}

impl Work for SpawnOutside {
    fn items(&self) -> u64 {
        self.each * self.all.len() as u64
    }
    fn run(&mut self, pool: &ThreadPool) {
        for progress in &mut self.all {
            *progress = Self::progress(self.each);
        }
        let (first, others) = self.all.split_first().expect("there is a sender");
        std::thread::scope(|s| {
            for progress in others {
                s.spawn(|| Self::submit_all(pool, progress, self.each));
            }
            Self::submit_all(pool, first, self.each);
        });
        for progress in &self.all {
            drop(progress.is_done.wait_while(progress.done.lock().unwrap(), |done| !*done).unwrap());
        }
    }
    fn right(&self) -> bool {
        self.all.iter().all(|p| p.sum.load(Ordering::Relaxed) == self.each * (self.each - 1) / 2)
    }
}

/// From a fork until both of its children run.
struct Steal {
    arrived: AtomicUsize,
    there: AtomicBool,
    took: Mutex<f64>,
}

impl Steal {
    fn meet(&self, forked: Instant) {
        if self.arrived.fetch_add(1, Ordering::AcqRel) == 1 {
            *self.took.lock().unwrap() = forked.elapsed().as_secs_f64();
            self.there.store(true, Ordering::Release);
            return;
        }
        while !self.there.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        self.there.store(false, Ordering::Relaxed);
    }
}

impl Work for Steal {
    fn items(&self) -> u64 {
        1
    }
    fn prepare(&mut self) {
        self.arrived = AtomicUsize::new(0);
    }
    fn run(&mut self, pool: &ThreadPool) {
        pool.install(|| {
            let forked = Instant::now();
            rayon::join(|| self.meet(forked), || self.meet(forked));
        });
    }
    fn right(&self) -> bool {
        self.arrived.load(Ordering::Acquire) == 2
    }
    fn took(&self) -> Option<f64> {
        Some(*self.took.lock().unwrap())
    }
}

/// Processor time beside time on the wall: of a pool at rest, or of one with one task.
struct Watched {
    length: Duration,
    busy: bool,
    wall: f64,
    cpu: f64,
}

impl Watched {
    fn boxed(millis: u64, busy: bool) -> Box<dyn Work> {
        Box::new(Self { length: Duration::from_millis(millis), busy, wall: 0.0, cpu: 0.0 })
    }
}

impl Work for Watched {
    fn items(&self) -> u64 {
        1
    }
    fn is_prepared(&self) -> bool {
        true
    }
    fn run(&mut self, pool: &ThreadPool) {
        if !self.busy {
            pool.install(|| rayon::scope(|s| (0..100).for_each(|_| s.spawn(|_| {}))));
            sleep(Duration::from_millis(50)); // it lies down
        }
        let (cpu, began) = (processor_seconds(), Instant::now());
        if self.busy {
            let end = began + self.length;
            pool.install(|| while Instant::now() < end {});
        } else {
            sleep(self.length);
        }
        self.wall = began.elapsed().as_secs_f64();
        self.cpu = processor_seconds() - cpu;
    }
    fn right(&self) -> bool {
        self.wall >= self.length.as_secs_f64()
    }
    fn took(&self) -> Option<f64> {
        Some(self.wall)
    }
    fn counted(&self) -> Option<f64> {
        Some(self.cpu)
    }
}

/// One task spawns them all and only then waits for them.
struct Spawned {
    tasks: u64,
    ran: AtomicU64,
}

impl Spawned {
    fn boxed(tasks: u64) -> Box<dyn Work> {
        Box::new(Self { tasks, ran: AtomicU64::new(0) })
    }
}

impl Work for Spawned {
    fn items(&self) -> u64 {
        self.tasks
    }
    fn run(&mut self, pool: &ThreadPool) {
        self.ran = AtomicU64::new(0);
        pool.install(|| {
            rayon::scope(|s| {
                for _ in 0..self.tasks {
                    s.spawn(|_| {
                        self.ran.fetch_add(1, Ordering::Relaxed);
                    });
                }
            })
        });
    }
    fn right(&self) -> bool {
        self.ran.load(Ordering::Relaxed) == self.tasks
    }
}

pub fn offers() -> Vec<Offer> {
    let one = "one small task";
    let trip = |name, make| cost(name, "round trip", one, one, Measure::Latency, make);
    let meeting = "two children that wait for each other";
    vec![
        cost("spawn_outside_1", "task", "40,000 tasks", "8,000 tasks", Measure::Time, |s| SpawnOutside::boxed(s, 1)),
        cost("spawn_outside_4", "task", "40,000 tasks", "8,000 tasks", Measure::Time, |s| SpawnOutside::boxed(s, 4)),
        trip("block_on_0ms", |_| RoundTrip::boxed(0, true)),
        trip("block_on_1ms", |_| RoundTrip::boxed(1, true)),
        trip("block_on_20ms", |_| RoundTrip::boxed(20, true)),
        trip("submit_wait_0ms", |_| RoundTrip::boxed(0, false)),
        trip("submit_wait_1ms", |_| RoundTrip::boxed(1, false)),
        trip("submit_wait_20ms", |_| RoundTrip::boxed(20, false)),
        cost("steal", "steal", meeting, meeting, Measure::Latency, |_| {
            Box::new(Steal { arrived: AtomicUsize::new(0), there: AtomicBool::new(false), took: Mutex::new(0.0) })
        }),
        cost("idle_cpu", "pool", "5 s", "0.5 s", Measure::Idle, |size| {
            Watched::boxed(if size == Size::Full { 5000 } else { 500 }, false)
        }),
        cost("busy_cpu", "pool", "2 s", "0.5 s", Measure::Busy, |size| {
            Watched::boxed(if size == Size::Full { 2000 } else { 500 }, true)
        }),
        cost("memory_spawned_1000000", "task", "1000000 tasks", "1000000 tasks", Measure::Memory, |_| {
            Spawned::boxed(1_000_000)
        }),
        cost("memory_spawned_10000000", "task", "10000000 tasks", "", Measure::Memory, |_| Spawned::boxed(10_000_000)),
    ]
}
