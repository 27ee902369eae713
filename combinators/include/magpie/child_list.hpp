#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace magpie::detail {

/// The children of a range that wait to be started, in recycled memory, as frames are. Owns them until then.
class child_list {
 public:
  /// Errors: std::bad_alloc, as in make_room().
  explicit child_list(std::size_t expected) : room_(expected) {
    if (room_ != 0) first_ = allocate(room_);
  }
  child_list(child_list&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)),
        count_(std::exchange(other.count_, 0)),
        room_(std::exchange(other.room_, 0)) {}
  child_list& operator=(child_list&&) = delete;
  /// All that were not started, if none was: what is started takes them out one by one.
  ~child_list() {
    if (first_ == nullptr) return;
    if (!were_started()) destroy_all();
    free_frame(first_, bytes(room_));
  }

  MAGPIE_INLINE void make_room() {
    if (count_ == room_) [[unlikely]]
      grow();
  }
  /// After make_room().
  MAGPIE_INLINE void add(task_coroutine child) noexcept { new (first_ + count_++) task_coroutine(child); }

  std::size_t size() const noexcept { return count_; }
  bool were_started() const noexcept { return count_ == 0 || !first_[0]; }
  task_coroutine* data() const noexcept { return first_; }
  const task_coroutine* begin() const noexcept { return first_; }
  const task_coroutine* end() const noexcept { return first_ + count_; }

 private:
  static task_coroutine* allocate(std::size_t room) {
    return static_cast<task_coroutine*>(allocate_frame(bytes(room)));
  }
  /// So many that no other thread's data stand in the same line of the cache.
  static std::size_t bytes(std::size_t room) noexcept { return unshared_bytes(room * sizeof(task_coroutine)); }
  MAGPIE_COLD void grow() {
    const std::size_t room = std::max<std::size_t>(2 * room_, 8);
    task_coroutine* const first = allocate(room);
    std::uninitialized_copy(begin(), end(), first);
    if (first_ != nullptr) free_frame(first_, bytes(room_));
    first_ = first;
    room_ = room;
  }
  MAGPIE_COLD void destroy_all() noexcept {
    for (std::size_t i = 0; i < count_; ++i) first_[i].destroy();
  }

  task_coroutine* first_ = nullptr;
  std::size_t count_ = 0;
  std::size_t room_;
};

}  // namespace magpie::detail
