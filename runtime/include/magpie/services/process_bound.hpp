#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/intrusive_list.hpp>

#include <mutex>

namespace magpie::detail {

/// Something that is useless in a child made by fork(), which has none of its threads: a pool (docs/guide/fork.md).
///
/// A handler of pthread_atfork() marks in the child whatever was announced in the parent. So nobody compares process
/// ids, and nothing is asked where tasks start: these variables are written while the child has one thread.
class MAGPIE_EXPORT process_bound : private list_links<process_bound> {
 public:
  process_bound(const process_bound&) = delete;
  process_bound& operator=(const process_bound&) = delete;

  /// Its threads are those of a process that this one was forked from. It is never freed then.
  bool inherited() const noexcept { return inherited_; }

  /// The same of what is known by this address, which is not looked at: it may be gone.
  static bool is_inherited(const void* address) noexcept { return any_inherited_ && finds(address); }

  /// Makes what is known by this address wait at its end for the caller, who tells it that it is done. False: it is at
  /// its end, or gone, or inherited.
  static bool keep(const void* address) noexcept;

  /// Nobody forks while it is held.
  static std::mutex& no_fork() noexcept;

 protected:
  /// `address`: what others know it by.
  explicit process_bound(const void* address) noexcept : address_(address) {}
  virtual ~process_bound() = default;

  /// Once it is whole.
  void announce_to_forks() noexcept;
  /// Before it is taken apart.
  void withdraw_from_forks() noexcept;

 private:
  friend struct fork_handlers;
  friend class intrusive_list<process_bound>;

  /// In the child, before fork() returns; no lock may be taken that a thread of the parent may hold.
  virtual void inherit() noexcept = 0;
  /// It is announced, and cannot be withdrawn meanwhile: from now on its end waits for whoever called keep().
  virtual void kept() noexcept = 0;
  static bool finds(const void* address) noexcept;

  static bool any_inherited_;
  const void* const address_;
  bool inherited_ = false;
};

}  // namespace magpie::detail
