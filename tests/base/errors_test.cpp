#include <magpie/errors.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <ios>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using magpie::exception_group;

template <class E>
std::exception_ptr make(E error) {
  return std::make_exception_ptr(std::move(error));
}

TEST(errors, have_the_standard_bases_of_the_interface) {
  static_assert(std::is_base_of_v<std::logic_error, magpie::usage_error>);
  static_assert(std::is_base_of_v<std::runtime_error, magpie::task_cancelled>);
  static_assert(std::is_base_of_v<std::runtime_error, exception_group>);
  static_assert(std::is_nothrow_copy_constructible_v<exception_group>);
  EXPECT_NE(std::string(magpie::task_cancelled().what()), "");
}

TEST(exception_group, names_the_count_and_the_first) {
  const exception_group one({make(std::runtime_error("disk full"))});
  EXPECT_STREQ(one.what(), "1 error: disk full");
  const exception_group three(
      {make(std::range_error("first of them")), make(std::runtime_error("second")), make(std::runtime_error("third"))});
  EXPECT_STREQ(three.what(), "3 errors, the first: first of them");
  const exception_group strange({make(42)});
  EXPECT_NE(std::string(strange.what()).find("1 error"), std::string::npos);
}

TEST(exception_group, keeps_the_errors_in_order) {
  const exception_group group({make(std::runtime_error("a")), make(42), make(std::runtime_error("b"))});
  ASSERT_EQ(group.exceptions().size(), 3u);
  EXPECT_THROW(std::rethrow_exception(group.exceptions()[1]), int);
  try {
    std::rethrow_exception(group.exceptions()[2]);
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "b");
  }
}

TEST(exception_group, of_nothing_is_a_usage_error) {
  EXPECT_THROW(exception_group(std::vector<std::exception_ptr>{}), magpie::usage_error);
}

TEST(exception_group, finds_by_type_through_nested_groups) {
  struct inner_error {
    int code;
  };
  const exception_group inner({make(7), make(inner_error{5})});
  const exception_group outer({make(std::string("text")), make(inner), make(inner_error{6})});
  ASSERT_NE(outer.find<inner_error>(), nullptr);
  EXPECT_EQ(outer.find<inner_error>()->code, 5);  // depth first
  ASSERT_NE(outer.find<int>(), nullptr);
  EXPECT_EQ(*outer.find<int>(), 7);
  EXPECT_EQ(outer.find<double>(), nullptr);
}

TEST(exception_group, finds_by_a_base_and_a_group_in_a_group) {
  const exception_group inner({make(std::range_error("inside"))});
  const exception_group outer({make(42), make(inner)});
  ASSERT_NE(outer.find<exception_group>(), nullptr);
  EXPECT_STREQ(outer.find<exception_group>()->what(), "1 error: inside");
  ASSERT_NE(outer.find<std::exception>(), nullptr);
  ASSERT_NE(outer.find<std::runtime_error>(), nullptr);
  EXPECT_EQ(outer.find<std::logic_error>(), nullptr);
  ASSERT_NE(outer.find<std::range_error>(), nullptr);
}

TEST(exception_group, what_was_found_lives_as_long_as_any_copy) {
  const std::range_error* found = nullptr;
  exception_group copy = [&] {
    const exception_group group({make(std::range_error("kept"))});
    found = group.find<std::range_error>();
    return exception_group(group);
  }();
  EXPECT_EQ(copy.find<std::range_error>(), found);
  EXPECT_STREQ(found->what(), "kept");
}

TEST(exception_group, can_be_thrown_and_caught_as_its_base) {
  try {
    throw exception_group({make(std::runtime_error("x"))});
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "1 error: x");
  }
}

}  // namespace
