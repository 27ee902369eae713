// expect: array used as initializer
// compilers: gcc
#include <magpie/magpie.hpp>

#include <vector>
magpie::task<> f(std::vector<int> numbers);
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  std::vector<int> numbers{1, 2};
  co_await f(std::move(numbers));
#else
  co_await f({1, 2});
#endif
}
