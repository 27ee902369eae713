// expect: magpie: spawn[(][)] cannot take what only borrows: the task may outlive it. Move it in: spawn[(]std::move[(]x[)][)]
#include <magpie/magpie.hpp>
void g(magpie::runtime& rt, magpie::join_handle<int> h) {
#if defined(MAGPIE_FIXED)
  rt.spawn(std::move(h)).get();
#else
  rt.spawn(h).get();
#endif
}
