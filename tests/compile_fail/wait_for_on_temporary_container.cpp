// expect: no matching function for call to .*wait_for
#include <magpie/magpie.hpp>
std::vector<magpie::join_handle<int>> start();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  std::vector<magpie::join_handle<int>> handles = start();
  co_await magpie::wait_for(handles, std::chrono::seconds(1));
#else
  co_await magpie::wait_for(start(), std::chrono::seconds(1));
#endif
}
