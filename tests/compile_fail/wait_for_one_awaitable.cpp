// expect: magpie: wait_for takes handles; for one awaitable use with_timeout[(]duration, awaitable[)]
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  co_await magpie::with_timeout(std::chrono::seconds(1), f());
#else
  co_await magpie::wait_for(f(), std::chrono::seconds(1));
#endif
}
