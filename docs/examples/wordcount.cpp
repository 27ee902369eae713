// Word count: the most frequent words of all files below some directories.
// run: never
//
// 1. The files are cut into pieces of a megabyte, so that one large file is work for all.
// 2. Each worker counts the words of its pieces in tables of its own (`combinable`): nothing is shared, nothing locked.
// 3. A word's hash says in which of 64 tables it is counted. So the tables of all workers are merged 64 at a time.
// Words that are equally frequent are sorted by name: the output does not depend on who counted what.
#include <magpie/magpie.hpp>

#include "command_line.hpp"
#include "stopwatch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::string_view usage = R"(usage: wordcount [--top N] [--workers N] [--check] [PATH...]

Counts the words of all files at or below the PATHs (default: .), and prints the most frequent ones. A word is made of
ASCII letters, digits and bytes above 127; capitals count as small letters. Symbolic links below a PATH are not followed.

  --top N      how many words; default: 10
  --workers N  use N threads; default: as many as there are processors to use
  --check      count once more, on one thread and in the plainest way, and compare all words

Exit status: 0; 1: some files could not be read, they are named; 2: wrong usage, or a check that failed.
)";

constexpr std::uint64_t piece_size = 1 << 20;

/// Bytes [from, from + size) of a file. The words that begin there are counted.
struct piece {
  const std::string* path;
  std::uint64_t from;
  std::uint64_t size;
};

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
};
using table = std::unordered_map<std::string, std::uint64_t, text_hash, std::equal_to<>>;

constexpr std::size_t tables = 64;
/// What one worker has counted. The upper bits of the hash choose the table, as the lower ones choose the place in it.
using counts = std::array<table, tables>;
constexpr std::size_t table_of(std::size_t hash) { return hash >> 58; }
static_assert(sizeof(std::size_t) == 8);

using ranking = std::vector<std::pair<std::string, std::uint64_t>>;

std::atomic<std::uint64_t> problems{0};

void problem(const std::string& path, const std::string& what) {
  problems.fetch_add(1, std::memory_order_relaxed);  // a number for the end, read after all has been joined
  std::fprintf(stderr, "wordcount: %s: %s\n", path.c_str(), what.c_str());
}

// --- Which files are there ------------------------------------------------------------------------------------------

std::vector<std::string> files_below(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (fs::is_regular_file(path, error)) return {path};
  if (!error && !fs::is_directory(path, error) && !error) {
    problem(path, "is neither a file nor a directory");
    return files;
  }
  fs::recursive_directory_iterator entry;
  if (!error) entry = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;  // one that vanishes is no file
    if (entry->symlink_status(ignored).type() == fs::file_type::regular) files.push_back(entry->path().string());
  }
  if (error) problem(path, error.message());
  return files;
}

std::vector<piece> in_pieces(const std::vector<std::string>& files) {
  std::vector<piece> pieces;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(file, error);
    if (error) {
      problem(file, error.message());
      continue;
    }
    for (std::uint64_t from = 0; from < size; from += piece_size) {
      pieces.push_back({.path = &file, .from = from, .size = std::min(piece_size, size - from)});
    }
  }
  return pieces;
}

// --- Words ----------------------------------------------------------------------------------------------------------

/// What a byte becomes in a word; 0: it is in none.
constexpr std::array<unsigned char, 256> letters = [] {
  std::array<unsigned char, 256> all{};
  for (int c = 0; c < 256; ++c) {
    const bool small = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c > 127;
    all[static_cast<std::size_t>(c)] = static_cast<unsigned char>(small ? c : c >= 'A' && c <= 'Z' ? c + 32 : 0);
  }
  return all;
}();
constexpr char letter(char c) { return static_cast<char>(letters[static_cast<unsigned char>(c)]); }

/// Reads up to `size` bytes. Errors: a message on stderr, and then there are fewer.
std::string read_at(int file, const std::string& path, std::uint64_t from, std::size_t size) {
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(file, text.data() + got, size - got, static_cast<off_t>(from + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) problem(path, std::generic_category().message(errno));
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  text.resize(got);
  return text;
}

/// The words that begin in the piece, whole, and no others.
std::string text_of(const piece& p) {
  const int file = ::open(p.path->c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    problem(*p.path, std::generic_category().message(errno));
    return {};
  }
  const std::uint64_t before = p.from == 0 ? 0 : 1;
  std::string text = read_at(file, *p.path, p.from - before, static_cast<std::size_t>(p.size + before));
  // To the end of the last word.
  for (std::uint64_t at = p.from + p.size; !text.empty() && letter(text.back()) != 0; at += 256) {
    const std::string more = read_at(file, *p.path, at, 256);
    const auto end = std::ranges::find(more, '\0', letter);
    text.append(more.begin(), end);
    if (end != more.end() || more.empty()) break;
  }
  ::close(file);
  // The word that began before.
  if (before == 1) text.erase(text.begin(), std::ranges::find(text, '\0', letter));
  return text;
}

/// The hot loop, in a plain function. `text` may be changed.
std::uint64_t count_words(std::string& text, counts& found) {
  std::uint64_t words = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t begin = i;
    while (i < text.size() && letter(text[i]) != 0) {
      text[i] = letter(text[i]);
      ++i;
    }
    if (i == begin) continue;
    const std::string_view word(text.data() + begin, i - begin);
    table& t = found[table_of(text_hash()(word))];
    if (const auto place = t.find(word); place != t.end()) {
      ++place->second;
    } else {
      t.emplace(word, 1);
    }
    ++words;
  }
  return words;
}

