// What docs/guide/loops.md shows.
#include <magpie/magpie.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

using namespace magpie;

namespace {

task<double> length(std::vector<double>& v) {
  co_await parallel_for(v, [](double& x) { x = std::sqrt(x); });
  co_return co_await parallel_reduce(v, 0.0, [](double x) { return x * x; }, std::plus<>());
}

task<> blur(const std::vector<float>& in, std::vector<float>& out, std::size_t rows, std::size_t cols) {
  co_await parallel_for(tile{rows, cols}, [&](std::size_t row, std::size_t col) {
    const std::size_t i = row * cols + col;
    out[i] = 0.5f * in[i] + 0.5f * in[row * cols + (col + 1) % cols];
  });
}

task<std::vector<int>> even_ones(const std::vector<int>& v) {
  combinable<std::vector<int>> found;
  co_await parallel_for(v, [&](int i) {
    if (i % 2 == 0) found.local().push_back(i);
  });
  std::vector<int> all;
  found.combine_each([&](std::vector<int>& some) { all.insert(all.end(), some.begin(), some.end()); });
  co_await parallel_sort(all);
  co_return all;
}

}  // namespace

int main() {
  std::vector<double> v(10000, 4.0);
  if (block_on(length(v)) != 40000) return 1;
  std::vector<float> in(600, 1);
  std::vector<float> out(600);
  block_on(blur(in, out, 20, 30));
  if (out != in) return 1;
  return block_on(even_ones({5, 4, 3, 2, 1, 0})) == std::vector<int>{0, 2, 4} ? 0 : 1;
}
