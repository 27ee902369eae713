#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/lockfree/spin_lock.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace magpie::detail {

/// Moves with each stop request in the process.
extern constinit MAGPIE_EXPORT atomics::atomic<std::uint64_t> stop_epoch;

struct process_epoch {
  static atomics::atomic<std::uint64_t>& get() noexcept { return stop_epoch; }
};

/// What a blocked task says of itself, for people. Times: nanoseconds on the clock of its runtime.
struct wait_report {
  const char* what = nullptr;  ///< what it waits for; null: this is no blocked task
  std::string_view whose;      ///< the name of that, as long as the task waits
  std::int64_t since = 0;
  std::int64_t until = INT64_MAX;  ///< when it goes on at the latest
};

/// What a request to stop must reach by itself, because it does not look: a blocked task, a token. It lives in what it
/// belongs to.
template <class Atomics>
class basic_stop_node : public list_links<basic_stop_node<Atomics>, void, Atomics> {
 public:
  basic_stop_node() noexcept = default;
  basic_stop_node(const basic_stop_node&) = delete;
  basic_stop_node& operator=(const basic_stop_node&) = delete;

  /// Under the scope's lock: stop_fired() will be called.
  virtual void about_to_fire() noexcept {}
  /// The stop, at most once, on the thread that asks for it, which holds no lock. The node may be gone afterwards.
  virtual void stop_fired() noexcept = 0;
  /// The scope that kept the node has ended.
  virtual void scope_ended() noexcept {}

  /// Under the scope's lock, while it is linked: what it waits for.
  virtual wait_report report() const noexcept { return {}; }

  /// The scope's, under its lock.
  typename Atomics::template plain<bool> linked{false};

 protected:
  ~basic_stop_node() = default;
};

enum class scope_kind : std::uint8_t { plain, deadline, shield, group, group_body, spawned, runtime };

/// A node of the tree down which a request to stop flows: of a runtime, a spawned task, a gather, a deadline
/// (docs/protocols/stop_tree.md). Making one registers nothing. Running tasks find a stop by walking up, and the walk
/// is needed only if any stop was requested since the last one; blocked ones are linked into the tree, and are found
/// from above.
///
/// Cost: a request takes constant time for each blocked task and each linked scope below, in small batches, so that no
/// lock is held for long.
template <class Atomics, class Epoch>
class basic_scope : public list_links<basic_scope<Atomics, Epoch>, void, Atomics> {
 public:
  using node = basic_stop_node<Atomics>;

  /// What makes the end of a scope slow; 0 in all good cases.
  enum mark : std::uint8_t {
    stopped = 1,
    failed = 2,
    cancelled = 4,
    linked = 8,  ///< something was linked here: leave() must be called
    quiet = 16,  ///< the end of its children's cancellation is no business of the one who waits
  };

  /// No epoch: nothing is known yet.
  static constexpr std::uint64_t never_looked = 0;
  static constexpr std::uint64_t known_stopped = ~std::uint64_t{0};

  explicit basic_scope(basic_scope* parent = nullptr, scope_kind kind = scope_kind::plain) noexcept
      : parent_(parent), kind_(kind) {}
  basic_scope(const basic_scope&) = delete;
  basic_scope& operator=(const basic_scope&) = delete;
  ~basic_scope() {
    if constexpr (!std::is_trivially_destructible_v<tree_links>) {
      if (has_links_) std::destroy_at(&tree_);
    }
  }

  /// Before anybody else sees the scope: places it under `parent`, of which it is known that nothing from there up was
  /// stopped at epoch `seen`. No parent: stops from outside do not reach it.
  MAGPIE_INLINE void place(basic_scope* parent, std::uint64_t seen) noexcept {
    parent_ = parent;
    seen_.store(seen, relaxed);  // relaxed: published with the scope
  }

  basic_scope* parent() const noexcept { return parent_; }
  scope_kind kind() const noexcept { return kind_; }

  /// The epoch at which nothing from here up was stopped; or one of the two constants.
  std::uint64_t seen() const noexcept {
    return seen_.load(relaxed);  // relaxed: a cache of what look_up() found; it is true whenever it is read
  }

