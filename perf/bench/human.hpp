#pragma once

#include <string>
#include <string_view>

/// Figures as people write them: three digits, and a unit that fits.
namespace bench {

std::string time_text(double seconds);  ///< 12.3 ns, 4.56 us, ...
std::string bytes_text(double bytes);   ///< 12.3 MB
std::string ratio_text(double ratio);   ///< 1.23, 45.6, 789
std::string count_text(double count);   ///< 1,234,567

/// Without zeros behind the point, as on an axis: 10.0 ns becomes 10 ns.
std::string round_text(const std::string& text);

std::string escaped(std::string_view text);  ///< for HTML

}  // namespace bench
