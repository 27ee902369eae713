#pragma once

#include <magpie/model/model_policy.hpp>

#include <cxxabi.h>

#include <atomic>
#include <cstddef>
#include <new>

/// magpie::detail::atomics for a program that runs magpie's own coroutines in the model: MAGPIE_ATOMICS_HEADER is set
/// to this. All threads of the model are one thread of the system, so what the system keeps for each thread is put back
/// whenever a step of the model may have let others run.
namespace gather_atomics {

namespace model = magpie::model;

/// What the C++ ABI keeps of exceptions, a thread: the caught ones, and how many are on their way.
struct exception_state {
  void* caught;
  unsigned int uncaught;
};
inline exception_state& exceptions() noexcept { return *reinterpret_cast<exception_state*>(abi::__cxa_get_globals()); }

/// Sets what the scene's thread that runs now finds in its thread-local variables.
inline void (*put_back)(int thread) = nullptr;

/// Around each step.
class step {
 public:
  step() noexcept : mine_(exceptions()) {}
  step(const step&) = delete;
  step& operator=(const step&) = delete;
  ~step() {
    exceptions() = mine_;
    if (put_back != nullptr) put_back(model::engine::get().self());
  }

 private:
  exception_state mine_;
};

/// How many arrays of slots may still be had.
inline int arrays_left = 0;

struct policy {
  template <class T>
  class atomic {
   public:
    constexpr atomic() = default;
    constexpr atomic(T value) : it_(value) {}

    T load(std::memory_order order) const {
      const step here;
      return it_.load(order);
    }
    void store(T value, std::memory_order order) {
      const step here;
      it_.store(value, order);
    }
    T exchange(T value, std::memory_order order) {
      const step here;
      return it_.exchange(value, order);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success, std::memory_order failure) {
      const step here;
      return it_.compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order success, std::memory_order failure) {
      const step here;
      return it_.compare_exchange_weak(expected, desired, success, failure);
    }
    T fetch_add(T operand, std::memory_order order) {
      const step here;
      return it_.fetch_add(operand, order);
    }
    T fetch_sub(T operand, std::memory_order order) {
      const step here;
      return it_.fetch_sub(operand, order);
    }
    T fetch_or(T operand, std::memory_order order) {
      const step here;
      return it_.fetch_or(operand, order);
    }
    T fetch_and(T operand, std::memory_order order) {
      const step here;
      return it_.fetch_and(operand, order);
    }

   private:
    model::atomic<T> it_;
  };
  template <class T>
  using plain = model::plain<T>;

  template <class T>
  static T* make_array(std::size_t count) {
    if (arrays_left-- <= 0) throw std::bad_alloc();
    return model::make_array<T>(count);
  }
  template <class T>
  static void destroy_array(T* first, std::size_t count) {
    model::destroy_array(first, count);
  }
  static void pause() {
    const step here;
    model::atomics::pause();
  }
  static void yield() { pause(); }
  static const void* this_thread() noexcept {
    static char names[model::thread_slots];
    return &names[model::engine::get().self()];
  }
};

}  // namespace gather_atomics

namespace magpie::detail {

using atomics = gather_atomics::policy;

template <class Atomics>
class spin_lock;

/// A lock that blocks: the spin lock has a room of its own, and keeps what a mutex promises.
template <>
class spin_lock<gather_atomics::policy> {
 public:
  void lock() {
    const gather_atomics::step here;
    lock_.lock();
  }
  void unlock() {
    const gather_atomics::step here;
    lock_.unlock();
  }

 private:
  model::mutex lock_;
};

}  // namespace magpie::detail
