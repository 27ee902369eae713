// expect: magpie: this cannot be awaited
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  co_await f();
#else
  co_await 3;
#endif
}
