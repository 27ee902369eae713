// expect: magpie: spawn[(][)] cannot take what only borrows: the task may outlive it
#include <magpie/magpie.hpp>
void g(magpie::runtime& rt, std::vector<magpie::join_handle<int>>& handles) {
#if defined(MAGPIE_FIXED)
  rt.block_on(magpie::wait(handles));
#else
  rt.spawn(magpie::wait(handles)).get();
#endif
}
