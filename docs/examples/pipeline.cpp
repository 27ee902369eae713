// A pipeline of three stages over a large file: read it, parse it in parallel, write it in order.
// run: never
//
//     reader --batches--> parsers (one a worker) --parsed--> writer
//
// Between the stages are channels, which bound how far a fast stage runs ahead of a slow one. Parsers finish out of
// order, so the writer puts batches aside until their turn; a semaphore counts the batches between reader and writer,
// so that these are few too: memory does not grow with the file. What fails in one stage stops the others, where they
// wait, and comes out of the gather.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "stopwatch.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view usage = R"(usage: pipeline [--workers N] [--batch BYTES] [--in-flight N] [--check] IN OUT
       pipeline make LINES OUT

Reads measurements from the file IN, one a line:     1700000000,sensor-17,-3.25   seconds since 1970, a name, degrees Celsius
and writes them to OUT in the same order:            2023-11-14T22:13:20Z sensor-17 26.15   the time, the name, Fahrenheit
Lines that are no measurement are left out, and counted. `make` writes a file of so many lines to try it on.

  --workers N    use N threads; default: as many as there are processors to use
  --batch BYTES  how much is read at a time, 64 to 16777216; default: 262144
  --in-flight N  how many batches are between reading and writing at most; default: four for each worker
  --check        read both files again afterwards, line by line, and compare

Exit status: 0; 1: lines were left out, or a check failed; 2: wrong usage, or a file that cannot be read or written.
)";

using file = std::unique_ptr<std::FILE, decltype([](std::FILE* f) { std::fclose(f); })>;

file opened(const std::string& path, const char* how) {
  file f(std::fopen(path.c_str(), how));
  if (!f) throw command_line::cannot((how[0] == 'r' ? "open " : "create ") + path);
  return f;
}

// --- One line -------------------------------------------------------------------------------------------------------

struct measurement {
  std::int64_t time;
  std::string_view sensor;
  double celsius;
};

std::optional<measurement> parsed(std::string_view line) {
  measurement m{};
  const char* const end = line.data() + line.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): its end is given
  const auto [time_end, time_error] = std::from_chars(line.data(), end, m.time);
  if (time_error != std::errc() || time_end == end || *time_end != ',' || m.time < 0 || m.time > 253'402'300'799)
    return {};
  const std::string_view rest(time_end + 1, end);
  const std::size_t comma = rest.find(',');
  if (comma == rest.npos || comma == 0) return {};
  m.sensor = rest.substr(0, comma);
  const auto [stopped, error] = std::from_chars(rest.data() + comma + 1, end, m.celsius);
  if (error != std::errc() || stopped != end || !(m.celsius >= -273.15 && m.celsius < 1e6)) return {};
  return m;
}

void append_padded(std::string& out, unsigned n, int digits) {
  char text[4];
  for (int i = digits; i-- > 0; n /= 10) text[i] = static_cast<char>('0' + n % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

void append(std::string& out, const measurement& m) {
  const std::chrono::sys_seconds time{std::chrono::seconds(m.time)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto second = static_cast<unsigned>((time - day).count());
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, second / 3600, 2);
  out += ':';
  append_padded(out, second / 60 % 60, 2);
  out += ':';
  append_padded(out, second % 60, 2);
  out += "Z ";
  out += m.sensor;
  out += ' ';
  char number[32];
  out.append(number,
             std::to_chars(number, number + sizeof number, m.celsius * 1.8 + 32, std::chars_format::fixed, 2).ptr);
  out += '\n';
}

// --- The stages -----------------------------------------------------------------------------------------------------

/// Some whole lines, and what became of them. A batch that was written is filled again.
struct batch {
  std::size_t number = 0;
  std::string text;
  std::string result;
  std::uint64_t lines = 0;
  std::uint64_t bad = 0;
};
using batch_pointer = std::unique_ptr<batch>;

/// The hot loop, in a plain function.
void parse(batch& b) {
  b.result.clear();
  std::string_view left = b.text;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::optional<measurement> m = parsed(left.substr(0, end));
    if (m) {
      append(b.result, *m);
    } else {
      ++b.bad;
    }
    ++b.lines;
    left.remove_prefix(std::min(end + 1, left.size()));
  }
}

/// Reads `size` bytes into `text`, and so much more that a line ends there. False at the end.
bool read_lines(std::FILE* in, const std::string& path, std::size_t size, std::string& carried, std::string& text) {
  constexpr std::size_t longest_line = 1 << 20;
  text.swap(carried);
  carried.clear();
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + size);
    text.resize(before + std::fread(text.data() + before, 1, size, in));
    if (std::ferror(in) != 0) throw command_line::cannot("read " + path);
    if (text.size() == before) return !text.empty();  // the last line may lack its end
    if (const std::size_t end = text.rfind('\n'); end != text.npos) {
      carried.assign(text, end + 1);
      text.resize(end + 1);
      return true;
    }
    if (text.size() > longest_line) throw std::runtime_error(path + ": has a line of more than a megabyte");
  }
}

