#include <magpie/model/sc_order.hpp>

namespace magpie::model {

sc_order::sc_order() : known_at_(max_sc_nodes) {}

node_set sc_order::up_to(const node_set& nodes) const noexcept {
  node_set closure = nodes;
  nodes.for_each([&](int node) { closure |= before_[static_cast<std::size_t>(node)]; });
  return closure;
}

void sc_order::order(const node_set& sources, const node_set& targets) noexcept {
  if (sources.empty() || targets.empty()) return;
  const node_set closure = up_to(sources);
  for (int node = 0; node < count_; ++node) {
    node_set& before = before_[static_cast<std::size_t>(node)];
    if (targets.has(node) || before.intersects(targets)) before |= closure;
  }
}

int sc_order::add(const node_set& sources) noexcept {
  if (count_ == max_sc_nodes) return -1;
  before_[static_cast<std::size_t>(count_)] = up_to(sources);
  return count_++;
}

void sc_order::mark_fence(int node, const view& at_fence) noexcept {
  fences_.add(node);
  known_at_[static_cast<std::size_t>(node)].assign(at_fence);
}

node_set sc_order::fences_beyond(int location, stamp position) const noexcept {
  node_set found;
  fences_.for_each([&](int fence) {
    if (known_at_[static_cast<std::size_t>(fence)].seen(location) > position) found.add(fence);
  });
  return found;
}

}  // namespace magpie::model
