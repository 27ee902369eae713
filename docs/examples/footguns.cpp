// What docs/guide/footguns.md quotes.
#include <magpie/magpie.hpp>

#include <cstdio>

magpie::task<int> right(magpie::runtime& rt, int n) {
  auto handle = rt.spawn([n]() -> magpie::task<int> {  // right: the callable itself is stored with its task
    co_await magpie::yield();
    co_return n* n;
  });
  co_return co_await handle;
}

int main() {
  magpie::runtime rt;
  const int result = rt.block_on(right(rt, 7));
  std::printf("%d\n", result);
  return result == 49 ? 0 : 1;
}