struct settings {
  std::string in, out;
  std::size_t batch_size = 1 << 18;
  std::size_t in_flight = 8;
  unsigned parsers = 2;
};

struct pipeline {
  explicit pipeline(const settings& s)
      : chosen(s),
        input(opened(s.in, "rb")),
        output(opened(s.out, "wb")),
        places(s.in_flight),
        batches(s.in_flight),
        parsed(s.in_flight),
        used(magpie::unbounded) {}

  const settings& chosen;
  file input, output;
  magpie::semaphore places;  // for batches that are read and not yet written
  magpie::channel<batch_pointer> batches;
  magpie::channel<batch_pointer> parsed;
  magpie::channel<batch_pointer> used;  // at most in_flight of them
  std::uint64_t lines = 0;              // of the writer
  std::uint64_t bad = 0;
};

magpie::task<> read_all(pipeline& p) {
  std::string carried;
  for (std::size_t number = 0;; ++number) {
    auto place = co_await p.places.acquire();
    batch_pointer b = p.used.try_receive().value_or(nullptr);
    if (!b) b = std::make_unique<batch>();
    b->number = number;
    const bool more = co_await magpie::blocking(
        [&] { return read_lines(p.input.get(), p.chosen.in, p.chosen.batch_size, carried, b->text); });
    if (!more) break;
    place.forget();  // the writer gives it back
    co_await p.batches.send(std::move(b));
  }
  p.batches.close();
}

magpie::task<> parse_some(pipeline& p) {
  while (std::optional<batch_pointer> b = co_await p.batches.receive()) {
    parse(**b);
    co_await p.parsed.send(std::move(*b));
  }
}

magpie::task<> parse_all(pipeline& p) {
  std::vector<magpie::task<>> parsers;
  parsers.reserve(p.chosen.parsers);
  for (unsigned i = 0; i < p.chosen.parsers; ++i) parsers.push_back(parse_some(p));
  co_await magpie::gather(std::move(parsers));
  p.parsed.close();
}

void write_batch(pipeline& p, const batch& b) {
  if (std::fwrite(b.result.data(), 1, b.result.size(), p.output.get()) != b.result.size()) {
    throw command_line::cannot("write " + p.chosen.out);
  }
}

magpie::task<> write_all(pipeline& p) {
  std::map<std::size_t, batch_pointer> waiting;  // their turn has not come
  std::size_t next = 0;
  while (std::optional<batch_pointer> arrived = co_await p.parsed.receive()) {
    const std::size_t number = (*arrived)->number;
    waiting.emplace(number, std::move(*arrived));
    for (auto first = waiting.begin(); first != waiting.end() && first->first == next; first = waiting.erase(first)) {
      batch_pointer b = std::move(first->second);
      co_await magpie::blocking([&] { write_batch(p, *b); });
      p.lines += std::exchange(b->lines, 0);
      p.bad += std::exchange(b->bad, 0);
      p.used.try_send(std::move(b));
      p.places.release();
      ++next;
    }
  }
  if (std::fclose(p.output.release()) != 0) throw command_line::cannot("write " + p.chosen.out);
}

