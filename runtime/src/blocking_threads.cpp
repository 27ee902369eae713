#include "blocking_threads.hpp"
#include "timer_service.hpp"

#include <chrono>
#include <system_error>

namespace magpie::detail {
namespace {

/// A thread that has had nothing to do for so long ends.
constexpr std::chrono::seconds patience{10};

constinit thread_local const blocking_threads* served = nullptr;

}  // namespace

void blocking_threads::call(blocking_call& c) {
  threads ended;
  {
    const std::lock_guard hold(lock_);
    c.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &c;
    blocking_call* const before = last_;
    last_ = &c;
    ++queued_;
    if (queued_ > idle_ && running_.size() < most_) {  // K2, K3
      try {
        start_thread();
      } catch (const std::system_error&) {
        if (running_.empty()) {  // else it waits its turn
          last_ = before;
          (before != nullptr ? before->next : first_) = nullptr;
          --queued_;
          throw;
        }
      }
    }
    ++calls_;
    ended.swap(ended_);
  }
  news_.notify_one();
  join_all(ended);
}

void blocking_threads::start_thread() {
  const auto self = running_.emplace(running_.end());
  try {
    *self = thread_parts::thread([this, self] {
      name_this_thread(thread_name_, "block");
      serve(self);
    });
  } catch (...) {
    running_.erase(self);
    throw;
  }
}

void blocking_threads::serve(threads::iterator self) noexcept {
  served = this;
  std::unique_lock hold(lock_);
  for (;;) {
    if (first_ == nullptr) {
      ++idle_;
      const bool some = news_.wait_for(hold, patience, [this] { return first_ != nullptr || over_; });
      --idle_;
      if (first_ == nullptr && (over_ || !some)) break;  // K1: not if there is a call
    }
    blocking_call* const c = first_;
    first_ = c->next;
    if (first_ == nullptr) last_ = nullptr;
    --queued_;
    hold.unlock();
    c->run(c);  // *c may be gone
    hold.lock();
  }
  ended_.splice(ended_.end(), running_, self);
  if (over_) news_.notify_all();  // K4: under the lock: stop() goes on only after us
}

void blocking_threads::stop() noexcept {
  threads ended;
  {
    std::unique_lock hold(lock_);
    over_ = true;
    news_.notify_all();
    news_.wait(hold, [this] { return running_.empty(); });
    ended.swap(ended_);
  }
  join_all(ended);
}

bool blocking_threads::here() const noexcept { return served == this; }

blocking_threads::figures blocking_threads::read() const {
  const std::lock_guard hold(lock_);
  return {calls_, running_.size()};
}

void blocking_threads::join_all(threads& ended) noexcept {
  for (thread_parts::thread& t : ended) t.join();
}

}  // namespace magpie::detail
