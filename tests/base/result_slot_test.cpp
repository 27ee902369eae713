#include <magpie/base/result_slot.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace {

using magpie::detail::result_slot;
using magpie_test::witness;

struct rigid {
  explicit rigid(int v) : value(v) {}
  int value;
};

struct throws_when_moved {
  explicit throws_when_moved(bool armed_) : armed(armed_) {}
  throws_when_moved(throws_when_moved&& other) : armed(other.armed) {
    if (armed) throw std::range_error("moved");
  }
  ~throws_when_moved() {}
  bool armed;
  witness seen;
};

TEST(result_slot, is_not_larger_than_a_trivial_result) {
  static_assert(sizeof(result_slot<int>) == sizeof(int));
  static_assert(sizeof(result_slot<char>) == 1);
  static_assert(sizeof(result_slot<int&>) == sizeof(int*));
  static_assert(std::is_empty_v<result_slot<void>>);
}

TEST(result_slot, gives_what_was_put_in) {
  result_slot<int> number;
  number.fill(3);
  EXPECT_EQ(number.peek(), 3);
  EXPECT_EQ(number.take(), 3);

  result_slot<rigid> no_default;
  no_default.fill(rigid(4));
  EXPECT_EQ(no_default.take().value, 4);

  result_slot<std::unique_ptr<int>> move_only;
  move_only.fill(std::make_unique<int>(5));
  EXPECT_EQ(*move_only.take(), 5);

  int target = 0;
  result_slot<int&> reference;
  reference.fill(target);
  EXPECT_EQ(&reference.take(), &target);
  EXPECT_EQ(&reference.peek(), &target);

  result_slot<void>().take();
}

TEST(result_slot, converts_what_is_put_in) {
  result_slot<std::string> text;
  text.fill("from a literal");
  EXPECT_EQ(text.take(), "from a literal");
}

TEST(result_slot, destroys_what_it_holds_once) {
  {
    result_slot<witness> never_filled;
    result_slot<witness> filled;
    filled.fill(witness(1));
    result_slot<witness> cleared;
    cleared.fill(witness(2));
    cleared.clear();
    cleared.clear();
    EXPECT_EQ(witness::alive(), 1);
    result_slot<witness> taken;
    taken.fill(witness(3));
    EXPECT_EQ(taken.take().value(), 3);
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(result_slot, stays_empty_when_the_result_cannot_be_moved_in) {
  {
    result_slot<throws_when_moved> slot;
    EXPECT_THROW(slot.fill(throws_when_moved(true)), std::range_error);
    slot.clear();
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(result_slot, keeps_its_result_when_it_cannot_be_moved_out) {
  {
    result_slot<throws_when_moved> slot;
    throws_when_moved value(false);
    slot.fill(std::move(value));
    const_cast<throws_when_moved&>(slot.peek()).armed = true;
    EXPECT_THROW(static_cast<void>(slot.take()), std::range_error);
  }
  EXPECT_NO_WITNESS_LEFT();
}

}  // namespace
