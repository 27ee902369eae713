#include <magpie/model/step_table.hpp>

#include <algorithm>

namespace magpie::model {

namespace {

std::string heading(int thread) { return thread == main_thread ? "main" : "thread " + std::to_string(thread); }

void pad(std::string& line, std::size_t width) {
  if (line.size() < width) line.append(width - line.size(), ' ');
}

}  // namespace

std::string step_table::print() const {
  // A column is as wide as its longest text; columns nobody wrote in are left out.
  std::vector<int> columns;
  std::vector<std::size_t> start(thread_slots + 1, 0);
  std::size_t at = 5;
  for (int thread : {main_thread, 0, 1, 2, 3, 4}) {
    std::size_t width = 0;
    for (const row& each : rows_)
      if (each.thread == thread) width = std::max(width, each.text.size());
    if (width == 0) continue;
    columns.push_back(thread);
    start[static_cast<std::size_t>(thread)] = at;
    at += std::max(width, heading(thread).size()) + 3;
  }

  std::string out = " step";
  for (int thread : columns) {
    pad(out, start[static_cast<std::size_t>(thread)] + 2);
    out += heading(thread);
  }
  out += '\n';
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::string number = std::to_string(i + 1);
    std::string line(number.size() < 5 ? 5 - number.size() : 0, ' ');
    line += number;
    pad(line, start[static_cast<std::size_t>(rows_[i].thread)] + 2);
    line += rows_[i].text;
    out += line + '\n';
  }
  return out;
}

}  // namespace magpie::model