  std::uint8_t marks() const noexcept {
    return marks_.load(relaxed);  // relaxed: read after the last join, which made all marks visible
  }
  /// True for the first who sets it.
  bool set_mark(mark m) noexcept {
    // relaxed: one is first in any order. What the first writes is published by the join, a stop by the epoch (X1)
    return (marks_.fetch_or(m, relaxed) & m) == 0;
  }

  /// Any thread that keeps the scope alive. Idempotent. What is linked below has been fired when it returns, but for
  /// what another request is at just now.
  void request_stop() noexcept;

  /// Walks up. False: nothing from here up was stopped at epoch `now`, and `seen` says so.
  [[nodiscard]] bool look_up(std::uint64_t now) noexcept;

  bool stop_requested() noexcept {
    return look_up(Epoch::get().load(acquire));  // X1: pairs with the release in request_stop(): its mark
  }

  // What a stop must reach ---------------------------------------------------------------------------------------

  /// Links `n`: it fires when a stop is requested from here up. False: one was, and nothing is linked. The scope must
  /// not end before this returns, even if `n` fires meanwhile.
  [[nodiscard]] bool link(node& n) noexcept;
  /// True: `n` will not fire. False: it has, or is about to.
  [[nodiscard]] bool unlink(node& n) noexcept;

  /// Links `n` for as long as the scope lasts; there is one such node. Returns the one that is kept, which is another
  /// one if somebody was faster. `use` is called on it before it can end. Sets `fires` to false if a stop came before.
  template <class Use>
  node* keep(node& n, bool& fires, Use use) noexcept;

  /// Shows what is linked from here down, a scope before what is in it, and its blocked tasks before the scopes in it:
  /// `visitor.enter(scope)` and `visitor.leave()` around each scope, `visitor.found(node)` for each node. They must not
  /// throw, and what they are shown ends when they return.
  ///
  /// Cost: the locks from here down to the scope that is shown are held meanwhile: for people, not for programs.
  template <class Visitor>
  void show(Visitor& visitor) noexcept;

  /// At the end, if marked as linked: nothing refers to the scope any more.
  void leave() noexcept;

 private:
  /// How much one hold of a lock may do.
  static constexpr unsigned batch = 64;

  using node_list = intrusive_list<node, void, Atomics>;
  using scope_list = intrusive_list<basic_scope, void, Atomics>;

  /// Made when first needed: most scopes never do.
  struct tree_links {
    typename Atomics::template atomic<basic_scope*> owner{nullptr};  // in whose list of children we stand
    scope_list children;                                             // guarded by our lock, as all that follows
    node_list blocked;
    typename Atomics::template plain<node*> kept{nullptr};
  };

  /// With the lock.
  tree_links& tree() noexcept {
    if (!has_links_) {
      std::construct_at(&tree_);
      has_links_ = true;
      marks_.fetch_or(linked, release);  // X7: pairs with the acquire in leave(): the links that were made
    }
    return tree_;
  }
  /// Once something was linked here. What is linked here before the call, under our lock, is found from above then.
  bool stands_in_parent() const noexcept {
    // relaxed: X5. If a sweep has taken us out of the list since this was written, it has drained us before, under our
    // lock, and found what was linked; where it drained us earlier, nothing could be linked
    return tree_.owner.load(relaxed) != nullptr;
  }
  void climb() noexcept;
  void sweep() noexcept;
  void take_blocked(node_list& fired, unsigned& room) noexcept;
  /// Takes from `child`, which is in our list, what a sweep must see. True: nothing is left in it.
  bool drain(basic_scope& child, node_list& fired, unsigned& room) noexcept;

  basic_scope* parent_;
  typename Atomics::template atomic<std::uint64_t> seen_{never_looked};
  typename Atomics::template atomic<std::uint8_t> marks_{0};
  spin_lock<Atomics> lock_;
  typename Atomics::template plain<bool> has_links_{false};  // guarded by the lock, as the next
  typename Atomics::template plain<bool> swept_{false};      // by a stop: nothing is linked here any more
  scope_kind kind_;
  union {
    tree_links tree_;
  };
};

