#pragma once

#include <magpie/model/engine.hpp>
#include <magpie/model/model_atomic.hpp>

#include <limits>

namespace magpie::model {

/// The kernel's futex on a word of the model. Orders nothing but the word itself.
struct futex {
  using result = engine::wait_end;

  /// Sleeps if `word` holds `expected`. A sleeper whom nobody wakes is a deadlock.
  template <class T>
  static result wait(atomic<T>& word, T expected) {
    return engine::get().futex_wait(word.id_, &word, encode(expected), engine::patience::endless);
  }
  /// As wait(), but the time may be up at any later moment.
  template <class T>
  static result wait_for_some_time(atomic<T>& word, T expected) {
    return engine::get().futex_wait(word.id_, &word, encode(expected), engine::patience::timed);
  }
  template <class T>
  static int wake(atomic<T>& word, int count) {
    return engine::get().futex_wake(word.id_, &word, count);
  }
  template <class T>
  static int wake_all(atomic<T>& word) {
    return wake(word, std::numeric_limits<int>::max());
  }
  /// As wake(), knowing no more than the address, as the kernel does: the word may be gone.
  static int wake_by_address(const void* word, int count) { return engine::get().futex_wake_at(word, count); }
};

/// Long enough has passed that every store made so far is visible to every thread. That holds on hardware and not in
/// C++: call it after a time-out where a protocol relies on it. Nothing happens-before because of it.
inline void refresh() { engine::get().refresh(); }

/// std::mutex under the model.
class mutex {
 public:
  mutex() = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() {
    engine& model = engine::get();
    step(model);
    if (owner_ == model.self()) model.fail("deadlock: a thread locks the mutex " + model.describe(this) + " twice");
    while (owner_ != nobody) {
      model.block(scene_thread::state::locked_out, this);
      check_alive(model);
    }
    take(model);
  }
  bool try_lock() {
    engine& model = engine::get();
    step(model);
    if (owner_ != nobody) return false;
    take(model);
    return true;
  }
  void unlock() {
    engine& model = engine::get();
    step(model);
    if (owner_ != model.self())
      model.fail("unlock of the mutex " + model.describe(this) + " by a thread that does not hold it");
    handed_.assign(model.now());
    model.thread().current.tick(model.self());
    owner_ = nobody;
    if (model.recording()) model.record("unlock " + model.describe(this));
    model.unlock_waiters(this);
  }

 private:
  static constexpr int nobody = -1;

  void step(engine& model) {
    model.point(this, operation::effect::writes);
    check_alive(model);
  }
  void check_alive(engine& model) const {
    if (model.is_freed(this)) model.fail("use after free of the mutex " + model.describe(this));
  }
  void take(engine& model) {
    owner_ = model.self();
    model.thread().current.join(handed_);
    if (model.recording()) model.record("lock " + model.describe(this));
  }

  int owner_ = nobody;
  view handed_;  // what the last holder knew
};

}  // namespace magpie::model
