//! rayon's parallel iterators, and work on matrices.

use crate::flat::Sorting;
use crate::work::{cost, program, Measure, Offer, Size, Work};
use rayon::prelude::*;
use rayon::ThreadPool;

/// y = 3 x + 1.
struct Loop {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Loop {
    fn boxed(n: usize) -> Box<dyn Work> {
        Box::new(Self { x: (0..n).map(|i| (i % 1000) as f32).collect(), y: vec![0.0; n] })
    }
}

impl Work for Loop {
    fn items(&self) -> u64 {
        self.x.len() as u64
    }
    fn run(&mut self, pool: &ThreadPool) {
        let (x, y) = (&self.x, &mut self.y);
        pool.install(|| y.par_iter_mut().zip(x.par_iter()).for_each(|(y, x)| *y = 3.0 * x + 1.0));
    }
    fn right(&self) -> bool {
        self.x.iter().zip(&self.y).all(|(x, y)| *y == 3.0 * x + 1.0)
    }
}

struct Reduce {
    data: Vec<u32>,
    result: u64,
}

impl Work for Reduce {
    fn items(&self) -> u64 {
        self.data.len() as u64
    }
    fn run(&mut self, pool: &ThreadPool) {
        let data = &self.data;
        self.result = pool.install(|| data.par_iter().map(|&x| u64::from(x) * u64::from(x)).sum());
    }
    fn right(&self) -> bool {
        self.result == self.data.iter().map(|&x| u64::from(x) * u64::from(x)).sum::<u64>()
    }
}

/// A square part of each matrix; their rows are `stride` apart.
#[derive(Clone, Copy)]
struct Part {
    a: *const f64,
    b: *const f64,
    c: *mut f64,
    size: usize,
    stride: usize,
}
// SAFETY: the parts of C that are written at a time have nothing in common.
unsafe impl Send for Part {}
unsafe impl Sync for Part {}

impl Part {
    fn quarter(&self, half: usize, row: usize, col: usize) -> Part {
        let (h, stride) = (self.size / 2, self.stride);
        // SAFETY: within the matrices.
        unsafe {
            Part {
                a: self.a.add(row * h * stride + half * h),
                b: self.b.add(half * h * stride + col * h),
                c: self.c.add(row * h * stride + col * h),
                size: h,
                stride,
            }
        }
    }
    fn multiply(&self) {
        let row = |base: *const f64, i: usize| {
            // SAFETY: within the matrix.
            unsafe { std::slice::from_raw_parts(base.add(i * self.stride), self.size) }
        };
        for i in 0..self.size {
            // SAFETY: within the matrix, and nobody else has this part of C.
            let c = unsafe { std::slice::from_raw_parts_mut(self.c.add(i * self.stride), self.size) };
            for (k, factor) in row(self.a, i).iter().enumerate() {
                for (c, b) in c.iter_mut().zip(row(self.b, k)) {
                    *c += factor * b;
                }
            }
        }
    }
    fn serial(&self) {
        if self.size <= 32 {
            return self.multiply();
        }
        for i in 0..8 {
            self.quarter(i / 4, i / 2 % 2, i % 2).serial();
        }
    }
    fn parallel(&self) {
        if self.size <= 32 {
            return self.multiply();
        }
        for half in 0..2 {
            rayon::scope(|s| {
                for q in 0..3 {
                    let part = self.quarter(half, q / 2, q % 2);
                    s.spawn(move |_| part.parallel());
                }
                self.quarter(half, 1, 1).parallel();
            });
        }
    }
}

struct Matmul {
    n: usize,
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
    expected: Vec<f64>,
}

impl Matmul {
    fn whole(&mut self) -> Part {
        Part { a: self.a.as_ptr(), b: self.b.as_ptr(), c: self.c.as_mut_ptr(), size: self.n, stride: self.n }
    }
    fn boxed(n: usize) -> Box<dyn Work> {
        let number = |i: usize, seed: usize| ((i * 7919 + seed) % 2003) as f64 / 1001.0 - 1.0;
        let mut made = Self {
            n,
            a: (0..n * n).map(|i| number(i, 1)).collect(),
            b: (0..n * n).map(|i| number(i, 2)).collect(),
            c: vec![0.0; n * n],
            expected: Vec::new(),
        };
        made.whole().serial();
        made.expected = made.c.clone();
        Box::new(made)
    }
}

impl Work for Matmul {
    fn items(&self) -> u64 {
        (self.n * self.n * self.n) as u64
    }
    fn is_prepared(&self) -> bool {
        true
    }
    fn prepare(&mut self) {
        self.c.fill(0.0);
    }
    fn run(&mut self, pool: &ThreadPool) {
        let whole = self.whole();
        pool.install(|| whole.parallel());
    }
    fn right(&self) -> bool {
        self.c == self.expected
    }
}

const SIDE: usize = 512;
const STRIPES: usize = 32;

struct Stencil {
    steps: usize,
    even: Vec<f64>,
    odd: Vec<f64>,
    expected: Vec<f64>,
}

fn stencil_stripe(from: &[f64], to: &mut [f64], index: usize) {
    let rows = SIDE / STRIPES;
    for (i, out) in to.chunks_mut(SIDE).enumerate() {
        let y = index * rows + i;
        if y == 0 || y == SIDE - 1 {
            continue; // the border stays as it is
        }
        let (above, middle, below) =
            (&from[(y - 1) * SIDE..y * SIDE], &from[y * SIDE..(y + 1) * SIDE], &from[(y + 1) * SIDE..(y + 2) * SIDE]);
        for x in 1..SIDE - 1 {
            out[x] = 0.25 * (middle[x - 1] + middle[x + 1] + above[x] + below[x]);
        }
    }
}

impl Stencil {
    fn boxed(steps: usize) -> Box<dyn Work> {
        let mut made = Self { steps, even: vec![0.0; SIDE * SIDE], odd: vec![0.0; SIDE * SIDE], expected: Vec::new() };
        made.prepare();
        for step in 0..steps {
            let (from, to) = made.sides(step);
            for (i, stripe) in to.chunks_mut(SIDE * SIDE / STRIPES).enumerate() {
                stencil_stripe(from, stripe, i);
            }
        }
        made.expected = made.last().clone();
        Box::new(made)
    }
    fn sides(&mut self, step: usize) -> (&[f64], &mut [f64]) {
        if step % 2 == 0 {
            (&self.even, &mut self.odd)
        } else {
            (&self.odd, &mut self.even)
        }
    }
    fn last(&self) -> &Vec<f64> {
        if self.steps % 2 == 0 {
            &self.even
        } else {
            &self.odd
        }
    }
}

impl Work for Stencil {
    fn items(&self) -> u64 {
        (self.steps * STRIPES) as u64
    }
    fn is_prepared(&self) -> bool {
        true
    }
    fn prepare(&mut self) {
        for (i, (even, odd)) in self.even.iter_mut().zip(&mut self.odd).enumerate() {
            *even = (i * 7919 % 1000) as f64;
            *odd = *even;
        }
    }
    fn run(&mut self, pool: &ThreadPool) {
        pool.install(|| {
            for step in 0..self.steps {
                let (from, to) = self.sides(step);
                rayon::scope(|s| {
                    for (i, stripe) in to.chunks_mut(SIDE * SIDE / STRIPES).enumerate() {
                        s.spawn(move |_| stencil_stripe(from, stripe, i));
                    }
                });
            }
        });
    }
    fn right(&self) -> bool {
        *self.last() == self.expected
    }
}

pub fn offers() -> Vec<Offer> {
    let time = Measure::Time;
    vec![
        program("matmul", "multiplication and addition", "1024 x 1024 doubles", "256 x 256 doubles", |size| {
            Matmul::boxed(if size == Size::Full { 1024 } else { 256 })
        }),
        program(
            "stencil",
            "stripe",
            "500 steps of 32 stripes, 512 x 512 doubles",
            "50 steps of 32 stripes, 512 x 512 doubles",
            |size| Stencil::boxed(if size == Size::Full { 500 } else { 50 }),
        ),
        cost("parallel_for_10000000", "item", "10000000 floats", "10000000 floats", time, |_| Loop::boxed(10_000_000)),
        cost("parallel_for_100000", "item", "100000 floats", "100000 floats", time, |_| Loop::boxed(100_000)),
        cost("parallel_for_1000", "item", "1000 floats", "1000 floats", time, |_| Loop::boxed(1000)),
        cost("parallel_sort_10000000", "number", "10^7 numbers", "10^6 numbers", time, |size| {
            Sorting::boxed(size, |data| data.par_sort_unstable())
        }),
        cost("parallel_reduce", "item", "10^7 integers", "10^6 integers", time, |size| {
            let n = if size == Size::Full { 10_000_000 } else { 1_000_000 };
            Box::new(Reduce { data: (0..n).map(|i| i % 1021).collect(), result: 0 })
        }),
    ]
}
