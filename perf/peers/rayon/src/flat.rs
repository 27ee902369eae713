//! Many tasks of one parent, and parts of arrays.

use crate::work::{cost, program, Measure, Offer, Size, Work};
use rayon::ThreadPool;

/// n tasks that put their number into a row, which is summed up; so many times.
struct Numbers {
    phases: u64,
    n: usize,
    step: u64,
    unit_is_phase: bool,
    result: u64,
}

impl Numbers {
    fn boxed(phases: u64, n: usize, step: u64, unit_is_phase: bool) -> Box<dyn Work> {
        Box::new(Self { phases, n, step, unit_is_phase, result: 0 })
    }
}

impl Work for Numbers {
    fn items(&self) -> u64 {
        if self.unit_is_phase {
            self.phases
        } else {
            self.phases * self.n as u64
        }
    }
    fn run(&mut self, pool: &ThreadPool) {
        let mut values = vec![0u64; self.n];
        self.result = pool.install(|| {
            let mut sum = 0;
            for phase in 0..self.phases {
                rayon::scope(|s| {
                    for (i, to) in values.iter_mut().enumerate() {
                        let number = phase * self.step + i as u64;
                        s.spawn(move |_| *to = number);
                    }
                });
                sum += values.iter().sum::<u64>();
            }
            sum
        });
    }
    fn right(&self) -> bool {
        let n = self.n as u64;
        let of_a_phase = |phase: u64| phase * self.step * n + n * (n - 1) / 2;
        self.result == (0..self.phases).map(of_a_phase).sum::<u64>()
    }
}

/// As the runners in C++ choose them.
fn rounds(size: Size, children: u64) -> u64 {
    let all = if size == Size::Full { 100_000 } else { 20_000 };
    (all / children).max(1)
}

fn random_numbers(n: usize) -> Vec<i32> {
    let mut state = 1u64;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as i32
    })
    .take(n)
    .collect()
}

/// An array that is sorted in its place.
pub struct Sorting {
    input: Vec<i32>,
    data: Vec<i32>,
    expected: Vec<i32>,
    sort: fn(&mut [i32]),
}

impl Sorting {
    pub fn boxed(size: Size, sort: fn(&mut [i32])) -> Box<dyn Work> {
        let input = random_numbers(if size == Size::Full { 10_000_000 } else { 1_000_000 });
        let mut expected = input.clone();
        expected.sort_unstable();
        Box::new(Self { data: input.clone(), input, expected, sort })
    }
}

impl Work for Sorting {
    fn items(&self) -> u64 {
        self.data.len() as u64
    }
    fn is_prepared(&self) -> bool {
        true
    }
    fn prepare(&mut self) {
        self.data.copy_from_slice(&self.input);
    }
    fn run(&mut self, pool: &ThreadPool) {
        let (data, sort) = (&mut self.data, self.sort);
        pool.install(|| sort(data));
    }
    fn right(&self) -> bool {
        self.data == self.expected
    }
}

fn quicksort(part: &mut [i32]) {
    if part.len() <= 2048 {
        return part.sort_unstable();
    }
    // The median of three goes to the front, so that the first part of Hoare's scheme is never all.
    let (middle, last) = (part.len() / 2, part.len() - 1);
    if part[middle] < part[0] {
        part.swap(middle, 0);
    }
    if part[last] < part[middle] {
        part.swap(last, middle);
    }
    if part[middle] < part[0] {
        part.swap(middle, 0);
    }
    part.swap(0, middle);
    let pivot = part[0];
    let (mut low, mut high) = (0, last);
    loop {
        while part[low] < pivot {
            low += 1;
        }
        while part[high] > pivot {
            high -= 1;
        }
        if low >= high {
            break;
        }
        part.swap(low, high);
        low += 1;
        high -= 1;
    }
    let (first, second) = part.split_at_mut(high + 1);
    rayon::join(|| quicksort(first), || quicksort(second));
}

struct Mandelbrot {
    rows: Vec<u64>,
    expected: Vec<u64>,
}

fn mandelbrot_row(y: usize, of: usize) -> u64 {
    let step = 3.0 / of as f64;
    let imaginary = -1.5 + step * y as f64;
    let mut sum = 0;
    for x in 0..of {
        let real = -2.25 + step * x as f64;
        let (mut a, mut b, mut steps) = (0.0f64, 0.0f64, 0);
        while steps < 1000 && a * a + b * b < 4.0 {
            (a, b) = (a * a - b * b + real, 2.0 * a * b + imaginary);
            steps += 1;
        }
        sum += steps;
    }
    sum
}

impl Work for Mandelbrot {
    fn items(&self) -> u64 {
        self.rows.len() as u64
    }
    fn is_prepared(&self) -> bool {
        true
    }
    fn prepare(&mut self) {
        self.rows.fill(0);
    }
    fn run(&mut self, pool: &ThreadPool) {
        let (rows, of) = (&mut self.rows, self.expected.len());
        pool.install(|| {
            rayon::scope(|s| {
                for (y, to) in rows.iter_mut().enumerate() {
                    s.spawn(move |_| *to = mandelbrot_row(y, of));
                }
            })
        });
    }
    fn right(&self) -> bool {
        self.rows == self.expected
    }
}

pub fn offers() -> Vec<Offer> {
    let time = Measure::Time;
    vec![
        program("quicksort", "number", "10^7 numbers", "10^6 numbers", |size| Sorting::boxed(size, quicksort)),
        program("mandelbrot", "row", "512 rows of 512 points", "128 rows of 128 points", |size| {
            let of = if size == Size::Full { 512 } else { 128 };
            Box::new(Mandelbrot { rows: vec![0; of], expected: (0..of).map(|y| mandelbrot_row(y, of)).collect() })
        }),
        cost("spawn_inside", "task", "100,000, by thousands", "20,000, by thousands", time, |size| {
            Numbers::boxed(if size == Size::Full { 100 } else { 20 }, 1000, 1000, false)
        }),
        cost("group_spawn_join", "group", "20,000 groups of 4 tasks", "2,000 groups of 4 tasks", time, |size| {
            Numbers::boxed(if size == Size::Full { 20_000 } else { 2_000 }, 4, 4, true)
        }),
        cost("gather_2", "child", "50000 rounds of 2 children", "10000 rounds of 2 children", time, |size| {
            Numbers::boxed(rounds(size, 2), 2, 0, false)
        }),
        cost("gather_10", "child", "10000 rounds of 10 children", "2000 rounds of 10 children", time, |size| {
            Numbers::boxed(rounds(size, 10), 10, 0, false)
        }),
        cost("gather_1000", "child", "100 rounds of 1000 children", "20 rounds of 1000 children", time, |size| {
            Numbers::boxed(rounds(size, 1000), 1000, 0, false)
        }),
        cost("gather_1000000", "child", "1 round of 1000000 children", "1 round of 1000000 children", time, |size| {
            Numbers::boxed(rounds(size, 1_000_000), 1_000_000, 0, false)
        }),
    ]
}
