#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

/// Random numbers that are a function of their place: the n-th number of stream s is the same on whichever worker, in
/// whatever order it is computed. That is what makes a parallel program's random numbers reproducible.
///
/// Philox4x32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
class philox {
 public:
  using four = std::array<std::uint32_t, 4>;

  constexpr philox(std::uint64_t seed, std::uint64_t stream) noexcept : key_(seed), stream_(stream) {}

  /// Uniform in [0, 1), with 53 random bits.
  double uniform() noexcept {
    if (used_ == 2) refill();
    const std::uint64_t bits = std::uint64_t{block_[2 * used_]} << 32 | block_[2 * used_ + 1];
    ++used_;
    return static_cast<double>(bits >> 11) * 0x1p-53;
  }

  /// Normal, with mean 0 and variance 1: both values of Box and Muller.
  std::array<double, 2> two_normals() noexcept {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    return {radius * std::cos(angle), radius * std::sin(angle)};
  }

  static constexpr four block(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) noexcept {
    four c{static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32),
           static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
    auto key0 = static_cast<std::uint32_t>(seed);
    auto key1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c[2];
      c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ key0, static_cast<std::uint32_t>(b),
           static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ key1, static_cast<std::uint32_t>(a)};
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    return c;
  }

 private:
  void refill() noexcept {
    block_ = block(key_, stream_, next_++);
    used_ = 0;
  }

  std::uint64_t key_;
  std::uint64_t stream_;
  std::uint64_t next_ = 0;
  four block_{};
  std::size_t used_ = 2;
};

// The first of the authors' known answers.
static_assert(philox::block(0, 0, 0) == philox::four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
