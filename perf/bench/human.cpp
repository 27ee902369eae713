#include "bench/human.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace bench {
namespace {

std::string three_digits(double value) {
  const double size = std::abs(value);
  return size >= 99.95   ? fmt::format("{:.0f}", value)
         : size >= 9.995 ? fmt::format("{:.1f}", value)
                         : fmt::format("{:.2f}", value);
}

template <std::size_t N>
std::string scaled(double value, double step, const std::array<const char*, N>& units) {
  std::size_t unit = 0;
  while (std::abs(value) >= 999.5 * step / 1000 && unit + 1 < N) {
    value /= step;
    ++unit;
  }
  return fmt::format("{} {}", three_digits(value), units[unit]);
}

}  // namespace

std::string time_text(double seconds) {
  if (seconds == 0) return "0 s";
  return scaled(seconds * 1e9, 1000, std::array{"ns", "\u00b5s", "ms", "s"});
}

std::string bytes_text(double bytes) {
  if (bytes < 1000) return fmt::format("{:.0f} B", bytes);
  return scaled(bytes, 1000, std::array{"B", "kB", "MB", "GB"});
}

std::string ratio_text(double ratio) { return ratio >= 9999.5 ? count_text(std::round(ratio)) : three_digits(ratio); }

std::string count_text(double count) {
  const std::string digits = fmt::format("{:.0f}", count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0 && text != "-") text += ',';
    text += digits[i];
  }
  return text;
}

std::string round_text(const std::string& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  if (text.find('.') >= end) return text;
  std::string digits = text.substr(0, end);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits + text.substr(end);
}

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace bench
