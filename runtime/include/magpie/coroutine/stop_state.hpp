#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/coroutine/scope.hpp>
#include <magpie/lockfree/spin_lock.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <cstddef>
#include <cstdint>

namespace magpie::detail {

/// What a stop_callback leaves with the state.
class stop_listener : public list_links<stop_listener> {
 public:
  stop_listener() noexcept = default;
  stop_listener(const stop_listener&) = delete;
  stop_listener& operator=(const stop_listener&) = delete;
  virtual void stop_requested() noexcept = 0;

  // The state's, under its lock.
  atomics::plain<bool> listens{false};
  atomics::plain<bool*> gone{nullptr};  // while it runs: set when it is destroyed from inside

 protected:
  ~stop_listener() = default;
};

/// What tokens, sources and callbacks share: whether a stop was requested, and who must hear of it. A scope may be its
/// source: then it is a node that the scope keeps. Counted by all that refer to it (docs/protocols/stop_tree.md).
class MAGPIE_EXPORT stop_state final : public stop_node {
 public:
  /// With one reference, and one source if `sources` is 1.
  explicit stop_state(std::uint32_t sources) noexcept : sources_(sources) {}
  stop_state(const stop_state&) = delete;
  stop_state& operator=(const stop_state&) = delete;

  void add_reference() noexcept {
    references_.fetch_add(1, relaxed);  // relaxed: whoever copies holds one
  }
  void drop_reference() noexcept;
  void add_source() noexcept {
    sources_.fetch_add(1, relaxed);  // relaxed: a figure, for stop_possible()
  }
  void drop_source() noexcept {
    sources_.fetch_sub(1, relaxed);  // relaxed: as add_source()
  }

  bool stopped() const noexcept {
    return stopped_.load(acquire);  // K1: pairs with request(): what came before the request
  }
  bool stop_possible() const noexcept {
    return stopped() || sources_.load(relaxed) != 0;  // relaxed: a figure
  }

  /// True for the first. Calls the listeners, one after the other, on this thread.
  bool request() noexcept;

  /// False: a stop was requested before, and `l` will not be called.
  [[nodiscard]] bool add(stop_listener& l) noexcept;
  /// `l` will not be called after this. Waits for a call that is running on another thread.
  void remove(stop_listener& l) noexcept;

  /// The state of which `s` is the source; made if there is none. With a reference for the caller. Errors:
  /// std::bad_alloc.
  static stop_state* of(scope& s);

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

 private:
  ~stop_state() = default;

  // As a node of a scope.
  void about_to_fire() noexcept override { add_reference(); }
  void stop_fired() noexcept override {
    request();
    drop_reference();
  }
  void scope_ended() noexcept override {
    drop_source();
    drop_reference();
  }

  atomics::atomic<std::uint32_t> references_{1};
  atomics::atomic<std::uint32_t> sources_;
  atomics::atomic<bool> stopped_{false};
  spin_lock<> lock_;
  intrusive_list<stop_listener> listeners_;
  atomics::atomic<stop_listener*> running_{nullptr};
  atomics::plain<const void*> runner_{nullptr};  // the thread that calls it; guarded by lock_
};

}  // namespace magpie::detail
