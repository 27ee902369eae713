#include <magpie/magpie.hpp>

magpie::task<int> twice(int x) { co_return 2 * x; }

magpie::task<int> job() {
  auto [a, b] = co_await magpie::gather(twice(3), twice(4));
  co_return a + b;
}

int main() {
  magpie::runtime rt{{.workers = 2}};
  return rt.block_on(job()) == 14 ? 0 : 1;
}
