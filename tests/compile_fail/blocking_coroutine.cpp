// expect: magpie: blocking[(]fn[)] takes a plain function: a coroutine runs on the pool
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  co_await magpie::blocking([] { return 1; });
#else
  co_await magpie::blocking(f);
#endif
}
