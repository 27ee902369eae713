#pragma once

#include <magpie/model/model_atomic.hpp>
#include <magpie/model/model_blocking.hpp>
#include <magpie/model/model_heap.hpp>
#include <magpie/model/model_plain.hpp>

#include <atomic>
#include <cstddef>

namespace magpie::model {

/// The atomics policy under which a lock-free room runs in the model: what `magpie::detail::std_atomics` offers, and
/// the blocking that a room may need. Instantiate the shipped template with it: `fork_deque<item, model::atomics>`.
struct atomics {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using plain = model::plain<T>;
  using mutex = model::mutex;
  using futex = model::futex;

  template <class T>
  static T* make_array(std::size_t count) {
    return model::make_array<T>(count);
  }
  template <class T>
  static void destroy_array(T* first, std::size_t count) {
    model::destroy_array(first, count);
  }

  static void pause() { engine::get().pause(); }
  static void fence(std::memory_order order) { model::fence(order); }
};

}  // namespace magpie::model
