// expect: magpie: GCC 12 destroys a temporary callable that owns something twice: name it `f`, then pass `f`
// compilers: gcc
#include <magpie/magpie.hpp>

#include <string>
magpie::task<> g() {
  std::string s = "owned";
#if defined(MAGPIE_FIXED)
  auto f = [s] { return s.size(); };
  co_await magpie::blocking(f);
#else
  co_await magpie::blocking([s] { return s.size(); });
#endif
}
