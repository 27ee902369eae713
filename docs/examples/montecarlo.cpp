// Monte Carlo: pi, or the price of a call option, with the same digits for any number of workers.
// run: never
//
// The samples are cut into blocks, and each block has a random stream of its own: its numbers depend on the seed and
// the block's number, not on who computes it or when. parallel_reduce adds the blocks in the order of a tree that
// depends on their number alone. So nothing is left to chance but the samples.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "philox.hpp"
#include "stopwatch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <string>

namespace {

constexpr std::string_view usage = R"(usage: montecarlo pi     [--samples N] [--seed S] [--workers N]
       montecarlo option [--samples N] [--seed S] [--workers N] [--spot X] [--strike X] [--rate X] [--volatility X]
                         [--years X]

Estimates pi from points in a square, or the price of a European call option from paths of the share's price. Prints the
estimate, its standard error and the exact value; the digits depend on the samples and the seed, and on nothing else.

  --samples N      how many; default: 10000000
  --seed S         another seed, other samples; default: 1
  --workers N      use N threads; default: as many as there are processors to use
  --spot X         the share's price today; default: 100       --strike X  what the option buys it for; default: 105
  --rate X         interest a year; default: 0.03              --volatility X  a year's; default: 0.2
  --years X        until it expires; default: 1

Exit status: 0: the estimate is within 5 standard errors of the exact value; 1: it is not; 2: wrong usage.
)";

constexpr std::uint64_t block_size = 4096;

/// Of some samples: how many, their mean, and the sum of their squared distances from it.
struct moments {
  double count = 0;
  double mean = 0;
  double squares = 0;

  void add(double x) {
    ++count;
    const double off = x - mean;
    mean += off / count;
    squares += off * (x - mean);
  }
  double standard_error() const { return std::sqrt(squares / (count - 1) / count); }
};

/// Of both together (Chan, Golub and LeVeque, 1979): exact in theory, and no worse than one after the other in floats.
moments combined(const moments& a, const moments& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  const double count = a.count + b.count;
  const double off = b.mean - a.mean;
  return {.count = count,
          .mean = a.mean + off * (b.count / count),
          .squares = a.squares + b.squares + off * off * (a.count * b.count / count)};
}

// --- what is sampled: a draw adds one or two samples ----------------------------------------------------------------

struct pi_by_darts {
  static constexpr std::uint64_t samples_a_draw = 1;

  void draw(philox& random, moments& sum) const {
    const double x = random.uniform();
    const double y = random.uniform();
    sum.add(x * x + y * y < 1 ? 4 : 0);
  }
  double exact() const { return std::numbers::pi; }
};

struct call_option {
  double spot, strike, rate, volatility, years;
  static constexpr std::uint64_t samples_a_draw = 2;

  void draw(philox& random, moments& sum) const {
    for (const double z : random.two_normals()) {
      const double drift = (rate - volatility * volatility / 2) * years;
      const double price = spot * std::exp(drift + volatility * std::sqrt(years) * z);
      sum.add(std::exp(-rate * years) * std::max(price - strike, 0.0));
    }
  }
  /// Black and Scholes.
  double exact() const {
    const auto normal = [](double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; };
    const double spread = volatility * std::sqrt(years);
    const double d = (std::log(spot / strike) + (rate + volatility * volatility / 2) * years) / spread;
    return spot * normal(d) - strike * std::exp(-rate * years) * normal(d - spread);
  }
};

/// The samples of one block, in its own stream. The hot loop, in a plain function.
template <class Model>
moments sampled(const Model& model, std::uint64_t seed, std::uint64_t block, std::uint64_t samples) {
  philox random(seed, block);
  moments sum;
  for (std::uint64_t i = 0; i < samples; i += Model::samples_a_draw) model.draw(random, sum);
  return sum;
}

template <class Model>
magpie::task<moments> estimate(const Model& model, std::uint64_t seed, std::uint64_t samples) {
  const std::uint64_t blocks = (samples + block_size - 1) / block_size;
  co_return co_await magpie::parallel_reduce(
      std::uint64_t{0}, blocks, moments{},
      [&model, seed, samples](std::uint64_t block) {
        return sampled(model, seed, block, std::min(block_size, samples - block * block_size));
      },
      combined);
}

template <class Model>
int report(const char* what, const Model& model, std::uint64_t seed, std::uint64_t samples, unsigned workers) {
  magpie::runtime pool({.workers = workers});
  const stopwatch watch;
  const moments result = pool.block_on(estimate(model, seed, samples));
  const double seconds = watch.seconds();
  const double off = std::abs(result.mean - model.exact()) / result.standard_error();
  std::printf("%s: %.17g\nstandard error: %.17g\nexact: %.17g, %.2f standard errors away\n", what, result.mean,
              result.standard_error(), model.exact(), off);
  std::fprintf(stderr, "montecarlo: %.0f samples in %.3f s, %.1f million a second; %u workers\n", result.count, seconds,
               result.count / seconds / 1e6, pool.workers());
  return off <= 5 ? 0 : 1;
}

int program(command_line::arguments& given) {
  // 2^53 are still counted exactly.
  auto samples = given.number("--samples", std::uint64_t{10'000'000}, 1000, std::uint64_t{1} << 53);
  samples += samples % 2;  // normal numbers come in pairs
  const auto seed = given.number("--seed", std::uint64_t{1}, 0, ~std::uint64_t{0});
  const unsigned workers = given.workers();
  const call_option option{.spot = given.number("--spot", 100.0, 1e-6, 1e9),
                           .strike = given.number("--strike", 105.0, 1e-6, 1e9),
                           .rate = given.number("--rate", 0.03, -1, 1),
                           .volatility = given.number("--volatility", 0.2, 1e-3, 5),
                           .years = given.number("--years", 1.0, 1e-3, 100)};
  const std::string what = given.rest(1, 1, "what to estimate, pi or option")[0];
  if (what == "pi") return report("pi", pi_by_darts(), seed, samples, workers);
  if (what == "option") return report("price", option, seed, samples, workers);
  throw command_line::wrong_usage("it estimates pi or option, not '" + what + "'");
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "montecarlo", usage, program); }
