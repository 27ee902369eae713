// What docs/guide/generators-and-pipelines.md shows.
#include <magpie/magpie.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace magpie;

namespace {

generator<std::string> lines_of(std::string text) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    co_yield text.substr(from, end - from);
    from = end + 1;
  }
}
task<std::size_t> longest(std::string text) {
  auto lines = lines_of(std::move(text));
  std::size_t most = 0;
  while (std::string* line = co_await lines.next()) most = std::max(most, line->size());
  co_return most;
}

generator<std::string> without_comments(generator<std::string> from) {
  while (std::string* line = co_await from.next()) {
    if (!line->starts_with('#')) co_yield std::move(*line);
  }
}

long value_of(const std::string& line) { return std::stol(line); }  // parsing that is worth a worker

task<> feed(generator<std::string> from, channel<std::string>& lines) {
  while (std::string* line = co_await from.next()) co_await lines.send(std::move(*line));
  lines.close();
}
task<> parse(channel<std::string>& lines, channel<long>& values) {
  while (std::optional<std::string> line = co_await lines.receive()) co_await values.send(value_of(*line));
}
task<> parse_in_parallel(channel<std::string>& lines, channel<long>& values) {
  co_await gather(parse(lines, values), parse(lines, values));
  values.close();  // when the last of them has ended
}
task<long> add(channel<long>& values) {
  long sum = 0;
  while (std::optional<long> v = co_await values.receive()) sum += *v;
  co_return sum;
}
task<long> pipeline(std::string text) {
  channel<std::string> lines(16);
  channel<long> values(16);
  auto [fed, parsed, sum] = co_await gather(feed(without_comments(lines_of(std::move(text))), lines),
                                            parse_in_parallel(lines, values), add(values));
  co_return sum;
}

}  // namespace

int main() {
  const std::string text = "1\n20\n# three\n300\n4000";
  if (block_on(longest(text)) != 7) return 1;
  if (block_on(pipeline(text)) != 4321) return 2;
  try {
    block_on(pipeline("1\nnonsense\n3"));
    return 3;
  } catch (const std::invalid_argument&) {
    return 0;  // one stage failed: the others were stopped
  }
}
