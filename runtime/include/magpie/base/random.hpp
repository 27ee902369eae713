#pragma once

#include <cstdint>

namespace magpie::detail {

/// A small fast generator for choosing victims. Source: Vigna, xorshift64*, 2016.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed * 0x9E3779B97F4A7C15u | 1) {}

  /// Uniform enough in [0, bound). bound > 0.
  std::uint32_t below(std::uint32_t bound) noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    auto high = static_cast<std::uint32_t>(state_ * 0x2545F4914F6CDD1Du >> 32);
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(high) * bound >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace magpie::detail
