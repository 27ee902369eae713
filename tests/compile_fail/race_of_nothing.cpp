// expect: magpie: a race of nothing has no winner
#include <magpie/magpie.hpp>
magpie::task<int> f();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  co_await magpie::race(f());
#else
  co_await magpie::race();
#endif
}
