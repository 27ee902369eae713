// An image filter: blurs a PPM picture, or finds its edges.
// run: never
//
// Each filter is a loop over the tiles of the picture, which parallel_for(tile{rows, cols}, fn) makes: fn gives one
// pixel of the output, from some of the input around it. A tile's pixels share most of what they look at.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "philox.hpp"
#include "ppm.hpp"
#include "stopwatch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr std::string_view usage = R"(usage: imagefilter blur  [--radius N] [--workers N] [--check] IN.ppm OUT.ppm
       imagefilter sobel [--workers N] [--check] IN.ppm OUT.ppm
       imagefilter make WIDTHxHEIGHT OUT.ppm

blur smooths a picture, sobel shows its edges, make writes a picture to try them on. Pictures are PPM files (P6).

  --radius N   of the blur, in pixels, 1 to 100; default: 5
  --workers N  use N threads; default: as many as there are processors to use
  --check      filter once more, by plain loops on one thread, and compare

Exit status: 0; 1: a check that failed; 2: wrong usage, or a picture that cannot be read or written.
)";

std::size_t clamped(std::size_t at, std::ptrdiff_t off, std::size_t end) {
  return static_cast<std::size_t>(
      std::clamp(static_cast<std::ptrdiff_t>(at) + off, std::ptrdiff_t{0}, static_cast<std::ptrdiff_t>(end) - 1));
}

std::uint8_t rounded(float x) { return static_cast<std::uint8_t>(std::clamp(x + 0.5f, 0.0f, 255.0f)); }

// --- Blur: with the weights of a normal distribution, first along the rows, then along the columns ------------------

using colour = std::array<float, 3>;

/// The weights of the pixels at -radius to radius; their sum is 1.
std::vector<float> blur_weights(int radius) {
  std::vector<float> weights;
  float sum = 0;
  for (int off = -radius; off <= radius; ++off) {
    const float x = 2 * static_cast<float>(off) / static_cast<float>(radius);
    weights.push_back(std::exp(-x * x / 2));
    sum += weights.back();
  }
  for (float& w : weights) w /= sum;
  return weights;
}

/// The weighted sum of the pixels that `get(off)` gives.
template <class Get>
colour blurred(const std::vector<float>& weights, Get get) {
  colour sum{};
  const auto radius = static_cast<std::ptrdiff_t>(weights.size() / 2);
  for (std::ptrdiff_t off = -radius; off <= radius; ++off) {
    const auto& pixel = get(off);
    const float weight = weights[static_cast<std::size_t>(off + radius)];
    for (std::size_t c = 0; c < 3; ++c) sum[c] += weight * static_cast<float>(pixel[c]);
  }
  return sum;
}

magpie::task<> blur(const picture& in, picture& out, int radius) {
  const std::vector<float> weights = blur_weights(radius);
  std::vector<colour> between(in.pixels.size());
  co_await magpie::parallel_for(magpie::tile(in.height, in.width), [&](std::size_t row, std::size_t col) {
    between[row * in.width + col] =
        blurred(weights, [&](std::ptrdiff_t off) -> const auto& { return in.at(row, clamped(col, off, in.width)); });
  });
  co_await magpie::parallel_for(magpie::tile(in.height, in.width), [&](std::size_t row, std::size_t col) {
    const colour c = blurred(weights, [&](std::ptrdiff_t off) -> const auto& {
      return between[clamped(row, off, in.height) * in.width + col];
    });
    out.at(row, col) = {rounded(c[0]), rounded(c[1]), rounded(c[2])};
  });
}

/// The same in one pass, over the square around each pixel.
void blur_plainly(const picture& in, picture& out, int radius) {
  const std::vector<float> weights = blur_weights(radius);
  for (std::size_t row = 0; row < in.height; ++row) {
    for (std::size_t col = 0; col < in.width; ++col) {
      std::array<double, 3> sum{};
      for (int y = -radius; y <= radius; ++y) {
        for (int x = -radius; x <= radius; ++x) {
          const picture::pixel& p = in.at(clamped(row, y, in.height), clamped(col, x, in.width));
          const int below = y + radius;
          const int beside = x + radius;
          const double weight = static_cast<double>(weights[static_cast<std::size_t>(below)]) *
                                static_cast<double>(weights[static_cast<std::size_t>(beside)]);
          for (std::size_t c = 0; c < 3; ++c) sum[c] += weight * p[c];
        }
      }
      for (std::size_t c = 0; c < 3; ++c) out.at(row, col)[c] = rounded(static_cast<float>(sum[c]));
    }
  }
}

// --- Sobel: how fast the brightness changes, in both directions -----------------------------------------------------

