// expect: (could not convert|cannot convert|no viable conversion|no matching|constraints not satisfied|no member)
#include <magpie/magpie.hpp>
struct other {};
magpie::task<int> g() {
#if defined(MAGPIE_FIXED)
  co_return 3;
#else
  co_return other();
#endif
}
