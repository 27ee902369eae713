#include <magpie/outcome.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace {

using magpie::outcome;

std::exception_ptr some_error() { return std::make_exception_ptr(std::range_error("away")); }

template <class T>
void expect_error(outcome<T> o) {
  EXPECT_FALSE(o.has_value());
  EXPECT_TRUE(o.has_error());
  EXPECT_FALSE(o.is_cancelled());
  EXPECT_NE(o.error(), nullptr);
  EXPECT_THROW(static_cast<void>(o.value()), std::range_error);
  EXPECT_THROW(static_cast<void>(o.value()), std::range_error);  // again: it was not moved out
}

template <class T>
void expect_cancelled(outcome<T> o) {
  EXPECT_FALSE(o.has_value());
  EXPECT_FALSE(o.has_error());
  EXPECT_TRUE(o.is_cancelled());
  EXPECT_EQ(o.error(), nullptr);
  EXPECT_THROW(static_cast<void>(o.value()), magpie::task_cancelled);
}

TEST(outcome, of_a_value) {
  outcome<std::string> o(std::in_place, "text");
  EXPECT_TRUE(o.has_value());
  EXPECT_FALSE(o.has_error());
  EXPECT_FALSE(o.is_cancelled());
  EXPECT_EQ(o.error(), nullptr);
  EXPECT_EQ(o.value(), "text");
}

TEST(outcome, of_void_a_reference_and_a_move_only_value) {
  outcome<void> nothing(std::in_place);
  EXPECT_TRUE(nothing.has_value());
  nothing.value();

  int target = 1;
  outcome<int&> reference(std::in_place, target);
  static_assert(std::is_same_v<decltype(reference.value()), int&>);
  EXPECT_EQ(&reference.value(), &target);

  outcome<std::unique_ptr<int>> pointer(std::in_place, std::make_unique<int>(3));
  outcome<std::unique_ptr<int>> moved = std::move(pointer);
  EXPECT_EQ(*moved.value(), 3);
  static_assert(!std::is_copy_constructible_v<outcome<std::unique_ptr<int>>>);
}

TEST(outcome, of_a_type_without_default_constructor_and_of_an_exception_pointer) {
  struct rigid {
    explicit rigid(int v) : value(v) {}
    int value;
  };
  EXPECT_EQ(outcome<rigid>(std::in_place, rigid(4)).value().value, 4);
  expect_error(outcome<rigid>(some_error()));

  outcome<std::exception_ptr> value(std::in_place, some_error());
  EXPECT_TRUE(value.has_value());
  EXPECT_EQ(value.error(), nullptr);
  expect_error(outcome<std::exception_ptr>(some_error()));
}

TEST(outcome, of_an_error) {
  expect_error(outcome<int>(some_error()));
  expect_error(outcome<void>(some_error()));
  expect_error(outcome<int&>(some_error()));
  expect_error(outcome<std::unique_ptr<int>>(some_error()));
}

TEST(outcome, of_a_cancelled_task) {
  expect_cancelled(outcome<int>());
  expect_cancelled(outcome<void>());
  expect_cancelled(outcome<int&>());
  expect_cancelled(outcome<std::unique_ptr<int>>());
}

}  // namespace
