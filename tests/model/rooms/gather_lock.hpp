#pragma once

#include <magpie/lockfree/spin_lock.hpp>
#include <magpie/model/model_blocking.hpp>

namespace magpie::detail {

/// For programs whose atomics are gather_atomics: a lock that blocks. The spin lock has a room of its own, and keeps
/// what a mutex promises.
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