template <class Atomics, class Epoch>
void basic_scope<Atomics, Epoch>::request_stop() noexcept {
  set_mark(stopped);
  // X1: pairs with the acquire before each walk: it sees our mark. Not for the first alone: it may stand before this
  Epoch::get().fetch_add(1, release);
  sweep();
}

template <class Atomics, class Epoch>
bool basic_scope<Atomics, Epoch>::look_up(std::uint64_t now) noexcept {
  bool found = false;
  basic_scope* s = this;
  while (s != nullptr) {
    const std::uint64_t seen = s->seen();
    if (seen == now) break;  // somebody looked from here up since the last stop, and found none
    found = seen == known_stopped || (s->marks() & stopped) != 0;
    if (found) break;
    s = s->parent_;
  }
  // Keep what was found, as `seen` only: a scope is marked as stopped by the request itself alone.
  for (basic_scope* below = this; below != s; below = below->parent_) {
    below->seen_.store(found ? known_stopped : now, relaxed);  // relaxed: a cache, see seen()
  }
  return found;
}

template <class Atomics, class Epoch>
bool basic_scope<Atomics, Epoch>::link(node& n) noexcept {
  {
    const locked hold(lock_);
    tree_links& t = tree();
    if (swept_) return false;  // X4: a sweep has been here; it would not come back for us
    n.linked = true;
    t.blocked.push_back(&n);
  }
  if (!stands_in_parent()) climb();
  return true;
}

template <class Atomics, class Epoch>
bool basic_scope<Atomics, Epoch>::unlink(node& n) noexcept {
  const locked hold(lock_);
  if (!n.linked) return false;
  n.linked = false;
  tree_.blocked.remove(&n);
  return true;
}

template <class Atomics, class Epoch>
template <class Use>
auto basic_scope<Atomics, Epoch>::keep(node& n, bool& fires, Use use) noexcept -> node* {
  node* kept = nullptr;
  {
    const locked hold(lock_);
    tree_links& t = tree();
    kept = t.kept;
    if (kept == nullptr) {
      t.kept = kept = &n;
      fires = !swept_;
      if (fires) {
        n.linked = true;
        t.blocked.push_back(&n);
      }
    }
    use(kept);
  }
  if (kept == &n && fires) climb();
  return kept;
}

/// Links this scope into its parent, that into its own, and so on, one lock at a time. X5: whoever finds a link in
/// place may stop, because the one who made it goes on; whoever finds a swept parent sweeps what it was about to link.
template <class Atomics, class Epoch>
void basic_scope<Atomics, Epoch>::climb() noexcept {
  for (basic_scope* s = this; s->parent_ != nullptr; s = s->parent_) {
    if (s->stands_in_parent()) return;
    basic_scope* const p = s->parent_;
    bool too_late = false;
    {
      const locked hold(p->lock_);
      tree_links& t = p->tree();
      too_late = p->swept_;
      if (!too_late) {
        // relaxed: it leaves null under this lock only; and who has been moved up by a sweep is swept itself
        if (s->tree_.owner.load(relaxed) != nullptr) return;
        t.children.push_back(s);
        s->tree_.owner.store(p, relaxed);  // relaxed: read again under the lock of whom it names (X6)
      }
    }
    if (too_late) return s->sweep();
  }
}

template <class Atomics, class Epoch>
void basic_scope<Atomics, Epoch>::take_blocked(node_list& fired, unsigned& room) noexcept {
  while (room > 0) {
    node* const n = tree_.blocked.pop_front();
    if (n == nullptr) return;
    n->linked = false;
    n->about_to_fire();
    fired.push_back(n);
    --room;
  }
}

