// expect: no matching function for call to .*as_completed
#include <magpie/magpie.hpp>
std::vector<magpie::join_handle<int>> start();
magpie::task<> g() {
#if defined(MAGPIE_FIXED)
  std::vector<magpie::join_handle<int>> handles = start();
  auto stream = magpie::as_completed(handles);
#else
  auto stream = magpie::as_completed(start());
#endif
  co_await stream.next();
}
