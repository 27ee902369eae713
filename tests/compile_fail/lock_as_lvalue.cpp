// expect: this cannot be awaited. A task, and what a combinator returns, is awaited once and as an.*rvalue
#include <magpie/magpie.hpp>
magpie::task<> g(magpie::mutex& m) {
#if defined(MAGPIE_FIXED)
  auto guard = co_await m.lock();
#else
  auto lock = m.lock();
  auto guard = co_await lock;
#endif
}
