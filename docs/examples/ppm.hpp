#pragma once

#include "command_line.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A picture, and its file in the format PPM (P6, one byte a colour): http://netpbm.sourceforge.net/doc/ppm.html
struct picture {
  using pixel = std::array<std::uint8_t, 3>;

  picture(std::size_t w, std::size_t h) : width(w), height(h), pixels(w * h) {}
  pixel& at(std::size_t row, std::size_t col) { return pixels[row * width + col]; }
  const pixel& at(std::size_t row, std::size_t col) const { return pixels[row * width + col]; }

  std::size_t width, height;
  std::vector<pixel> pixels;
};
static_assert(sizeof(picture::pixel) == 3);

namespace ppm {

/// What is wrong with a file.
struct bad_file : std::runtime_error {
  bad_file(const std::string& path, const std::string& what) : std::runtime_error(path + ": " + what) {}
};

using file = std::unique_ptr<std::FILE, decltype([](std::FILE* f) { std::fclose(f); })>;

inline constexpr unsigned largest_side = 65535;

/// The next number of the header, behind white space and comments.
inline unsigned header_number(std::FILE* in, const std::string& path, const char* what, unsigned most) {
  int c = std::getc(in);
  while (c == ' ' || (c >= '\t' && c <= '\r') || c == '#') {
    if (c == '#') {
      while (c != '\n' && c != EOF) c = std::getc(in);
    } else {
      c = std::getc(in);
    }
  }
  if (c == EOF) throw bad_file(path, std::string("ends in its header, before the ") + what);
  if (c < '0' || c > '9') throw bad_file(path, std::string("the ") + what + " in its header is no number");
  unsigned n = 0;
  for (; c >= '0' && c <= '9'; c = std::getc(in)) {
    n = n * 10 + static_cast<unsigned>(c - '0');
    if (n > most) throw bad_file(path, std::string("the ") + what + " is more than " + std::to_string(most));
  }
  if (c == EOF) throw bad_file(path, std::string("ends in its header, behind the ") + what);
  // One white space stands behind each number; behind the last one the pixels begin.
  if (c != ' ' && (c < '\t' || c > '\r')) throw bad_file(path, std::string("no white space after the ") + what);
  if (n == 0) throw bad_file(path, std::string("the ") + what + " is 0");
  return n;
}

/// Errors: bad_file, std::system_error.
inline picture read(const std::string& path) {
  const file in(std::fopen(path.c_str(), "rb"));
  if (!in) throw command_line::cannot("open " + path);
  char magic[2] = {};
  if (std::fread(magic, 1, 2, in.get()) != 2 || magic[0] != 'P' || magic[1] != '6') {
    if (std::ferror(in.get()) != 0) throw command_line::cannot("read " + path);
    if (magic[0] == 'P' && magic[1] >= '1' && magic[1] <= '7') {
      throw bad_file(path, std::string("is of the kind P") + magic[1] + " of its family; only P6, binary PPM, is read");
    }
    throw bad_file(path, "is no PPM picture: it does not begin with P6");
  }
  const unsigned width = header_number(in.get(), path, "width", largest_side);
  const unsigned height = header_number(in.get(), path, "height", largest_side);
  const unsigned brightest = header_number(in.get(), path, "greatest value", 65535);
  if (brightest > 255)
    throw bad_file(path, "has two bytes a colour, which are not read: its greatest value is above 255");

  // In steps, as a header may promise more than there is.
  picture image(width, 0);
  const std::size_t line = sizeof(picture::pixel) * width;
  for (std::size_t row = 0; row < height; ++row) {
    image.pixels.resize((row + 1) * width);
    const std::size_t got = std::fread(&image.pixels[row * width], 1, line, in.get());
    if (std::ferror(in.get()) != 0) throw command_line::cannot("read " + path);
    if (got < line) {
      throw bad_file(path, "is cut off: it holds " + std::to_string(row * line + got) + " of " +
                               std::to_string(height * line) + " bytes of pixels");
    }
    image.height = row + 1;
  }
  if (brightest < 255) {
    for (picture::pixel& p : image.pixels) {
      for (std::uint8_t& c : p) {
        if (c > brightest) throw bad_file(path, "has a colour above its own greatest value");
        c = static_cast<std::uint8_t>((c * 255u + brightest / 2) / brightest);
      }
    }
  }
  return image;
}

/// Errors: std::system_error.
inline void write(const picture& image, const std::string& path) {
  file out(std::fopen(path.c_str(), "wb"));
  if (!out) throw command_line::cannot("create " + path);
  std::fprintf(out.get(), "P6\n%zu %zu\n255\n", image.width, image.height);
  std::fwrite(image.pixels.data(), sizeof(picture::pixel), image.pixels.size(), out.get());
  const bool wrong = std::ferror(out.get()) != 0;
  if (std::fclose(out.release()) != 0 || wrong) throw command_line::cannot("write " + path);
}

}  // namespace ppm
