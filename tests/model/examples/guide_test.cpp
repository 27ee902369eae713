#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

// The guide quotes the examples of this directory. A quotation that is no longer in any of them is out of date.
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Guide, QuotesTheExamples) {
  std::string sources;
  for (const char* each : {"spinlock.hpp", "spinlock_test.cpp", "ring_queue.hpp", "ring_queue_test.cpp"})
    sources += contents(std::string(MAGPIE_MODEL_EXAMPLES) + "/" + each);

  std::istringstream guide(contents(MAGPIE_MODEL_GUIDE));
  std::string line, block;
  bool inside = false;
  int blocks = 0;
  while (std::getline(guide, line)) {
    if (line == "```cpp") {
      inside = true;
      block.clear();
    } else if (inside && line == "```") {
      inside = false;
      ++blocks;
      EXPECT_NE(sources.find(block), std::string::npos) << "quoted, but in no example:\n" << block;
    } else if (inside) {
      block += line + "\n";
    }
  }
  EXPECT_GE(blocks, 4);
}

}  // namespace
