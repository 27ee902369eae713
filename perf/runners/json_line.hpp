#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace perf {

/// One JSON object on one line, written member by member.
class json_line {
 public:
  json_line& add(std::string_view name, std::string_view value) { return member(name, quoted(value)); }
  json_line& add(std::string_view name, const char* value) { return member(name, quoted(value)); }
  json_line& add(std::string_view name, const json_line& value) { return member(name, value.text()); }
  template <std::same_as<bool> Bool>
  json_line& add(std::string_view name, Bool value) {
    return member(name, value ? "true" : "false");
  }
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  json_line& add(std::string_view name, Number value) {
    return member(name, std::to_string(value));
  }
  json_line& add(std::string_view name, double value) { return member(name, number(value)); }

  template <class T>
  json_line& add(std::string_view name, const std::vector<T>& values) {
    std::string list(1, '[');
    for (const T& value : values) {
      if (list.size() > 1) list += ',';
      list += element(value);
    }
    list += ']';
    return member(name, list);
  }

  std::string text() const {
    std::string all(1, '{');
    all += members_;
    all += '}';
    return all;
  }

 private:
  static std::string element(const std::string& value) { return quoted(value); }
  static std::string element(const json_line& value) { return value.text(); }
  static std::string element(double value) { return number(value); }
  static std::string element(unsigned value) { return std::to_string(value); }

  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
  }
  static std::string quoted(std::string_view value) {
    std::string text(1, '"');
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    text += '"';
    return text;
  }

  json_line& member(std::string_view name, std::string_view value) {
    if (!members_.empty()) members_ += ',';
    members_ += quoted(name);
    members_ += ':';
    members_ += value;
    return *this;
  }

  std::string members_;
};

}  // namespace perf
