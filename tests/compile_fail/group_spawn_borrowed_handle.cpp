// expect: magpie: spawn[(][)] cannot take what only borrows: the task may outlive it. Move it in: spawn[(]std::move[(]x[)][)]
#include <magpie/magpie.hpp>
void g(magpie::task_group& group, magpie::join_handle<int> h) {
#if defined(MAGPIE_FIXED)
  group.spawn(std::move(h)).detach();
#else
  group.spawn(h).detach();
#endif
}
