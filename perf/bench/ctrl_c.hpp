#pragma once

namespace bench {

/// From now on Ctrl-C and SIGTERM are noted instead of ending the program; a second one ends it at once.
void watch_ctrl_c();
bool ctrl_c_pressed() noexcept;

}  // namespace bench
