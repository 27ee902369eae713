#include "workloads/nqueens.hpp"

namespace perf {

unsigned nqueens::free_rows(unsigned n, unsigned column, const board& queens, board& rows) {
  unsigned found = 0;
  for (unsigned row = 0; row < n; ++row) {
    bool is_free = true;
    for (unsigned c = 0; c < column; ++c) {
      const int other = queens[c];
      const int apart = static_cast<int>(column - c);
      const int mine = static_cast<int>(row);
      if (other == mine || other == mine - apart || other == mine + apart) {
        is_free = false;
        break;
      }
    }
    if (is_free) rows[found++] = static_cast<std::int8_t>(row);
  }
  return found;
}

nqueens::counts nqueens::serial(unsigned n, unsigned column, board queens) {
  if (column == n) return {1, 1};
  board rows;
  const unsigned found = free_rows(n, column, queens, rows);
  counts sum{0, 1};
  for (unsigned i = 0; i < found; ++i) {
    queens[column] = rows[i];
    const counts below = serial(n, column + 1, queens);
    sum.solutions += below.solutions;
    sum.boards += below.boards;
  }
  return sum;
}

}  // namespace perf
