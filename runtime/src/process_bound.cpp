#include <magpie/services/process_bound.hpp>

#include <pthread.h>

namespace magpie::detail {
namespace {

// Locked in this order. A fork() takes both, and so finds both free in the child.
constinit std::mutex forks;
constinit std::mutex lists;
constinit intrusive_list<process_bound> announced;  // guarded by lists
constinit intrusive_list<process_bound> left_over;  // written while a child has one thread; keeps them reachable

}  // namespace

constinit bool process_bound::any_inherited_ = false;

struct fork_handlers {
  static void before() noexcept {
    forks.lock();
    lists.lock();
  }
  static void in_parent() noexcept {
    lists.unlock();
    forks.unlock();
  }
  static void in_child() noexcept {
    while (process_bound* const p = announced.pop_front()) {
      p->inherited_ = true;
      process_bound::any_inherited_ = true;
      p->inherit();
      left_over.push_back(p);
    }
    in_parent();
  }
};

namespace {

// When the program is loaded, so that no fork() is missed. It fails for want of memory only; then forks go unnoticed.
[[maybe_unused]] const int handlers_are_set =
    pthread_atfork(fork_handlers::before, fork_handlers::in_parent, fork_handlers::in_child);

}  // namespace

std::mutex& process_bound::no_fork() noexcept { return forks; }

void process_bound::announce_to_forks() noexcept {
  const std::lock_guard hold(lists);
  announced.push_back(this);
}

void process_bound::withdraw_from_forks() noexcept {
  const std::lock_guard hold(lists);
  announced.remove(this);
}

bool process_bound::keep(const void* address) noexcept {
  const std::lock_guard hold(lists);  // Z5: who is found here has yet to withdraw
  for (process_bound* p = announced.front(); p != nullptr; p = announced.next(p)) {
    if (p->address_ != address) continue;
    p->kept();
    return true;
  }
  return false;
}

bool process_bound::finds(const void* address) noexcept {
  for (process_bound* p = left_over.front(); p != nullptr; p = left_over.next(p)) {
    if (p->address_ == address) return true;
  }
  return false;
}

}  // namespace magpie::detail
