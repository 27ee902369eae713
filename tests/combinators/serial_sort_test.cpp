#include <magpie/serial_sort.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Sorting things whose moves and comparisons throw, each of them in turn.
namespace {

namespace detail = magpie::detail;

/// What throws `times` in a row, once `after` have gone well; and then perhaps moves. All that throw are numbered.
struct fault {
  int after = 0;
  int times = 0;
  int moves = 0;  // so many fail after that

  static constexpr int always = 1 << 30;
  static inline int thrown = 0;

  static void moving_fails(int times);
  void step() {
    if (after > 0) {
      --after;
    } else if (times > 0) {
      --times;
      if (moves > 0) moving_fails(moves);
      throw std::range_error(std::to_string(++thrown));
    }
  }
};
fault moving;
fault comparing;
void fault::moving_fails(int times) { moving = {.times = times}; }

/// Has a number that no other has, and gives it away when it is moved from. A move that throws has done nothing.
class piece {
 public:
  piece(int key, int number) : key_(key), number_(number) { ++alive; }
  piece(piece&& other) : piece(other.key_, other.number_) {  // whole, so that the destructor runs if it throws
    check(other);
    moving.step();
    other.number_ = nobody;
  }
  piece& operator=(piece&& other) {
    check(*this);
    check(other);
    moving.step();
    key_ = other.key_;
    number_ = std::exchange(other.number_, nobody);
    return *this;
  }
  ~piece() {
    check(*this);
    self_ = nullptr;
    --alive;
  }

  int key() const { return key_; }
  int number() const { return number_; }

  static constexpr int nobody = -1;
  static inline int alive = 0;

 private:
  static void check(const piece& p) {
    if (p.self_ != &p) ADD_FAILURE() << "there is no element at this place";
  }

  int key_;
  int number_;
  const piece* self_ = this;
};

struct by_key {
  bool operator()(const piece& a, const piece& b) const {
    comparing.step();
    return a.key() < b.key();
  }
};

using pieces = std::vector<piece>;
using place = pieces::iterator;

pieces make(std::size_t n, int keys) {
  moving = comparing = {};
  fault::thrown = 0;
  std::mt19937 random(static_cast<unsigned>(n));
  pieces v;
  v.reserve(n);  // else it would move them
  for (std::size_t i = 0; i < n; ++i) v.emplace_back(static_cast<int>(random() % static_cast<unsigned>(keys)), int(i));
  return v;
}

struct algorithm {
  const char* name;
  void (*run)(pieces& v, by_key& less);
};
constexpr auto go_on = [] { return true; };
constexpr algorithm algorithms[] = {
    {"insertion sort", [](pieces& v, by_key& less) { detail::insertion_sort(v.begin(), v.end(), less); }},
    {"heap sort", [](pieces& v, by_key& less) { detail::heap_sort(v.begin(), v.end(), less); }},
    {"quicksort",
     [](pieces& v, by_key& less) {
       detail::sort_here(detail::sort_part<place>{v.begin(), v.end(), true, 20}, less, go_on);
     }},
    {"quicksort that falls back",
     [](pieces& v, by_key& less) {
       detail::sort_here(detail::sort_part<place>{v.begin(), v.end(), true, 0}, less, go_on);
     }},
    {"stable sort",
     [](pieces& v, by_key& less) {
       const detail::raw_buffer<piece> buffer(v.size());
       detail::stable_sort_here(v.begin(), v.end(), buffer.at(0), less, go_on);
     }},
};

/// How many are missing. None is there twice.
std::size_t missing(const pieces& v) {
  std::vector<int> numbers;
  for (const piece& p : v)
    if (p.number() != piece::nobody) numbers.push_back(p.number());
  std::ranges::sort(numbers);
  EXPECT_TRUE(std::ranges::adjacent_find(numbers) == numbers.end()) << "an element is there twice";
  return v.size() - numbers.size();
}

/// Runs each algorithm on ranges of some sizes with one more step going well each time, until none throws. `plan` sets
/// what throws after so many; `expect` looks at what is left.
template <class Plan, class Expect>
void each_in_turn(Plan plan, Expect expect) {
  const int before = piece::alive;
  for (const algorithm& a : algorithms) {
    int thrown = 0;
    for (const auto& [size, keys] : {std::pair{2, 2}, {7, 3}, {30, 30}, {30, 2}, {150, 150}, {300, 4}, {300, 30}}) {
      SCOPED_TRACE(std::string(a.name) + " of " + std::to_string(size));
      bool threw = true;
      for (int after = 0; threw; after += size <= 30 ? 1 : size / 4 | 1) {
        SCOPED_TRACE("after " + std::to_string(after));
        pieces v = make(static_cast<std::size_t>(size), keys);
        by_key less;
        plan(after);
        threw = false;
        try {
          a.run(v, less);
        } catch (const std::range_error& e) {
          EXPECT_STREQ(e.what(), "1") << "the first error is what comes out";
          threw = true;
          ++thrown;
        }
        moving = comparing = {};
        EXPECT_EQ(piece::alive, before + size) << "each element is destroyed once";
        EXPECT_TRUE(threw || std::ranges::is_sorted(v, {}, &piece::key));
        expect(v);
        if (testing::Test::HasFailure()) return;
      }
    }
    EXPECT_GT(thrown, 0) << a.name;
  }
}

TEST(serial_sort, a_comparison_that_throws_loses_nothing) {
  each_in_turn([](int after) { comparing = {.after = after, .times = 1}; },
               [](const pieces& v) { EXPECT_EQ(missing(v), 0u); });
}

TEST(serial_sort, a_move_that_throws_once_loses_nothing) {
  each_in_turn([](int after) { moving = {.after = after, .times = 1}; },
               [](const pieces& v) { EXPECT_EQ(missing(v), 0u); });
}

TEST(serial_sort, if_moves_go_on_throwing_what_cannot_be_put_back_is_lost_and_no_more) {
  for (const int times : {2, 3, fault::always}) {
    each_in_turn([=](int after) { moving = {.after = after, .times = times}; },
                 [=](const pieces& v) {
                   // A merge may hold half of them, all else holds one; each is tried twice.
                   EXPECT_LE(missing(v),
                             times == fault::always ? (v.size() + 1) / 2 : static_cast<std::size_t>(times / 2));
                 });
    if (HasFailure()) return;
  }
}

TEST(serial_sort, a_comparison_throws_and_then_the_moves_that_clean_up) {
  for (const int times : {1, 2, fault::always}) {
    each_in_turn([=](int after) { comparing = {.after = after, .times = 1, .moves = times}; },
                 [=](const pieces& v) {
                   EXPECT_LE(missing(v),
                             times == fault::always ? (v.size() + 1) / 2 : static_cast<std::size_t>(times / 2));
                 });
    if (HasFailure()) return;
  }
}

}  // namespace
