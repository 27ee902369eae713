// Blocked matrix multiplication: C = A B, checked against three plain loops.
// run: never
//
// parallel_for goes over the blocks of C, two-dimensionally. A block is computed by a plain function, from blocks of A
// and B that fit into the cache together; its innermost loops are over a few rows and columns that the compiler keeps
// in vector registers.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "philox.hpp"
#include "stopwatch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <new>
#include <vector>

namespace {

constexpr std::string_view usage =
    R"(usage: matmul [--size N] [--rows N] [--inner N] [--cols N] [--block N] [--workers N] [--no-check]

Multiplies two matrices of random numbers: ROWS x INNER and INNER x COLS. Prints how long it took in blocks, on all
workers, and by three plain loops, on one; and whether both agree.

  --size N     all three of --rows, --inner and --cols; default: 512
  --block N    the side of a block; default: 64
  --workers N  use N threads; default: as many as there are processors to use
  --no-check   leave out the plain loops, which are slow

Exit status: 0; 1: the results differ by more than rounding explains; 2: wrong usage.
)";

struct matrix {
  std::size_t rows, cols;
  std::vector<double> cells;

  matrix(std::size_t r, std::size_t c) : rows(r), cols(c), cells(r * c) {}
  double& operator()(std::size_t row, std::size_t col) { return cells[row * cols + col]; }
  double operator()(std::size_t row, std::size_t col) const { return cells[row * cols + col]; }
};

matrix random_matrix(std::size_t rows, std::size_t cols, std::uint64_t stream) {
  matrix m(rows, cols);
  philox random(1, stream);
  for (double& cell : m.cells) cell = 2 * random.uniform() - 1;
  return m;
}

/// A corner of a matrix, and how far it goes.
struct stretch {
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
};
stretch nth_block(std::size_t n, std::size_t block, std::size_t end) {
  return {n * block, std::min((n + 1) * block, end)};
}

constexpr std::size_t tall = 4;
constexpr std::size_t wide = 8;

/// sums += a tall x depth part of A, by a depth x wide part of B that was packed row by row.
inline void multiply_cell(const double* a, std::size_t a_stride, const double* b, std::size_t depth,
                          double (&sums)[tall][wide]) {
  for (std::size_t k = 0; k < depth; ++k) {
    for (std::size_t i = 0; i < tall; ++i) {
      const double x = a[i * a_stride + k];
      for (std::size_t j = 0; j < wide; ++j) sums[i][j] += x * b[k * wide + j];
    }
  }
}

/// One block of C. What stands over at the right and below is padded with zeros, so that there is one inner loop only.
void multiply_block(const matrix& a, const matrix& b, matrix& c, stretch rows, stretch cols, std::size_t block) {
  const std::size_t strips = (cols.size() + wide - 1) / wide;
  const std::size_t padded_rows = (rows.size() + tall - 1) / tall * tall;
  std::vector<double> packed_a(padded_rows * block);
  std::vector<double> packed_b(strips * wide * block);
  std::vector<double> sums(padded_rows * strips * wide);
  for (std::size_t first = 0; first < a.cols; first += block) {
    const std::size_t depth = std::min(block, a.cols - first);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(&a.cells[(rows.begin + i) * a.cols + first], depth, &packed_a[i * depth]);
    }
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t j = 0; j < cols.size(); ++j) {
        packed_b[(j / wide * depth + k) * wide + j % wide] = b(first + k, cols.begin + j);
      }
    }
    for (std::size_t strip = 0; strip < strips; ++strip) {
      for (std::size_t i = 0; i < padded_rows; i += tall) {
        double cell[tall][wide] = {};
        multiply_cell(&packed_a[i * depth], depth, &packed_b[strip * wide * depth], depth, cell);
        for (std::size_t y = 0; y < tall; ++y) {
          for (std::size_t x = 0; x < wide; ++x) sums[((i + y) * strips + strip) * wide + x] += cell[y][x];
        }
      }
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(&sums[i * strips * wide], cols.size(), &c.cells[(rows.begin + i) * c.cols + cols.begin]);
  }
}

magpie::task<> multiply(const matrix& a, const matrix& b, matrix& c, std::size_t block) {
  const magpie::tile blocks((c.rows + block - 1) / block, (c.cols + block - 1) / block);
  co_await magpie::parallel_for(
      blocks,
      [&](std::size_t row, std::size_t col) {
        multiply_block(a, b, c, nth_block(row, block, c.rows), nth_block(col, block, c.cols), block);
      },
      1);  // a block is long enough to be a leaf
}

void multiply_plainly(const matrix& a, const matrix& b, matrix& c) {
  for (std::size_t i = 0; i < c.rows; ++i) {
    for (std::size_t j = 0; j < c.cols; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < a.cols; ++k) sum += a(i, k) * b(k, j);
      c(i, j) = sum;
    }
  }
}

/// Two sums of n products of numbers up to 1, added in different orders, cannot be farther apart than this.
double tolerance(std::size_t n) {
  const auto terms = static_cast<double>(n);
  return 2 * terms * terms * std::numeric_limits<double>::epsilon();
}

double farthest_apart(const matrix& a, const matrix& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.cells.size(); ++i) {
    const double apart = std::abs(a.cells[i] - b.cells[i]);
    most = apart <= most ? most : apart;  // so that one that is no number counts
  }
  return most;
}

int program(command_line::arguments& given) {
  constexpr std::size_t largest = 20'000;
  const auto size = given.number("--size", std::size_t{512}, 1, largest);
  const auto rows = given.number("--rows", size, 1, largest);
  const auto inner = given.number("--inner", size, 1, largest);
  const auto cols = given.number("--cols", size, 1, largest);
  const auto block = given.number("--block", std::size_t{64}, 1, 4096);
  const bool check = !given.flag("--no-check");
  const unsigned workers = given.workers();
  given.rest(0, 0, "");

  const matrix a = random_matrix(rows, inner, 1);
  const matrix b = random_matrix(inner, cols, 2);
  matrix c(rows, cols);
  const double work = 2e-9 * static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(cols);

  magpie::runtime pool({.workers = workers});
  const stopwatch watch;
  pool.block_on(multiply(a, b, c, block));
  const double in_blocks = watch.seconds();
  std::printf("%zu x %zu by %zu x %zu\n", rows, inner, inner, cols);
  std::printf("in blocks of %zu, %u workers: %8.3f s %8.2f GFLOP/s\n", block, pool.workers(), in_blocks,
              work / in_blocks);
  if (!check) return 0;

  matrix plain(rows, cols);
  const stopwatch plain_watch;
  multiply_plainly(a, b, plain);
  const double plainly = plain_watch.seconds();
  std::printf("three loops, one thread: %8.3f s %8.2f GFLOP/s, %.1f times slower\n", plainly, work / plainly,
              plainly / in_blocks);
  const double apart = farthest_apart(c, plain);
  const bool right = apart <= tolerance(inner);
  std::printf("farthest apart: %.3g of %.3g allowed: %s\n", apart, tolerance(inner), right ? "right" : "WRONG");
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "matmul", usage, program); }
