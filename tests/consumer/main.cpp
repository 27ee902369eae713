#include <magpie/magpie.hpp>

magpie::task<int> square(int x) { co_return x* x; }

magpie::task<int> job() {
  auto [a, b] = co_await magpie::gather(square(3), square(4));
  co_return a + b;
}

int main() {
  magpie::runtime rt{{.workers = 2}};
  return rt.block_on(job()) == 25 ? 0 : 1;
}
