#include <magpie/base/intrusive_list.hpp>
#include <magpie/base/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace {

using magpie::detail::intrusive_list;
using magpie::detail::list_links;

struct item : list_links<item> {};
using list = intrusive_list<item>;

std::deque<item*> forwards(list& l) {
  std::deque<item*> all;
  for (item* i = l.front(); i != nullptr; i = l.next(i)) all.push_back(i);
  return all;
}

// Each item stands before or behind, or is taken from wherever it stands: as in a std::deque.
TEST(intrusive_list, keeps_the_order_under_random_steps) {
  std::array<item, 6> items;
  list l;
  std::deque<item*> expected;
  magpie::detail::random_source random(1);
  for (int step = 0; step < 20'000; ++step) {
    item* const one = &items[random.below(6)];
    const auto place = std::find(expected.begin(), expected.end(), one);
    if (place != expected.end()) {
      l.remove(one);
      expected.erase(place);
    } else if (random.below(2) == 0) {
      l.push_back(one);
      expected.push_back(one);
    } else {
      l.push_front(one);
      expected.push_front(one);
    }
    ASSERT_EQ(forwards(l), expected) << "step " << step;
    ASSERT_EQ(l.empty(), expected.empty());
  }
}

TEST(intrusive_list, gives_the_first_until_there_is_none) {
  std::array<item, 3> items;
  list l;
  for (item& each : items) l.push_back(&each);
  list moved;
  std::swap(l, moved);
  EXPECT_TRUE(l.empty());
  for (item& each : items) EXPECT_EQ(moved.pop_front(), &each);
  EXPECT_EQ(moved.pop_front(), nullptr);
  moved.push_back(items.data());
  EXPECT_EQ(moved.front(), items.data());
}

}  // namespace
