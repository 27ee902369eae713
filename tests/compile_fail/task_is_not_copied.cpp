// expect: (use of deleted function|call to (implicitly-)?deleted|call to implicitly-deleted)
#include <magpie/magpie.hpp>
magpie::task<int> f();
void g() {
  magpie::task<int> t = f();
#if defined(MAGPIE_FIXED)
  magpie::task<int> u = std::move(t);
#else
  magpie::task<int> u = t;
#endif
}
