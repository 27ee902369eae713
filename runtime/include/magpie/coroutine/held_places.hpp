#pragma once

#include <magpie/base/atomic.hpp>

#include <cstddef>

namespace magpie::detail {

class spawn_owner;

/// Places in one group that a worker holds while it runs the group's body or one of its children: of the body that
/// started or of children that ended here, one at least, so the group is there; and reserved for those that start here
/// next. So a row of starts or ends costs one hold of the group's lock (docs/protocols/task_group.md, G3). Written by
/// its worker.
class held_places {
 public:
  /// Whether any may be held: whoever allows it sees to it that they are given back soon.
  void allow(bool yes) noexcept { allowed_ = yes; }

  /// The body of `group` starts here. True: a place is held for it, since the body may go on and end elsewhere.
  [[nodiscard]] bool open(spawn_owner& group) noexcept {
    if (!allowed_ || of() != nullptr) return false;
    hold(group);
    return true;
  }
  /// A child of `group` has ended here. False: its place must be given back now.
  [[nodiscard]] bool keep_one(spawn_owner& group) noexcept {
    if (!allowed_) return false;
    if (of() == nullptr) return open(group);
    if (of() != &group) return false;
    const std::size_t before = ended_.load(relaxed);  // relaxed: only we write it
    ended_.store(before + 1, release);                // G3: with the reservation that the child used
    return true;
  }
  /// With the group's lock: so many have been taken for children to come.
  void reserve(std::size_t places) noexcept {
    reserved_.store(places, relaxed);  // relaxed: who counts them has the lock
  }
  /// For a child that starts. False: none is left.
  [[nodiscard]] bool use_one() noexcept {
    const std::size_t left = reserved_.load(relaxed);  // relaxed: only we write it
    if (left == 0) return false;
    reserved_.store(left - 1, relaxed);  // relaxed: G3, before anybody can know of the child
    return true;
  }
  /// With the lock of `group`: those that are its, to be given back in the same hold.
  [[nodiscard]] std::size_t release_all(const spawn_owner& group) noexcept {
    if (of() != &group) return 0;
    of_.store(nullptr, relaxed);                            // relaxed: G3, who looks for this group's has its lock
    return ended_.load(relaxed) + reserved_.load(relaxed);  // relaxed: only we write them
  }

  /// In which group; null: in none.
  spawn_owner* of() const noexcept {
    return of_.load(relaxed);  // relaxed: for the worker, who alone writes it
  }

  /// Any thread, with the lock of `group`: how many of its places all workers hold, or fewer, if children start
  /// meanwhile. `for_each(f)` calls f with the places of each worker.
  template <class ForEach>
  static std::size_t held_in(const spawn_owner& group, ForEach for_each) noexcept {
    std::size_t sum = 0;
    // acquire: G3: pairs with keep_one() and hold(): of a child that has ended, the reservation is not counted below
    for_each([&](const held_places& p) { sum += p.is_for(group) ? p.ended_.load(acquire) : 0; });
    // relaxed: those that are used just now may be seen or not
    for_each([&](const held_places& p) { sum += p.is_for(group) ? p.reserved_.load(relaxed) : 0; });
    return sum;
  }

 private:
  bool is_for(const spawn_owner& group) const noexcept {
    return of_.load(acquire) == &group;  // G3: pairs with hold(): the counts
  }
  void hold(spawn_owner& group) noexcept {
    ended_.store(1, relaxed);     // relaxed: published by the last line
    reserved_.store(0, relaxed);  // relaxed: as the line before
    of_.store(&group, release);   // G3: pairs with is_for()
  }

  atomics::atomic<spawn_owner*> of_{nullptr};
  atomics::atomic<std::size_t> ended_{0};
  atomics::atomic<std::size_t> reserved_{0};
  bool allowed_ = false;
};

}  // namespace magpie::detail
