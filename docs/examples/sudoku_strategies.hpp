#pragma once

#include "philox.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Ways to solve a sudoku that have little in common, so that what is hard for one may be easy for another. Each can be
/// advanced a bit at a time, and left alone at any time.
namespace sudoku {

inline constexpr std::size_t cells = 81;
/// Row by row; 0: empty.
using grid = std::array<std::uint8_t, cells>;

constexpr std::size_t row_of(std::size_t cell) { return cell / 9; }
constexpr std::size_t column_of(std::size_t cell) { return cell % 9; }
constexpr std::size_t box_of(std::size_t cell) { return cell / 27 * 3 + cell % 9 / 3; }

/// The digits that stand in each row, column and box, as bits.
struct taken_digits {
  std::array<std::uint16_t, 9> rows{}, columns{}, boxes{};

  unsigned in_the_way_of(std::size_t cell) const {
    return rows[row_of(cell)] | columns[column_of(cell)] | boxes[box_of(cell)];
  }
  void flip(std::size_t cell, unsigned digit) {
    const auto bit = static_cast<std::uint16_t>(1u << digit);
    rows[row_of(cell)] ^= bit;
    columns[column_of(cell)] ^= bit;
    boxes[box_of(cell)] ^= bit;
  }
};
inline constexpr unsigned all_digits = 0b11'1111'1110;

/// Whether no digit stands twice in a row, a column or a box.
inline bool is_consistent(const grid& g) {
  taken_digits taken;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    if (g[cell] == 0) continue;
    if ((taken.in_the_way_of(cell) >> g[cell] & 1) != 0) return false;
    taken.flip(cell, g[cell]);
  }
  return true;
}
inline bool is_solution_of(const grid& solution, const grid& puzzle) {
  for (std::size_t cell = 0; cell < cells; ++cell) {
    if (solution[cell] == 0 || (puzzle[cell] != 0 && puzzle[cell] != solution[cell])) return false;
  }
  return is_consistent(solution);
}

enum class progress : std::uint8_t { going_on, solved, impossible };

struct gave_up : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class strategy {
 public:
  virtual ~strategy() = default;
  virtual std::string_view name() const = 0;
  /// Goes so many steps on. Errors: gave_up.
  virtual progress advance(unsigned steps) = 0;
  const grid& solution() const { return grid_; }
  std::uint64_t steps() const { return steps_; }

 protected:
  explicit strategy(const grid& puzzle) : grid_(puzzle) {}
  grid grid_;
  std::uint64_t steps_ = 0;
};

/// Tries the digits cell by cell, in the order of reading, and goes back where none is left.
class in_order final : public strategy {
 public:
  explicit in_order(const grid& puzzle) : strategy(puzzle) {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (puzzle[cell] != 0) {
        taken_.flip(cell, puzzle[cell]);
      } else {
        empty_.push_back(cell);
      }
    }
  }
  std::string_view name() const override { return "in-order"; }
  progress advance(unsigned steps) override {
    for (; steps > 0; --steps, ++steps_) {
      if (depth_ == empty_.size()) return progress::solved;
      const std::size_t cell = empty_[depth_];
      const unsigned tried = grid_[cell];
      if (tried != 0) taken_.flip(cell, tried);
      const unsigned left = all_digits & ~taken_.in_the_way_of(cell) & ~((2u << tried) - 1);
      if (left != 0) {
        const auto digit = static_cast<unsigned>(std::countr_zero(left));
        grid_[cell] = static_cast<std::uint8_t>(digit);
        taken_.flip(cell, digit);
        ++depth_;
      } else {
        grid_[cell] = 0;
        if (depth_-- == 0) return progress::impossible;
      }
    }
    return progress::going_on;
  }

 private:
  taken_digits taken_;
  std::vector<std::size_t> empty_;
  std::size_t depth_ = 0;
};