// --- All of them ----------------------------------------------------------------------------------------------------

bool more_frequent(const ranking::value_type& a, const ranking::value_type& b) {
  return std::tie(b.second, a.first) < std::tie(a.second, b.first);
}

struct result {
  std::uint64_t words = 0;
  std::vector<table> merged = std::vector<table>(tables);
  ranking top;
};

/// Moves what all workers have counted in their tables with this number into one.
void merge(std::size_t number, const std::vector<counts*>& found, table& merged) {
  for (counts* one : found) {
    table& from = (*one)[number];
    merged.merge(from);  // moves the words that are new
    for (const auto& [word, n] : from) merged.find(word)->second += n;
    table().swap(from);
  }
}

ranking best(const table& from, std::size_t top) {
  std::vector<const table::value_type*> all;
  for (const auto& entry : from) all.push_back(&entry);
  top = std::min(top, all.size());
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(top), [](const auto* a, const auto* b) {
    return std::tie(b->second, a->first) < std::tie(a->second, b->first);
  });
  ranking ranked;
  for (std::size_t i = 0; i < top; ++i) ranked.emplace_back(*all[i]);
  return ranked;
}

magpie::task<result> count(const std::vector<piece>& pieces, std::size_t top) {
  magpie::combinable<counts> of_workers;
  magpie::combinable<std::uint64_t> words;
  co_await magpie::parallel_for(
      pieces,
      [&](const piece& p) {
        std::string text = text_of(p);
        words.local() += count_words(text, of_workers.local());
      },
      1);  // a piece is long enough to be a leaf

  std::vector<counts*> found;
  of_workers.combine_each([&](counts& c) { found.push_back(&c); });
  result all;
  all.words = words.combine(std::plus<>());
  std::vector<ranking> tops(tables);
  co_await magpie::parallel_for(
      std::size_t{0}, tables,
      [&](std::size_t number) {
        merge(number, found, all.merged[number]);
        tops[number] = best(all.merged[number], top);
      },
      1);

  for (ranking& r : tops) std::ranges::move(r, std::back_inserter(all.top));
  std::ranges::sort(all.top, more_frequent);
  all.top.resize(std::min(top, all.top.size()));
  co_return all;
}

/// The same on one thread, from whole files and with one table. Whether it found the same.
bool agrees(const result& counted, const std::vector<std::string>& files) {
  std::map<std::string, std::uint64_t> plain;
  for (const std::string& path : files) {
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) continue;
    std::string word;
    for (int c = 0; c != EOF;) {
      c = std::getc(file);
      if (c != EOF && letter(static_cast<char>(c)) != 0) {
        word += letter(static_cast<char>(c));
      } else if (!word.empty()) {
        ++plain[word];
        word.clear();
      }
    }
    std::fclose(file);
  }
  std::size_t different = 0;
  for (const table& t : counted.merged) {
    different += t.size();
    for (const auto& [word, n] : t) {
      const auto place = plain.find(word);
      if (place == plain.end() || place->second != n) return false;
    }
  }
  return different == plain.size();
}

int program(command_line::arguments& given) {
  const auto top = given.number("--top", std::size_t{10}, 0, 1'000'000'000);
  const bool check = given.flag("--check");
  const unsigned workers = given.workers();
  std::vector<std::string> paths = given.rest(0, 1'000'000, "");
  if (paths.empty()) paths.emplace_back(".");

  const stopwatch watch;
  std::vector<std::string> files;
  for (const std::string& path : paths) std::ranges::move(files_below(path), std::back_inserter(files));
  const std::vector<piece> pieces = in_pieces(files);
  std::uint64_t bytes = 0;
  for (const piece& p : pieces) bytes += p.size;

  magpie::runtime pool({.workers = workers});
  const result counted = pool.block_on(count(pieces, top));
  for (const auto& [word, n] : counted.top) {
    std::printf("%8llu %s\n", static_cast<unsigned long long>(n), word.c_str());
  }
  const double seconds = watch.seconds();
  std::size_t different = 0;
  for (const table& t : counted.merged) different += t.size();
  std::fprintf(stderr, "wordcount: %llu words, %zu different, in %zu files; %.3f s, %.1f MB/s; %u workers\n",
               static_cast<unsigned long long>(counted.words), different, files.size(), seconds,
               static_cast<double>(bytes) / seconds / 1e6, pool.workers());
  if (check) {
    const bool right = agrees(counted, files);
    std::fprintf(stderr, "wordcount: check: %s\n", right ? "the same on one thread" : "NOT the same on one thread");
    if (!right) return 2;
  }
  return problems.load(std::memory_order_relaxed) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return command_line::run(argc, argv, "wordcount", usage, program); }
