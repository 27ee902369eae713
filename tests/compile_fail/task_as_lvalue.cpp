// expect: this cannot be awaited. A task, and what a combinator returns, is awaited once and as an.*rvalue
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g() {
  magpie::task<int> t = f();
#if defined(MAGPIE_FIXED)
  co_await std::move(t);
#else
  co_await t;
#endif
}
