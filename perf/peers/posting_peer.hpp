#pragma once

#include <semaphore>

namespace perf {

/// A peer whose tasks are functions that must not wait: one can only post(f), from anywhere, and f runs on a thread of
/// the pool. What waits for others is written as what the last of them calls.
template <class P>
concept posting_peer = requires(P& p, void (&f)()) { p.post(f); };

/// From outside: calls begin(over) in the pool and returns when over() was called.
template <posting_peer P>
void post_and_wait(P& p, auto&& begin) {
  std::binary_semaphore done(0);
  p.post([&] { begin([&done] { done.release(); }); });
  done.acquire();
}

}  // namespace perf
