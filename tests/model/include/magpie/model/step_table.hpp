#pragma once

#include <magpie/model/limits.hpp>

#include <string>
#include <vector>

namespace magpie::model {

/// The readable form of one execution: a column a thread, a row a step. Filled only when a failing execution is run a
/// second time, so that exploring pays one branch a step for it.
class step_table {
 public:
  void clear() noexcept { rows_.clear(); }
  void add(int thread, std::string text) { rows_.push_back({thread, std::move(text)}); }
  std::string print() const;

 private:
  struct row {
    int thread;
    std::string text;
  };
  std::vector<row> rows_;
};

}  // namespace magpie::model
