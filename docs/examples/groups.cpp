// What docs/guide/groups.md shows.
#include <magpie/magpie.hpp>

#include <atomic>
#include <vector>

using namespace magpie;

namespace {

struct node {
  std::vector<node> children;
};

task<> visit(const node& n, task_group group, std::atomic<int>& leaves) {
  if (n.children.empty()) ++leaves;
  for (const node& child : n.children) group.spawn(visit(child, group, leaves)).detach();
  co_return;
}

task<int> count_leaves(const node& root) {
  std::atomic<int> leaves{0};  // declared before the group: outlives all children
  co_await with_task_group([&](task_group& group) -> task<> { co_await visit(root, group, leaves); });
  co_return leaves;
}

}  // namespace

int main() {
  node root;
  root.children.resize(10);
  for (node& child : root.children) child.children.resize(7);
  return block_on(count_leaves(root)) == 70 ? 0 : 1;
}
