// expect: magpie: GCC 12 destroys a temporary callable that owns something twice: name it `f`, then pass `f`
// compilers: gcc
#include <magpie/magpie.hpp>

#include <string>
magpie::task<> g() {
  std::string s = "owned";
#if defined(MAGPIE_FIXED)
  auto f = [s]() -> magpie::task<std::size_t> { co_return s.size(); };
  co_await f;
#else
  co_await [s]() -> magpie::task<std::size_t> { co_return s.size(); };
#endif
}
