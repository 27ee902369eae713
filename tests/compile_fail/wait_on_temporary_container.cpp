// expect: no matching function for call to .*wait
#include <magpie/magpie.hpp>
std::vector<magpie::join_handle<int>> start();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  std::vector<magpie::join_handle<int>> handles = start();
  co_await magpie::wait(handles);
#else
  co_await magpie::wait(start());
#endif
}
