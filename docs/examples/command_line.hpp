#pragma once

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

/// What the example programs have in common: options in the usual forms, --help, and messages instead of surprises.
namespace command_line {

struct wrong_usage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The arguments of a program. Options are asked for one after the other, and taken out; what is left is rest().
class arguments {
 public:
  arguments(int argc, char** argv) : left_(argv + (argc > 0 ? 1 : 0), argv + argc) {}

  /// Whether `name` is given.
  bool flag(std::string_view name) {
    bool given = false;
    for (std::size_t i = 0; i < end_of_options();) {
      if (left_[i] == name) {
        given = true;
        take(i, 1);
      } else {
        ++i;
      }
    }
    return given;
  }

  /// What follows `name`, or stands behind `name=`. Of several the last one counts.
  std::optional<std::string> text(std::string_view name) {
    std::optional<std::string> value;
    for (std::size_t i = 0; i < end_of_options();) {
      if (left_[i] == name) {
        if (i + 1 == left_.size()) throw wrong_usage(std::string(name) + " needs a value after it");
        value = left_[i + 1];
        take(i, 2);
      } else if (left_[i].starts_with(std::string(name) + "=")) {
        value = left_[i].substr(name.size() + 1);
        take(i, 1);
      } else {
        ++i;
      }
    }
    return value;
  }

  /// The same, as a number from `least` to `most`.
  template <class N>
  N number(std::string_view name, N otherwise, std::type_identity_t<N> least, std::type_identity_t<N> most) {
    const std::optional<std::string> given = text(name);
    if (!given) return otherwise;
    N n{};
    const char* const end = given->data() + given->size();
    const auto [stopped, error] = std::from_chars(given->data(), end, n);
    if (error != std::errc() || stopped != end || !(n >= least && n <= most)) {
      throw wrong_usage(std::string(name) + " takes a" + (std::is_integral_v<N> ? " whole" : "") + " number from " +
                        shown(least) + " to " + shown(most) + ", not '" + *given + "'");
    }
    return n;
  }

  /// --workers; 0 if it is not given, which lets the runtime find out.
  unsigned workers() { return number("--workers", 0u, 1, 1024); }

  /// All that was not asked for: from `least` to `most` arguments, each of them `what`.
  std::vector<std::string> rest(std::size_t least, std::size_t most, std::string_view what) {
    const std::size_t options_end = end_of_options();
    for (std::size_t i = 0; i < options_end; ++i) {
      if (left_[i].size() > 1 && left_[i].starts_with('-')) throw wrong_usage("there is no option '" + left_[i] + "'");
    }
    if (options_end < left_.size()) take(options_end, 1);
    if (left_.size() < least) throw wrong_usage("missing: " + std::string(what));
    if (left_.size() > most) throw wrong_usage("too much: '" + left_[most] + "'");
    return std::move(left_);
  }

 private:
  std::size_t end_of_options() const {
    std::size_t i = 0;
    while (i < left_.size() && left_[i] != "--") ++i;
    return i;
  }
  void take(std::size_t i, std::size_t n) {
    const auto from = left_.begin() + static_cast<std::ptrdiff_t>(i);
    left_.erase(from, from + static_cast<std::ptrdiff_t>(n));
  }
  template <class N>
  static std::string shown(N n) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, n).ptr};
  }

  std::vector<std::string> left_;
};

inline std::system_error cannot(const std::string& what) { return {errno, std::generic_category(), "cannot " + what}; }

/// Runs `program(arguments)`, which gives the exit status. What it throws becomes a message and the status 2.
template <class Program>
int run(int argc, char** argv, const char* name, std::string_view usage, Program program) {
  try {
    arguments given(argc, argv);
    int status = 0;
    if (given.flag("--help")) {
      std::fwrite(usage.data(), 1, usage.size(), stdout);
    } else {
      status = program(given);
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw cannot("write to standard output");
    return status;
  } catch (const wrong_usage& error) {
    std::fprintf(stderr, "%s: %s\nSee %s --help.\n", name, error.what(), name);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
  }
  return 2;
}

}  // namespace command_line
