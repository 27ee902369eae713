// What perf/compile_time.sh compiles: the smallest useful program, with all of magpie.
#include <magpie/magpie.hpp>

#include <cstdio>

magpie::task<long> fib(int n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}

int main() {
  magpie::runtime runtime;
  const long result = runtime.block_on(fib(30));
  std::printf("fib(30) = %ld\n", result);
}