magpie::task<> run_all(pipeline& p) { co_await magpie::gather(read_all(p), parse_all(p), write_all(p)); }

// --- The program around it ------------------------------------------------------------------------------------------

int make(const std::string& count, const std::string& path) {
  std::uint64_t lines = 0;
  const char* const end = count.data() + count.size();
  const auto [stopped, error] = std::from_chars(count.data(), end, lines);
  if (error != std::errc() || stopped != end || lines > 10'000'000'000) {
    throw command_line::wrong_usage("make takes a number of lines, up to 10000000000, not '" + count + "'");
  }
  file out = opened(path, "wb");
  std::uint64_t random = 1;
  for (std::uint64_t i = 0; i < lines; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    std::fprintf(out.get(), "%llu,sensor-%llu,%.2f\n", 1'700'000'000ULL + static_cast<unsigned long long>(i),
                 static_cast<unsigned long long>(random >> 57), static_cast<double>(random >> 33 & 0x1fff) / 100 - 40);
  }
  if (std::fclose(out.release()) != 0) throw command_line::cannot("write " + path);
  return 0;
}

bool next_line(std::FILE* in, std::string& line) {
  line.clear();
  int c = std::getc(in);
  const bool any = c != EOF;
  for (; c != EOF && c != '\n'; c = std::getc(in)) line += static_cast<char>(c);
  return any;
}

/// Whether each line of the output is what stands at its place in the input.
bool agrees(const settings& chosen) {
  const file in = opened(chosen.in, "rb");
  const file out = opened(chosen.out, "rb");
  std::string line;
  std::string expected;
  std::string written;
  while (next_line(in.get(), line)) {
    const std::optional<measurement> m = parsed(line);
    if (!m) continue;
    expected.clear();
    append(expected, *m);
    if (!next_line(out.get(), written) || written + '\n' != expected) return false;
  }
  return !next_line(out.get(), written);
}

int program(command_line::arguments& given) {
  settings chosen;
  const unsigned workers = given.workers();
  chosen.batch_size = given.number("--batch", chosen.batch_size, 64, 1 << 24);
  const auto in_flight = given.number("--in-flight", std::size_t{0}, 1, 100'000);
  const bool check = given.flag("--check");
  const std::vector<std::string> words = given.rest(2, 3, "an input and an output file");
  if (words[0] == "make" && words.size() == 3) return make(words[1], words[2]);
  if (words.size() == 3) throw command_line::wrong_usage("too much: '" + words[2] + "'");
  chosen.in = words[0];
  chosen.out = words[1];
  std::error_code none;  // an output that does not exist is another file
  if (std::filesystem::equivalent(chosen.in, chosen.out, none))
    throw std::runtime_error(chosen.out + ": is the input itself");

  magpie::runtime pool({.workers = workers});
  chosen.parsers = pool.workers();
  chosen.in_flight = in_flight != 0 ? in_flight : std::size_t{4} * pool.workers();
  const stopwatch watch;
  pipeline p(chosen);
  pool.block_on(run_all(p));
  const double seconds = watch.seconds();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::fprintf(
      stderr, "pipeline: %llu lines, %llu left out, in %.3f s: %.2f million a second; %u workers; %.1f MiB at most\n",
      static_cast<unsigned long long>(p.lines), static_cast<unsigned long long>(p.bad), seconds,
      static_cast<double>(p.lines) / seconds / 1e6, pool.workers(), static_cast<double>(used.ru_maxrss) / 1024);
  if (check) {
    const bool right = agrees(chosen);
    std::fprintf(stderr, "pipeline: check: %s\n", right ? "right" : "WRONG");
    if (!right) return 1;
  }
  return p.bad == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "pipeline", usage, program); }
