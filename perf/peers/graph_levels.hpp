#pragma once

#include "workloads/cholesky.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace perf {

/// For peers whose tasks are nested forks and cannot wait for any others: the graph's tasks by levels, each of which
/// waits for those before it only. There is a join between levels that the graph does not ask for.
using graph_levels = std::vector<std::vector<std::size_t>>;

inline graph_levels levels_of(const cholesky& w) {
  std::vector<std::size_t> level(w.tasks(), 0);
  graph_levels all;
  // A task comes after those that it waits for.
  std::vector<std::size_t> waits(w.tasks());
  std::vector<std::size_t> ready{cholesky::first};
  for (std::size_t t = 0; t < w.tasks(); ++t) waits[t] = w.before(t).size();
  while (!ready.empty()) {
    const std::size_t task = ready.back();
    ready.pop_back();
    all.resize(std::max(all.size(), level[task] + 1));
    all[level[task]].push_back(task);
    for (const std::size_t next : w.after(task)) {
      level[next] = std::max(level[next], level[task] + 1);
      if (--waits[next] == 0) ready.push_back(next);
    }
  }
  return all;
}

}  // namespace perf
