#pragma once

#include <magpie/model/limits.hpp>

#include <array>
#include <bit>
#include <cstdint>

namespace magpie::model {

/// A set of seq_cst operations of one execution, each known by its number.
class node_set {
 public:
  static node_set of(int node) noexcept {
    node_set set;
    set.add(node);
    return set;
  }

  void add(int node) noexcept { words_[index(node)] |= bit(node); }
  bool has(int node) const noexcept { return (words_[index(node)] & bit(node)) != 0; }
  void clear() noexcept { words_ = {}; }

  bool empty() const noexcept {
    std::uint64_t any = 0;
    for (auto word : words_) any |= word;
    return any == 0;
  }
  bool intersects(const node_set& other) const noexcept {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) any |= words_[i] & other.words_[i];
    return any != 0;
  }
  node_set& operator|=(const node_set& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  node_set& operator&=(const node_set& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1)
        visit(static_cast<int>(i * 64) + std::countr_zero(rest));
  }

 private:
  static std::size_t index(int node) noexcept { return static_cast<std::size_t>(node) / 64; }
  static std::uint64_t bit(int node) noexcept { return std::uint64_t{1} << (static_cast<unsigned>(node) % 64); }

  std::array<std::uint64_t, max_sc_nodes / 64> words_{};
};

}  // namespace magpie::model
