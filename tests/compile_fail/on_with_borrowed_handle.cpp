// expect: no matching function for call to .*on
#include <magpie/magpie.hpp>
magpie::task<> g(magpie::runtime& rt, magpie::join_handle<int> h) {
#if defined(MAGPIE_FIXED)
  co_await magpie::on(rt, std::move(h));
#else
  co_await magpie::on(rt, h);
#endif
}
