#pragma once

#include <algorithm>
#include <vector>

namespace bench {

/// Sorts a short list; equals keep their order. (std::stable_sort of GCC 12 uses what clang calls deprecated.)
template <class T, class Less>
void sort_stably(std::vector<T>& list, Less less) {
  for (auto i = list.begin(); i != list.end(); ++i) {
    std::rotate(std::upper_bound(list.begin(), i, *i, less), i, i + 1);
  }
}

}  // namespace bench
