#include "workloads/uts.hpp"

#include <cmath>

namespace perf {

uts::uts(size s) : depth(s == size::full ? 11 : 8) {
  // With p = 1 / (1 + mean), more than n children come with the probability (1 - p)^(n + 1).
  for (unsigned n = 0; n < most_children; ++n) {
    const double at_most = 1 - std::pow(mean_children / (1 + mean_children), n + 1);
    more_than_[n] = static_cast<std::uint64_t>(std::ldexp(at_most, 64));
  }
  expected_ = serial(root());
}

std::uint64_t uts::serial(node of) const {
  std::uint64_t nodes = 1;
  const unsigned n = children(of);
  for (unsigned i = 0; i < n; ++i) nodes += serial(child(of, i));
  return nodes;
}

}  // namespace perf
