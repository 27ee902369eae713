// The same program with all of oneTBB.
#include <tbb/tbb.h>

#include <cstdio>

long fib(int n) {
  if (n < 2) return n;
  long a = 0;
  tbb::task_group group;
  group.run([&a, n] { a = fib(n - 1); });
  const long b = fib(n - 2);
  group.wait();
  return a + b;
}

int main() {
  const long result = fib(30);
  std::printf("fib(30) = %ld\n", result);
}
