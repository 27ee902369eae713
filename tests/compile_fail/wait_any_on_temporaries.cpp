// expect: no matching function for call to .*wait_any
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g(magpie::runtime& rt) {
#if defined(MAGPIE_FIXED)
  auto a = rt.spawn(f());
  auto b = rt.spawn(f());
  co_await magpie::wait_any(a, b);
#else
  co_await magpie::wait_any(rt.spawn(f()), rt.spawn(f()));
#endif
}
