// Sudoku by a race of strategies: the first that has an answer stops the others.
// run: never
//
// Nobody knows beforehand which strategy is fast for a puzzle: one that needs microseconds for most may need minutes
// for some. `first_success` runs all of them; the first answer wins, the losers are stopped and have ended when it
// returns. The search is in plain functions that go some steps and return; between two such stretches the task yields,
// which is where a loser stops, and what lets four strategies share fewer workers.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "stopwatch.hpp"
#include "sudoku_strategies.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view usage = R"(usage: sudoku [--grid] [--only STRATEGY] [--seed S] [--workers N] [PUZZLE...]

Solves each PUZZLE: 81 characters, row by row, digits or . (also 0 or _) for an empty cell. Without one, reads them from
standard input, one a line; empty lines and those that begin with # are skipped. Prints the solution, or `no solution`.
If there are several solutions, one of them. Who was first, and how far the others were, is told on standard error.

  --grid           print solutions as nine lines
  --only STRATEGY  no race: in-order, fewest-first, exact-cover, or annealing, which does not see that there is no solution
  --seed S         for annealing; default: 1
  --workers N      use N threads; default: as many as there are processors to use

Exit status: 0: all are solved; 1: some have no solution; 2: wrong usage, or no strategy had an answer.
)";

using strategies = std::vector<std::unique_ptr<sudoku::strategy>>;

strategies made_for(const sudoku::grid& puzzle, std::string_view only, std::uint64_t seed) {
  strategies all;
  all.push_back(std::make_unique<sudoku::in_order>(puzzle));
  all.push_back(std::make_unique<sudoku::fewest_first>(puzzle));
  all.push_back(std::make_unique<sudoku::exact_cover>(puzzle));
  all.push_back(std::make_unique<sudoku::annealing>(puzzle, seed));
  if (!only.empty()) std::erase_if(all, [&](const auto& s) { return s->name() != only; });
  if (all.empty()) throw command_line::wrong_usage("there is no strategy '" + std::string(only) + "'");
  return all;
}

/// Ends with a solution or the proof that there is none; or with an error, if the strategy gives up.
magpie::task<sudoku::progress> attempt(sudoku::strategy& s) {
  for (;;) {
    const sudoku::progress how = s.advance(10'000);
    if (how != sudoku::progress::going_on) co_return how;
    co_await magpie::yield();
  }
}

magpie::task<std::pair<std::size_t, sudoku::progress>> raced(strategies& all) {
  co_return co_await magpie::first_success(all | std::views::transform([](auto& s) { return attempt(*s); }));
}

sudoku::grid parsed(std::string_view text) {
  if (text.size() != sudoku::cells) {
    throw command_line::wrong_usage("a puzzle has 81 characters, not " + std::to_string(text.size()) + ": '" +
                                    std::string(text) + "'");
  }
  sudoku::grid puzzle{};
  for (std::size_t i = 0; i < sudoku::cells; ++i) {
    const char c = text[i];
    if (c >= '1' && c <= '9') {
      puzzle[i] = static_cast<std::uint8_t>(c - '0');
    } else if (c != '.' && c != '0' && c != '_') {
      throw command_line::wrong_usage("character " + std::to_string(i + 1) + " of a puzzle is '" + c +
                                      "', neither a digit nor one of . 0 _");
    }
  }
  return puzzle;
}

void print(const sudoku::grid& solution, bool as_grid) {
  for (std::size_t i = 0; i < sudoku::cells; ++i) {
    std::putchar('0' + solution[i]);
    const bool row_ends = sudoku::column_of(i) == 8;
    if (as_grid) std::putchar(row_ends ? '\n' : ' ');
  }
  std::putchar('\n');
}

/// True: there is one.
bool solve(magpie::runtime& pool, const sudoku::grid& puzzle, strategies all, bool as_grid) {
  if (!sudoku::is_consistent(puzzle)) {
    std::puts("no solution");
    std::fprintf(stderr, "sudoku: a digit stands twice in a row, a column or a box of the puzzle\n");
    return false;
  }
  const stopwatch watch;
  const auto [first, how] = pool.block_on(raced(all));
  std::fprintf(stderr, "sudoku: %.2f ms on %u workers: %s was first, after %llu steps", watch.seconds() * 1e3,
               pool.workers(), std::string(all[first]->name()).c_str(),
               static_cast<unsigned long long>(all[first]->steps()));
  for (const auto& s : all) {
    if (s == all[first]) continue;
    std::fprintf(stderr, "; %s: %llu", std::string(s->name()).c_str(), static_cast<unsigned long long>(s->steps()));
  }
  std::fputc('\n', stderr);

  if (how == sudoku::progress::impossible) {
    std::puts("no solution");
    return false;
  }
  if (!sudoku::is_solution_of(all[first]->solution(), puzzle)) {
    throw std::logic_error("the answer of " + std::string(all[first]->name()) + " is no solution");
  }
  print(all[first]->solution(), as_grid);
  return true;
}

int program(command_line::arguments& given) {
  const bool as_grid = given.flag("--grid");
  const std::string only = given.text("--only").value_or("");
  const auto seed = given.number("--seed", std::uint64_t{1}, 0, ~std::uint64_t{0});
  const unsigned workers = given.workers();
  std::vector<std::string> texts = given.rest(0, 1'000'000, "");
  if (texts.empty()) {
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty() && line[0] != '#') texts.push_back(std::move(line));
    }
    if (texts.empty()) throw command_line::wrong_usage("there is no puzzle");
  }
  std::vector<sudoku::grid> puzzles;
  puzzles.reserve(texts.size());
  for (const std::string& text : texts) puzzles.push_back(parsed(text));

  magpie::runtime pool({.workers = workers});
  bool solved = true;
  for (const sudoku::grid& puzzle : puzzles) solved &= solve(pool, puzzle, made_for(puzzle, only, seed), as_grid);
  return solved ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "sudoku", usage, program); }
