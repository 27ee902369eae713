// The k nearest neighbours of many points, by a k-d tree.
// run: never
//
// The tree is built by fork and join: a node is split at its middle, and both halves are built at the same time, by
// gather. All queries are then one parallel_for. Small subtrees and single queries are plain functions.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "philox.hpp"
#include "stopwatch.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::string_view usage = R"(usage: knn [--k K] [--workers N] [--check] POINTS QUERIES
       knn [--k K] [--workers N] [--check] [--points N] [--queries N] [--dimensions N] [--seed S]

Finds the K nearest of the points to each of the queries. In the files POINTS and QUERIES each line is a point:
numbers, with spaces, tabs or commas in between. Prints a line for each query: the numbers of the lines of its
neighbours, nearest first, each with its distance. Without files it makes points at random, and prints the mean distance
only.

  --k K           how many; default: 5
  --workers N     use N threads; default: as many as there are processors to use
  --check         compare with a search through all points
  --points N      default: 100000       --queries N     default: 10000
  --dimensions N  1 to 64; default: 3   --seed S        default: 1

Exit status: 0; 1: a check that failed; 2: wrong usage, or a file that cannot be read.
)";

/// Points in one array, one after the other.
struct cloud {
  std::size_t dimensions = 0;
  std::vector<double> numbers;

  std::size_t size() const { return dimensions == 0 ? 0 : numbers.size() / dimensions; }
  std::span<const double> operator[](std::size_t i) const { return {&numbers[i * dimensions], dimensions}; }
};

struct neighbour {
  double squared;  // of the distance
  std::size_t point;
  auto operator<=>(const neighbour&) const = default;  // of two equally near, the one with the lower number
};

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.size(); ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

/// The nearest so far: a heap with the farthest of them on top.
class nearest {
 public:
  explicit nearest(std::size_t k) : k_(k) { found_.reserve(k); }
  void offer(neighbour n) {
    if (found_.size() < k_) {
      found_.push_back(n);
      std::ranges::push_heap(found_);
    } else if (n < found_.front()) {
      std::ranges::pop_heap(found_);
      found_.back() = n;
      std::ranges::push_heap(found_);
    }
  }
  double farthest() const {
    return found_.size() < k_ ? std::numeric_limits<double>::infinity() : found_.front().squared;
  }
  std::vector<neighbour> sorted() && {
    std::ranges::sort_heap(found_);
    return std::move(found_);
  }

 private:
  std::size_t k_;
  std::vector<neighbour> found_;
};

// --- The tree: the points in an order in which each stretch is a subtree, with its middle as the root ---------------

class tree {
 public:
  explicit tree(const cloud& points) : points_(points), order_(points.size()), axes_(points.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  magpie::task<> build() { return build(0, order_.size()); }

  std::vector<neighbour> search(std::span<const double> query, std::size_t k) const {
    nearest found(k);
    search(query, 0, order_.size(), found);
    return std::move(found).sorted();
  }

 private:
  static constexpr std::size_t leaf = 8;             // so few are looked at one by one
  static constexpr std::size_t worth_a_task = 2048;  // some hundred microseconds

  magpie::task<> build(std::size_t from, std::size_t to) {
    if (to - from < worth_a_task) {
      build_plainly(from, to);
      co_return;
    }
    const std::size_t middle = split(from, to);
    co_await magpie::gather(build(from, middle), build(middle + 1, to));
  }
  void build_plainly(std::size_t from, std::size_t to) {
    if (to - from <= leaf) return;
    const std::size_t middle = split(from, to);
    build_plainly(from, middle);
    build_plainly(middle + 1, to);
  }

  /// Along the axis in which the points spread most: those below to the left of the middle, those above to the right.
  std::size_t split(std::size_t from, std::size_t to) {
    const std::span<std::size_t> part = std::span(order_).subspan(from, to - from);
    std::size_t widest = 0;
    double width = -1;
    for (std::size_t axis = 0; axis < points_.dimensions; ++axis) {
      const auto [least, most] = std::ranges::minmax(part, {}, [&](std::size_t p) { return points_[p][axis]; });
      const double spread = points_[most][axis] - points_[least][axis];
      if (spread > width) {
        width = spread;
        widest = axis;
      }
    }
    const std::size_t middle = from + (to - from) / 2;
    std::ranges::nth_element(part, part.begin() + static_cast<std::ptrdiff_t>(middle - from), {},
                             [&](std::size_t p) { return points_[p][widest]; });
    axes_[middle] = static_cast<unsigned char>(widest);
    return middle;
  }

  void search(std::span<const double> query, std::size_t from, std::size_t to, nearest& found) const {
    if (to - from <= leaf) {
      for (std::size_t i = from; i < to; ++i) found.offer({squared_distance(query, points_[order_[i]]), order_[i]});
      return;
    }
    const std::size_t middle = from + (to - from) / 2;
    const std::size_t axis = axes_[middle];
    const std::span<const double> point = points_[order_[middle]];
    const double off = query[axis] - point[axis];
    found.offer({squared_distance(query, point), order_[middle]});
    // The nearer side first. The other one only if its border is not too far: equally far may have a lower number.
    if (off < 0) {
      search(query, from, middle, found);
      if (off * off <= found.farthest()) search(query, middle + 1, to, found);
    } else {
      search(query, middle + 1, to, found);
      if (off * off <= found.farthest()) search(query, from, middle, found);
    }
  }

  const cloud& points_;
  std::vector<std::size_t> order_;
  std::vector<unsigned char> axes_;  // of the node in the middle of its stretch
};

using answers = std::vector<std::vector<neighbour>>;

magpie::task<answers> search(const tree& in, const cloud& queries, std::size_t k) {
  answers found(queries.size());
  co_await magpie::parallel_for(std::size_t{0}, queries.size(),
                                [&](std::size_t q) { found[q] = in.search(queries[q], k); });
  co_return found;
}

std::vector<neighbour> search_all(const cloud& points, std::span<const double> query, std::size_t k) {
  std::vector<neighbour> all(points.size());
  for (std::size_t p = 0; p < all.size(); ++p) all[p] = {squared_distance(query, points[p]), p};
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(k));
  all.resize(k);
  return all;
}