template <class Atomics, class Epoch>
bool basic_scope<Atomics, Epoch>::drain(basic_scope& child, node_list& fired, unsigned& room) noexcept {
  const locked hold(child.lock_);  // from the ancestor to the descendant, always
  tree_links& t = child.tree();
  child.swept_ = true;
  child.take_blocked(fired, room);
  // The grandchildren move up into our list, so that no stack is needed to come back to them.
  while (room > 0) {
    basic_scope* const grandchild = t.children.pop_front();
    if (grandchild == nullptr) break;
    grandchild->tree_.owner.store(this, relaxed);  // relaxed: X6, read again under our lock
    tree_.children.push_front(grandchild);
    --room;
  }
  return t.blocked.empty() && t.children.empty();
}

/// Fires all that is linked from here down. X4: `swept` is set here only, under the lock of the scope that it speaks
/// of.
template <class Atomics, class Epoch>
void basic_scope<Atomics, Epoch>::sweep() noexcept {
  for (bool more = true; more;) {
    node_list fired;
    {
      const locked hold(lock_);
      tree_links& t = tree();
      swept_ = true;
      unsigned room = batch;
      take_blocked(fired, room);
      while (room > 0) {
        basic_scope* const child = t.children.front();
        if (child == nullptr) break;
        --room;  // for a child that has nothing, too
        if (drain(*child, fired, room)) {
          t.children.remove(child);
          child->tree_.owner.store(nullptr, release);  // X6: our last touch of it
        }
      }
      more = !t.blocked.empty() || !t.children.empty();
    }
    while (node* const n = fired.pop_front()) n->stop_fired();
  }
}

template <class Atomics, class Epoch>
template <class Visitor>
void basic_scope<Atomics, Epoch>::show(Visitor& visitor) noexcept {
  // A loop, as the tree may be deep. Whoever holds a scope's lock keeps what is in its lists.
  basic_scope* s = this;
  s->lock_.lock();
  for (;;) {
    visitor.enter(*s);
    basic_scope* below = nullptr;
    if (s->has_links_) {
      for (node* n = s->tree_.blocked.front(); n != nullptr; n = s->tree_.blocked.next(n)) visitor.found(*n);
      below = s->tree_.children.front();
    }
    while (below == nullptr) {
      visitor.leave();
      // relaxed: it changes under the lock of whom it names only, which we hold (X6)
      basic_scope* const above = s == this ? nullptr : s->tree_.owner.load(relaxed);
      if (above != nullptr) below = above->tree_.children.next(s);
      s->lock_.unlock();
      if (above == nullptr) return;
      s = above;
    }
    below->lock_.lock();  // from the ancestor to the descendant, always
    s = below;
  }
}

template <class Atomics, class Epoch>
void basic_scope<Atomics, Epoch>::leave() noexcept {
  static_cast<void>(marks_.load(acquire));  // X7: pairs with tree(); a stop from outside may have made the links
  // X6: out of the list that we stand in, which may change until we hold its lock.
  for (;;) {
    basic_scope* const owner = tree_.owner.load(acquire);  // X6: null: pairs with the last touch of a sweep
    if (owner == nullptr) break;
    const locked hold(owner->lock_);
    if (tree_.owner.load(relaxed) != owner) continue;  // relaxed: owner's lock is held, under which it would be left
    owner->tree_.children.remove(this);
    tree_.owner.store(nullptr, relaxed);  // relaxed: for ourselves
  }
  node* const kept = [&] {
    const locked hold(lock_);
    node* const n = tree_.kept;
    tree_.kept = nullptr;
    if (n != nullptr && n->linked) {
      n->linked = false;
      tree_.blocked.remove(n);
    }
    return n;
  }();
  if (kept != nullptr) kept->scope_ended();
}

extern template class MAGPIE_EXPORT basic_scope<atomics, process_epoch>;  // in scope.cpp
using scope = basic_scope<atomics, process_epoch>;
using stop_node = basic_stop_node<atomics>;

/// A scope that people know by a name: of kind `group`, or `spawned`.
class named_scope : public scope {
 public:
  named_scope(scope_kind kind, std::string_view name)
      : scope(nullptr, kind), name_(name.empty() ? nullptr : std::make_unique<const std::string>(name)) {}
  std::string_view name() const noexcept { return name_ ? std::string_view(*name_) : std::string_view(); }

 private:
  const std::unique_ptr<const std::string> name_;  // most have none
};

}  // namespace magpie::detail