/// As in_order, but always at the cell with the fewest digits left.
class fewest_first final : public strategy {
 public:
  explicit fewest_first(const grid& puzzle) : strategy(puzzle) {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (puzzle[cell] != 0) taken_.flip(cell, puzzle[cell]);
    }
  }
  std::string_view name() const override { return "fewest-first"; }
  progress advance(unsigned steps) override {
    for (; steps > 0; --steps, ++steps_) {
      if (forward_) {
        const std::optional<choice> next = narrowest();
        if (!next) return progress::solved;
        path_.push_back(*next);
      } else if (path_.empty()) {
        return progress::impossible;
      } else {
        taken_.flip(path_.back().cell, std::exchange(grid_[path_.back().cell], std::uint8_t{0}));
      }
      choice& here = path_.back();
      forward_ = here.left != 0;
      if (forward_) {
        const auto digit = static_cast<unsigned>(std::countr_zero(here.left));
        here.left &= here.left - 1;
        grid_[here.cell] = static_cast<std::uint8_t>(digit);
        taken_.flip(here.cell, digit);
      } else {
        path_.pop_back();
      }
    }
    return progress::going_on;
  }

 private:
  struct choice {
    std::size_t cell;
    unsigned left;
  };
  std::optional<choice> narrowest() const {
    std::optional<choice> best;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (grid_[cell] != 0) continue;
      const unsigned left = all_digits & ~taken_.in_the_way_of(cell);
      if (!best || std::popcount(left) < std::popcount(best->left)) best = choice{cell, left};
    }
    return best;
  }

  taken_digits taken_;
  std::vector<choice> path_;
  bool forward_ = true;
};

/// As an exact cover: each cell has one digit; each row, column and box has each digit once. Solved by dancing links
/// (Knuth, "Dancing links", 2000), which takes out of the table what a choice forbids, and puts it back.
class exact_cover final : public strategy {
 public:
  explicit exact_cover(const grid& puzzle) : strategy(puzzle) {
    nodes_.resize(columns + 1);
    for (std::size_t c = 0; c <= columns; ++c) {
      nodes_[c] = {.left = c == 0 ? columns : c - 1,
                   .right = c == columns ? 0 : c + 1,
                   .up = c,
                   .down = c,
                   .column = c,
                   .choice = 0};
    }
    for (std::size_t cell = 0; cell < cells; ++cell) {
      for (std::size_t digit = 1; digit <= 9; ++digit) {
        if (puzzle[cell] == 0 || puzzle[cell] == digit) add_row(cell, digit);
      }
    }
  }
  std::string_view name() const override { return "exact-cover"; }
  progress advance(unsigned steps) override {
    for (; steps > 0; --steps, ++steps_) {
      if (forward_) {
        if (nodes_[0].right == 0) return finish();
        const std::size_t column = shortest();
        cover(column);
        path_.push_back(column);
      } else if (path_.empty()) {
        return progress::impossible;
      } else {
        const std::size_t row = path_.back();
        for (std::size_t n = nodes_[row].left; n != row; n = nodes_[n].left) uncover(nodes_[n].column);
      }
      const std::size_t row = path_.back() = nodes_[path_.back()].down;
      forward_ = row > columns;
      if (forward_) {
        for (std::size_t n = nodes_[row].right; n != row; n = nodes_[n].right) cover(nodes_[n].column);
      } else {
        uncover(row);
        path_.pop_back();
      }
    }
    return progress::going_on;
  }

 private:
  static constexpr std::size_t columns = 4 * cells;
  struct node {
    std::size_t left, right, up, down, column, choice;
  };

  void add_row(std::size_t cell, std::size_t digit) {
    const std::size_t d = digit - 1;
    const std::size_t met[] = {1 + cell, 1 + cells + row_of(cell) * 9 + d, 1 + 2 * cells + column_of(cell) * 9 + d,
                               1 + 3 * cells + box_of(cell) * 9 + d};
    const std::size_t first = nodes_.size();
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t c = met[i];
      const std::size_t me = first + i;
      nodes_.push_back({.left = first + (i + 3) % 4,
                        .right = first + (i + 1) % 4,
                        .up = nodes_[c].up,
                        .down = c,
                        .column = c,
                        .choice = cell * 10 + digit});
      nodes_[nodes_[c].up].down = me;
      nodes_[c].up = me;
      ++sizes_[c];
    }
  }
  std::size_t shortest() const {
    std::size_t best = nodes_[0].right;
    for (std::size_t c = best; c != 0; c = nodes_[c].right) {
      if (sizes_[c] < sizes_[best]) best = c;
    }
    return best;
  }
  void cover(std::size_t column) {
    nodes_[nodes_[column].right].left = nodes_[column].left;
    nodes_[nodes_[column].left].right = nodes_[column].right;
    for (std::size_t row = nodes_[column].down; row != column; row = nodes_[row].down) {
      for (std::size_t n = nodes_[row].right; n != row; n = nodes_[n].right) {
        nodes_[nodes_[n].down].up = nodes_[n].up;
        nodes_[nodes_[n].up].down = nodes_[n].down;
        --sizes_[nodes_[n].column];
      }
    }
  }
  void uncover(std::size_t column) {
    for (std::size_t row = nodes_[column].up; row != column; row = nodes_[row].up) {
      for (std::size_t n = nodes_[row].left; n != row; n = nodes_[n].left) {
        ++sizes_[nodes_[n].column];
        nodes_[nodes_[n].down].up = n;
        nodes_[nodes_[n].up].down = n;
      }
    }
    nodes_[nodes_[column].right].left = column;
    nodes_[nodes_[column].left].right = column;
  }
  progress finish() {
    for (const std::size_t row : path_) {
      grid_[nodes_[row].choice / 10] = static_cast<std::uint8_t>(nodes_[row].choice % 10);
    }
    return progress::solved;
  }

  std::vector<node> nodes_;
  std::array<std::size_t, columns + 1> sizes_{};
  std::vector<std::size_t> path_;  // the chosen rows
  bool forward_ = true;
};

