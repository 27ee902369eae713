// expect: no matching (member )?function for call to
#include <magpie/magpie.hpp>
magpie::task<int> f();
void g(magpie::runtime& rt) {
  magpie::task<int> t = f();
#if defined(MAGPIE_FIXED)
  rt.spawn(std::move(t)).get();
#else
  rt.spawn(t).get();
#endif
}
