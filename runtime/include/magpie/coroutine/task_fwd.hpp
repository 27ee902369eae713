#pragma once

#include <magpie/base/config.hpp>

namespace magpie {

template <class T>
class MAGPIE_TASK_ABI task;

}  // namespace magpie
