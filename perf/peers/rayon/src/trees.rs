//! The trees of tasks.

use crate::work::{program, Offer, Size, Work};
use rayon::ThreadPool;

/// One number comes out, and it is known.
struct Tree {
    items: u64,
    expected: u64,
    result: u64,
    grow: Box<dyn Fn() -> u64 + Sync>,
}

impl Work for Tree {
    fn items(&self) -> u64 {
        self.items
    }
    fn run(&mut self, pool: &ThreadPool) {
        let grow = &self.grow;
        self.result = pool.install(grow);
    }
    fn right(&self) -> bool {
        self.result == self.expected
    }
}

fn tree(items: u64, expected: u64, grow: impl Fn() -> u64 + Sync + 'static) -> Box<dyn Work> {
    Box::new(Tree { items, expected, result: 0, grow: Box::new(grow) })
}

/// Calls f(0), f(1), ..., each but the last a task, and sums up.
fn sum_of_children(n: usize, f: impl Fn(usize) -> u64 + Sync) -> u64 {
    let mut below = [0u64; 64];
    if n == 0 {
        return 0;
    }
    rayon::scope(|s| {
        let (others, last) = below[..n].split_at_mut(n - 1);
        for (i, to) in others.iter_mut().enumerate() {
            let f = &f;
            s.spawn(move |_| *to = f(i));
        }
        last[0] = f(n - 1);
    });
    below[..n].iter().sum()
}

fn fib(n: u32) -> u64 {
    if n < 2 {
        return u64::from(n);
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}
fn fib_and_calls(n: u32) -> (u64, u64) {
    let (mut a, mut b, mut calls_a, mut calls_b) = (0u64, 1u64, 1u64, 1u64);
    for _ in 0..n {
        (a, b) = (b, a + b);
        (calls_a, calls_b) = (calls_b, calls_a + calls_b + 1);
    }
    (a, calls_a)
}

fn skynet(first: u64, count: u64) -> u64 {
    if count == 1 {
        return first;
    }
    let each = count / 10;
    sum_of_children(10, |i| skynet(first + i as u64 * each, each))
}

type Board = [i8; 16];
fn free_rows(n: usize, column: usize, queens: &Board, rows: &mut Board) -> usize {
    let mut found = 0;
    for row in 0..n as i32 {
        let threatened = (0..column).any(|c| {
            let (other, apart) = (i32::from(queens[c]), (column - c) as i32);
            other == row || other == row - apart || other == row + apart
        });
        if !threatened {
            rows[found] = row as i8;
            found += 1;
        }
    }
    found
}
fn nqueens(n: usize, column: usize, queens: &Board) -> u64 {
    if column == n {
        return 1;
    }
    let mut rows = Board::default();
    let found = free_rows(n, column, queens, &mut rows);
    sum_of_children(found, |i| {
        let mut next = *queens;
        next[column] = rows[i];
        nqueens(n, column + 1, &next)
    })
}
/// Solutions and boards.
fn serial_nqueens(n: usize, column: usize, queens: &mut Board) -> (u64, u64) {
    if column == n {
        return (1, 1);
    }
    let mut rows = Board::default();
    let found = free_rows(n, column, queens, &mut rows);
    let mut sum = (0, 1);
    for row in &rows[..found] {
        queens[column] = *row;
        let below = serial_nqueens(n, column + 1, queens);
        sum = (sum.0 + below.0, sum.1 + below.1);
    }
    sum
}

#[derive(Clone, Copy)]
struct Node {
    state: u64,
    depth: u32,
}
#[derive(Clone)]
struct Uts {
    depth: u32,
    more_than: [u64; 64],
}
impl Uts {
    fn new(depth: u32) -> Self {
        let mut more_than = [0; 64];
        for (n, threshold) in more_than.iter_mut().enumerate() {
            *threshold = ((1.0 - 0.8f64.powf(n as f64 + 1.0)) * 2f64.powi(64)) as u64;
        }
        Self { depth, more_than }
    }
    fn mix(x: u64) -> u64 {
        let mut x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    fn root() -> Node {
        Node { state: Self::mix(19), depth: 0 }
    }
    fn child(parent: Node, i: usize) -> Node {
        Node { state: Self::mix(parent.state.wrapping_add(i as u64 + 1)), depth: parent.depth + 1 }
    }
    fn children(&self, of: Node) -> usize {
        if of.depth >= self.depth {
            return 0;
        }
        self.more_than.iter().take_while(|&&t| of.state >= t).count()
    }
    fn nodes(&self, of: Node) -> u64 {
        1 + sum_of_children(self.children(of), |i| self.nodes(Self::child(of, i)))
    }
    fn serial(&self, of: Node) -> u64 {
        1 + (0..self.children(of)).map(|i| self.serial(Self::child(of, i))).sum::<u64>()
    }
}

pub fn offers() -> Vec<Offer> {
    vec![
        program("fib", "call", "fib(34)", "fib(27)", |size| {
            let n = if size == Size::Full { 34 } else { 27 };
            let (expected, calls) = fib_and_calls(n);
            tree(calls, expected, move || fib(n))
        }),
        program("skynet", "leaf", "10^6 leaves", "10^5 leaves", |size| {
            let leaves: u64 = if size == Size::Full { 1_000_000 } else { 100_000 };
            tree(leaves, leaves * (leaves - 1) / 2, move || skynet(0, leaves))
        }),
        program("nqueens", "board", "13 queens", "10 queens", |size| {
            let n = if size == Size::Full { 13 } else { 10 };
            let (solutions, boards) = serial_nqueens(n, 0, &mut Board::default());
            tree(boards, solutions, move || nqueens(n, 0, &Board::default()))
        }),
        program(
            "uts",
            "node",
            "geometric, 4 children on average, depth 11",
            "geometric, 4 children on average, depth 8",
            |size| {
                let w = Uts::new(if size == Size::Full { 11 } else { 8 });
                let nodes = w.serial(Uts::root());
                tree(nodes, nodes, move || w.nodes(Uts::root()))
            },
        ),
    ]
}
