#pragma once

#include "peers/posting_peer.hpp"
#include "workloads/fibonacci.hpp"
#include "workloads/matmul.hpp"
#include "workloads/nqueens.hpp"
#include "workloads/quicksort.hpp"
#include "workloads/skynet.hpp"
#include "workloads/uts.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <semaphore>

/// The trees of tasks, for peers whose tasks must not wait. A node's sum and the number of children that it waits for
/// are on the heap; the last child goes on in the parent's place.
namespace perf {

struct posted_node {
  posted_node(posted_node* over, std::uint64_t own, unsigned children) : parent(over), sum(own), left(children) {}

  posted_node* parent;  ///< null: a root, which stays
  std::atomic<std::uint64_t> sum;
  std::atomic<unsigned> left;
  std::binary_semaphore done{0};
};

/// A child's result. Whoever brings the last goes on to the node's parent.
inline void posted_result(posted_node* to, std::uint64_t value) {
  for (;;) {
    to->sum.fetch_add(value, std::memory_order_relaxed);
    // Whoever takes the last one sees what all the others have added.
    if (to->left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (to->parent == nullptr) return to->done.release();
    const std::unique_ptr<posted_node> ends(to);
    value = to->sum.load(std::memory_order_relaxed);
    to = to->parent;
  }
}

/// grow(root): from a task; sees to it that the root gets one result.
template <posting_peer P>
std::uint64_t posted_sum(P& p, auto&& grow) {
  posted_node root(nullptr, 0, 1);
  p.post([&] { grow(&root); });
  root.done.acquire();
  return root.sum.load();
}

/// Children but the last are posted; the last is a plain call.
template <posting_peer P>
void posted_children(P& p, unsigned n, auto grow) {
  for (unsigned i = 0; i + 1 < n; ++i) p.post([grow, i] { grow(i); });
  grow(n - 1);
}

template <posting_peer P>
void posted_fib(P& p, unsigned n, posted_node* to) {
  if (n < 2) return posted_result(to, n);
  auto* const here = new posted_node(to, 0, 2);
  posted_children(p, 2, [&p, n, here](unsigned i) { posted_fib(p, n - 1 - i, here); });
}
template <posting_peer P>
void solve(P& p, fib& w) {
  w.result = posted_sum(p, [&](posted_node* root) { posted_fib(p, w.n, root); });
}

template <posting_peer P>
void posted_skynet(P& p, std::uint64_t first, std::uint64_t count, posted_node* to) {
  if (count == 1) return posted_result(to, first);
  const std::uint64_t each = count / skynet::width;
  auto* const here = new posted_node(to, 0, skynet::width);
  posted_children(p, skynet::width,
                  [&p, first, each, here](unsigned i) { posted_skynet(p, first + i * each, each, here); });
}
template <posting_peer P>
void solve(P& p, skynet& w) {
  w.result = posted_sum(p, [&](posted_node* root) { posted_skynet(p, 0, w.leaves, root); });
}

template <posting_peer P>
void posted_nqueens(P& p, unsigned n, unsigned column, const nqueens::board& queens, posted_node* to) {
  if (column == n) return posted_result(to, 1);
  nqueens::board rows;
  const unsigned found = nqueens::free_rows(n, column, queens, rows);
  if (found == 0) return posted_result(to, 0);
  auto* const here = new posted_node(to, 0, found);
  nqueens::board next = queens;
  for (unsigned i = 0; i < found; ++i) {
    next[column] = rows[i];
    if (i + 1 == found) return posted_nqueens(p, n, column + 1, next, here);
    p.post([&p, n, column, next, here] { posted_nqueens(p, n, column + 1, next, here); });
  }
}
template <posting_peer P>
void solve(P& p, nqueens& w) {
  w.result = posted_sum(p, [&](posted_node* root) { posted_nqueens(p, w.n, 0, {}, root); });
}

template <posting_peer P>
void posted_uts(P& p, const uts& w, uts::node of, posted_node* to) {
  const unsigned n = w.children(of);
  if (n == 0) return posted_result(to, 1);
  auto* const here = new posted_node(to, 1, n);
  posted_children(p, n, [&p, &w, of, here](unsigned i) { posted_uts(p, w, w.child(of, i), here); });
}
template <posting_peer P>
void solve(P& p, uts& w) {
  w.result = posted_sum(p, [&](posted_node* root) { posted_uts(p, w, w.root(), root); });
}

template <posting_peer P>
void posted_quicksort(P& p, quicksort::numbers part, posted_node* to) {
  if (quicksort::is_leaf(part)) {
    quicksort::sort_leaf(part);
    return posted_result(to, 0);
  }
  const auto halves = quicksort::split(part);
  auto* const here = new posted_node(to, 0, 2);
  posted_children(p, 2,
                  [&p, halves, here](unsigned i) { posted_quicksort(p, i == 0 ? halves.first : halves.second, here); });
}
template <posting_peer P>
void solve(P& p, quicksort& w) {
  posted_sum(p, [&](posted_node* root) { posted_quicksort(p, w.whole(), root); });
}

/// Four products of quarters, and when the last of them is done, four more.
template <posting_peer P>
struct posted_product {
  P* pool;
  matmul::part of;
  posted_product* parent;
  std::binary_semaphore* over;  ///< of the root
  unsigned half = 0;
  std::atomic<unsigned> left{4};

  void begin_half() {
    posted_children(*pool, 4, [this](unsigned i) { product(*pool, of.quarter(half, i / 2, i % 2), this, nullptr); });
  }

  static void product(P& pool, const matmul::part& of, posted_product* parent, std::binary_semaphore* over) {
    if (!of.is_leaf()) return (new posted_product{&pool, of, parent, over})->begin_half();
    of.multiply();
    done(parent, over);
  }
  static void done(posted_product* with, std::binary_semaphore* over) {
    while (with != nullptr) {
      if (with->left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      if (with->half == 0) {
        with->half = 1;
        with->left.store(4, std::memory_order_relaxed);  // relaxed: post() hands it on
        return with->begin_half();
      }
      const std::unique_ptr<posted_product> ends(with);
      over = with->over;
      with = with->parent;
    }
    over->release();
  }
};
template <posting_peer P>
void solve(P& p, matmul& w) {
  std::binary_semaphore over(0);
  p.post([&] { posted_product<P>::product(p, w.whole(), nullptr, &over); });
  over.acquire();
}

}  // namespace perf
