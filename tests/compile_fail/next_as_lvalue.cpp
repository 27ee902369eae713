// expect: this cannot be awaited. A task, and what a combinator returns, is awaited once and as an.*rvalue
#include <magpie/magpie.hpp>
magpie::task<> g(magpie::generator<int>& numbers) {
#if defined(MAGPIE_FIXED)
  co_await numbers.next();
#else
  auto next = numbers.next();
  co_await next;
#endif
}