/// Fills each box with what it lacks, and swaps digits within boxes until rows and columns are right, by simulated
/// annealing. Cannot see that there is no solution; gives up some time.
class annealing final : public strategy {
 public:
  annealing(const grid& puzzle, std::uint64_t seed) : strategy(puzzle), random_(seed, 0) {
    for (std::size_t box = 0; box < 9; ++box) {
      unsigned left = all_digits;
      std::vector<std::size_t> open;
      for (std::size_t cell = 0; cell < cells; ++cell) {
        if (box_of(cell) != box) continue;
        if (puzzle[cell] == 0) {
          open.push_back(cell);
        } else {
          left &= ~(1u << puzzle[cell]);
        }
      }
      for (const std::size_t cell : open) {
        grid_[cell] = static_cast<std::uint8_t>(std::countr_zero(left));
        left &= left - 1;
      }
      if (open.size() >= 2) boxes_.push_back(std::move(open));
    }
    is_consistent_ = is_consistent(grid_);
  }
  std::string_view name() const override { return "annealing"; }
  progress advance(unsigned steps) override {
    for (; steps > 0; --steps, ++steps_) {
      if (is_consistent_) return progress::solved;
      if (steps_ >= patience || boxes_.empty()) throw gave_up("annealing found no solution");
      if (steps_ % 500'000 == 0) temperature_ = 0.6;  // once more from the heat
      temperature_ *= 0.99999;
      const std::vector<std::size_t>& box = boxes_[below(boxes_.size())];
      const std::size_t one = below(box.size());
      const std::size_t other = (one + 1 + below(box.size() - 1)) % box.size();
      swap_if_good(box[one], box[other]);
    }
    return progress::going_on;
  }

 private:
  static constexpr std::uint64_t patience = 4'000'000;

  std::size_t below(std::size_t n) {
    return std::min(static_cast<std::size_t>(random_.uniform() * static_cast<double>(n)), n - 1);
  }
  /// How many digits are missing in the rows and columns of both cells.
  int lacks(std::size_t a, std::size_t b) const {
    std::array<unsigned, 4> seen{};
    for (std::size_t i = 0; i < 9; ++i) {
      seen[0] |= 1u << grid_[row_of(a) * 9 + i];
      seen[1] |= 1u << grid_[column_of(a) + 9 * i];
      seen[2] |= 1u << grid_[row_of(b) * 9 + i];
      seen[3] |= 1u << grid_[column_of(b) + 9 * i];
    }
    int missing = 0;
    for (const unsigned s : seen) missing += 9 - std::popcount(s);
    return missing;
  }
  void swap_if_good(std::size_t a, std::size_t b) {
    const int before = lacks(a, b);
    std::swap(grid_[a], grid_[b]);
    const int worse = lacks(a, b) - before;
    if (worse > 0 && random_.uniform() >= std::exp(-worse / temperature_)) {
      std::swap(grid_[a], grid_[b]);
    } else if (worse < 0) {
      is_consistent_ = is_consistent(grid_);
    }
  }

  philox random_;
  std::vector<std::vector<std::size_t>> boxes_;  // the cells of each that may be changed
  double temperature_ = 1;
  bool is_consistent_;
};

}  // namespace sudoku
