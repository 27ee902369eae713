// expect: this cannot be awaited. A task, and what a combinator returns, is awaited once and as an.*rvalue
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g() {
  auto both = magpie::gather(f(), f());
#if defined(MAGPIE_FIXED)
  co_await std::move(both);
#else
  co_await both;
#endif
}