int brightness(const picture::pixel& p) { return (299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000; }

picture::pixel edge(const picture& in, std::size_t row, std::size_t col) {
  const std::size_t above = clamped(row, -1, in.height);
  const std::size_t below = clamped(row, 1, in.height);
  const std::size_t left = clamped(col, -1, in.width);
  const std::size_t right = clamped(col, 1, in.width);
  const auto at = [&](std::size_t r, std::size_t c) { return brightness(in.at(r, c)); };
  const int x =
      at(above, right) + 2 * at(row, right) + at(below, right) - at(above, left) - 2 * at(row, left) - at(below, left);
  const int y =
      at(below, left) + 2 * at(below, col) + at(below, right) - at(above, left) - 2 * at(above, col) - at(above, right);
  const std::uint8_t strength = rounded(std::sqrt(static_cast<float>(x * x + y * y)));
  return {strength, strength, strength};
}

magpie::task<> sobel(const picture& in, picture& out) {
  co_await magpie::parallel_for(magpie::tile(in.height, in.width),
                                [&](std::size_t row, std::size_t col) { out.at(row, col) = edge(in, row, col); });
}

/// The same by the matrices from the textbook.
void sobel_plainly(const picture& in, picture& out) {
  constexpr int across[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
  for (std::size_t row = 0; row < in.height; ++row) {
    for (std::size_t col = 0; col < in.width; ++col) {
      int x = 0;
      int y = 0;
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
          const int b = brightness(in.at(clamped(row, i - 1, in.height), clamped(col, j - 1, in.width)));
          x += across[i][j] * b;
          y += across[j][i] * b;
        }
      }
      const auto strength = rounded(std::sqrt(static_cast<float>(x * x + y * y)));
      out.at(row, col) = {strength, strength, strength};
    }
  }
}

// --- The program around it ------------------------------------------------------------------------------------------

/// Rings, a slope of colour, and some noise.
picture made(std::size_t width, std::size_t height) {
  picture image(width, height);
  philox random(1, 0);
  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t col = 0; col < width; ++col) {
      const double x = static_cast<double>(col) / static_cast<double>(width) - 0.5;
      const double y = static_cast<double>(row) / static_cast<double>(height) - 0.5;
      const bool ring = std::fmod(std::hypot(x, y) * 12, 2.0) < 1;
      const double noise = 16 * random.uniform();
      image.at(row, col) = {static_cast<std::uint8_t>(ring ? 230 + noise : 40 + noise),
                            static_cast<std::uint8_t>((x + 0.5) * 230 + noise),
                            static_cast<std::uint8_t>((y + 0.5) * 230 + noise)};
    }
  }
  return image;
}

int make(const std::string& size, const std::string& path) {
  const auto wrong = [&] {
    return command_line::wrong_usage("make takes a size such as 640x480, each side at most 65535, not '" + size + "'");
  };
  unsigned sides[2] = {};
  const char* at = size.data();
  const char* const end = at + size.size();
  for (unsigned& side : sides) {
    const auto [stopped, error] = std::from_chars(at, end, side);
    if (error != std::errc() || side < 1 || side > ppm::largest_side) throw wrong();
    at = stopped;
    if (&side != sides) continue;
    if (at == end || *at != 'x') throw wrong();
    ++at;
  }
  if (at != end) throw wrong();
  ppm::write(made(sides[0], sides[1]), path);
  return 0;
}

/// How much two pictures differ at most, in steps of a colour.
int farthest_apart(const picture& a, const picture& b) {
  int most = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) most = std::max(most, std::abs(a.pixels[i][c] - b.pixels[i][c]));
  }
  return most;
}

int program(command_line::arguments& given) {
  const int radius = given.number("--radius", 5, 1, 100);
  const bool check = given.flag("--check");
  const unsigned workers = given.workers();
  const std::vector<std::string> words =
      given.rest(3, 3, "a filter, an input and an output; or make, a size and an output");
  if (words[0] == "make") return make(words[1], words[2]);
  const bool blurs = words[0] == "blur";
  if (!blurs && words[0] != "sobel") throw command_line::wrong_usage("there is no filter '" + words[0] + "'");

  const picture in = ppm::read(words[1]);
  picture out(in.width, in.height);
  magpie::runtime pool({.workers = workers});
  const stopwatch watch;
  pool.block_on(blurs ? blur(in, out, radius) : sobel(in, out));
  const double seconds = watch.seconds();
  ppm::write(out, words[2]);
  std::fprintf(stderr, "imagefilter: %zu x %zu pixels in %.3f s, %.1f million a second; %u workers\n", in.width,
               in.height, seconds, static_cast<double>(in.pixels.size()) / seconds / 1e6, pool.workers());
  if (!check) return 0;

  picture plain(in.width, in.height);
  if (blurs) {
    blur_plainly(in, plain, radius);
  } else {
    sobel_plainly(in, plain);
  }
  // Two passes round differently from one.
  const int apart = farthest_apart(out, plain);
  const bool right = apart <= (blurs ? 1 : 0);
  std::fprintf(stderr, "imagefilter: check: %s; colours differ by %d at most\n", right ? "right" : "WRONG", apart);
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "imagefilter", usage, program); }
