// expect: no matching function for call to .*gather
#include <magpie/magpie.hpp>
magpie::task<> g(std::vector<magpie::task<int>> tasks) {
#if defined(MAGPIE_FIXED)
  co_await magpie::gather(std::move(tasks));
#else
  co_await magpie::gather(tasks);
#endif
}
