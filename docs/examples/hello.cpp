#include <magpie/magpie.hpp>

#include <cstdio>

magpie::task<long> fib(int n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}

int main() {
  magpie::runtime rt;  // a worker for each CPU that this process may use
  std::printf("fib(30) = %ld on %u workers\n", rt.block_on(fib(30)), rt.workers());
}