// --- Points ---------------------------------------------------------------------------------------------------------

/// Errors: std::runtime_error that says in which line.
cloud read_points(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw command_line::cannot("open " + path);
  cloud points;
  std::size_t number = 1;
  for (std::string line; std::getline(in, line); ++number) {
    const auto wrong = [&](const std::string& what) {
      return std::runtime_error(path + ":" + std::to_string(number) + ": " + what);
    };
    std::size_t count = 0;
    const char* const end = line.data() + line.size();
    for (const char* at = line.data(); at != end;) {
      if (*at == ' ' || *at == '\t' || *at == ',' || *at == '\r') {
        ++at;
        continue;
      }
      double x = 0;
      const auto [stopped, error] = std::from_chars(at, end, x);
      if (error != std::errc() || !std::isfinite(x)) throw wrong("'" + std::string(at, end) + "' is no number");
      points.numbers.push_back(x);
      at = stopped;
      ++count;
    }
    if (count == 0) throw wrong("is empty");
    if (points.dimensions == 0) points.dimensions = count;
    if (count > 64) throw wrong("has more than 64 numbers");
    if (count != points.dimensions) {
      throw wrong("has " + std::to_string(count) + " numbers, the lines before have " +
                  std::to_string(points.dimensions));
    }
  }
  if (in.bad()) throw command_line::cannot("read " + path);
  if (points.size() == 0) throw std::runtime_error(path + ": is empty");
  return points;
}

cloud random_points(std::size_t count, std::size_t dimensions, std::uint64_t seed, std::uint64_t stream) {
  cloud points{.dimensions = dimensions, .numbers = std::vector<double>(count * dimensions)};
  philox random(seed, stream);
  for (double& x : points.numbers) x = random.uniform();
  return points;
}

void print(const answers& found) {
  for (const std::vector<neighbour>& one : found) {
    for (const neighbour& n : one) {
      std::printf("%s%zu %.6g", &n == one.data() ? "" : "  ", n.point + 1, std::sqrt(n.squared));
    }
    std::printf("\n");
  }
}

int program(command_line::arguments& given) {
  const auto k = given.number("--k", std::size_t{5}, 1, 10'000);
  const bool check = given.flag("--check");
  const unsigned workers = given.workers();
  const auto count = given.number("--points", std::size_t{100'000}, 1, 1'000'000'000);
  const auto query_count = given.number("--queries", std::size_t{10'000}, 1, 1'000'000'000);
  const auto dimensions = given.number("--dimensions", std::size_t{3}, 1, 64);
  const auto seed = given.number("--seed", std::uint64_t{1}, 0, ~std::uint64_t{0});
  const std::vector<std::string> files = given.rest(0, 2, "");
  if (files.size() == 1) throw command_line::wrong_usage("missing: a file with the queries");

  const cloud points = files.empty() ? random_points(count, dimensions, seed, 0) : read_points(files[0]);
  const cloud queries = files.empty() ? random_points(query_count, dimensions, seed, 1) : read_points(files[1]);
  if (points.dimensions != queries.dimensions) {
    throw std::runtime_error("the points have " + std::to_string(points.dimensions) + " dimensions, the queries " +
                             std::to_string(queries.dimensions));
  }
  if (k > points.size())
    throw std::runtime_error("there are " + std::to_string(points.size()) + " points, fewer than K");

  magpie::runtime pool({.workers = workers});
  const stopwatch building;
  tree index(points);
  pool.block_on(index.build());
  const double built = building.seconds();
  const stopwatch searching;
  const answers found = pool.block_on(search(index, queries, k));
  const double searched = searching.seconds();

  if (files.empty()) {
    double sum = 0;
    for (const std::vector<neighbour>& one : found) {
      for (const neighbour& n : one) sum += std::sqrt(n.squared);
    }
    std::printf("mean distance: %.17g\n", sum / static_cast<double>(found.size() * k));
  } else {
    print(found);
  }
  std::fprintf(stderr, "knn: %zu points built in %.3f s; %zu queries in %.3f s, %.0f a second; %u workers\n",
               points.size(), built, queries.size(), searched, static_cast<double>(queries.size()) / searched,
               pool.workers());
  if (!check) return 0;

  std::size_t wrong = 0;
  for (std::size_t q = 0; q < queries.size(); ++q) wrong += found[q] != search_all(points, queries[q], k) ? 1 : 0;
  std::fprintf(stderr, "knn: check: %zu of %zu differ from a search through all points\n", wrong, queries.size());
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "knn", usage, program); }
