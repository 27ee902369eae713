#pragma once

#include <magpie/model/limits.hpp>
#include <magpie/model/node_set.hpp>
#include <magpie/model/view.hpp>

#include <array>
#include <vector>

namespace magpie::model {

/// The order S of all seq_cst operations, [atomics.order] paragraph 4, as a graph that must stay without a cycle.
///
/// S is not the order in which the checker happens to run the operations: C++20 lets S contradict happens-before of
/// weaker operations in between, and a store may take effect in modification order before one that ran earlier. So
/// every step names the operations that S puts before it (`sources`) and after it (`targets`), and an outcome that
/// would close a cycle is not offered.
class sc_order {
 public:
  sc_order();
  void clear() noexcept {
    count_ = 0;
    fences_.clear();
  }

  /// Whether S can put each of `sources` before each of `targets`.
  bool allows(const node_set& sources, const node_set& targets) const noexcept {
    return targets.empty() || !up_to(sources).intersects(targets);
  }
  void order(const node_set& sources, const node_set& targets) noexcept;

  /// A new operation with `sources` before it. Returns its number, or -1 if there is no room.
  int add(const node_set& sources) noexcept;
  /// Says that `node` is a fence, whose thread knew `at_fence`.
  void mark_fence(int node, const view& at_fence) noexcept;

  bool has_fences() const noexcept { return !fences_.empty(); }
  /// Those of `nodes` that are fences.
  node_set fences_in(node_set nodes) const noexcept { return nodes &= fences_; }
  /// The fences before which something at `location`, newer than `position`, happened.
  node_set fences_beyond(int location, stamp position) const noexcept;

 private:
  node_set up_to(const node_set& nodes) const noexcept;

  int count_ = 0;
  node_set fences_;
  std::array<node_set, max_sc_nodes> before_;  // transitively closed
  std::vector<view> known_at_;                 // per node; valid for fences
};

}  // namespace magpie::model
