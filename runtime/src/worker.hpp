#pragma once

#include <magpie/base/random.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/lockfree/injection_queue.hpp>
#include <magpie/lockfree/run_queue.hpp>
#include <magpie/lockfree/sleeper.hpp>

#include <coroutine>
#include <cstdint>
#include <thread>

namespace magpie::detail {

class pool;

/// One thread of a pool: where it finds work, and how it rests.
class worker : public worker_context {
 public:
  worker(pool& p, unsigned index);

  /// The thread's whole life.
  void run() noexcept;

  /// On a thread that has borrowed this worker (parking.md, P7): runs what the errand starts and forks, here and where
  /// others have stolen it, until it is over, or for some time nothing is left but what waits for others.
  void run_errand(errand& e) noexcept;

  // On this worker.
  void push(runnable& r, placement where) noexcept;
  void push_new(runnable& r) noexcept;
  unsigned index() const noexcept { return index_; }

  // Any thread.
  bool has_visible_work() const noexcept;

  std::thread thread;
  tally<> started;
  tally<> finished;
  tally<> steals;
  tally<> sleeps;

 private:
  friend class pool;

  // Where work comes from, in this order; empty handles mean none.
  std::coroutine_handle<> find() noexcept;
  std::coroutine_handle<> sibling() noexcept;
  std::coroutine_handle<> own_work() noexcept;
  std::coroutine_handle<> injected_work() noexcept;
  std::coroutine_handle<> one_of(injection_queue<runnable>& of_level) noexcept;
  std::coroutine_handle<> stolen_work() noexcept;
  std::coroutine_handle<> next_part_of(const errand& e) noexcept;
  std::coroutine_handle<> stolen_part_of(const errand& e) noexcept;
  std::coroutine_handle<> steal_from(worker& victim) noexcept;
  bool stays_there(const void* place, std::uint64_t item, std::int64_t so_long) noexcept;

  gather_block* take_fork() noexcept;
  gather_block* stolen_fork(worker& victim) noexcept;
  template <class Use>
  std::coroutine_handle<> first_of_others(Use use) noexcept;
  void push_back(runnable* r) noexcept;

  std::coroutine_handle<> find_or_rest() noexcept;
  bool keep_searching() noexcept;
  void found_work() noexcept;

  pool& pool_;
  const unsigned index_;
  random_source random_;
  unsigned lifo_in_a_row_ = 0;
  unsigned turns_ = 0;
  bool worked_ = false;
  unsigned looks_ = 0;  // that found nothing, since the search began
  std::int64_t search_until_ = 0;
  // What stood where only its worker should take it, and since when we know.
  struct {
    const void* place = nullptr;
    std::uint64_t item = 0;
    std::int64_t since = 0;
  } watched_;

  lifo_slot<runnable> newest_;
  run_queue<runnable> queue_;
  sleeper<> sleeper_;
};

}  // namespace magpie::detail
