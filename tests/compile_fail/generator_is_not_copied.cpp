// expect: (use of deleted function|call to (implicitly-)?deleted|call to implicitly-deleted)
#include <magpie/magpie.hpp>
magpie::generator<int> f();
void g() {
#if defined(MAGPIE_FIXED)
  magpie::generator<int> t = f();
  magpie::generator<int> u = std::move(t);
#else
  magpie::generator<int> t = f();
  magpie::generator<int> u = t;
#endif
}
