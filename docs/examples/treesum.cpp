// run: never
// needs: libcrypto
// treesum: the SHA-256 of every file below some directories, by all processors, in the format of sha256sum.
//
// Two phases, and in both a task awaits `gather`, which runs many tasks at once and joins them before it goes on:
//   1. walk()       one task a directory: reads it, then gathers the tasks of the directories in it;
//   2. hash_batch() one task a batch of files, largest files first, so that no worker is left alone with one at the
//   end.
// What blocks or computes (reading a directory, hashing a file) is in plain functions; the coroutines only say what
// runs beside what. A file that cannot be read is no reason to end the others, so such errors are reported where they
// occur; whatever else is thrown (memory runs out, say) ends all tasks and comes out of block_on. A deadline, Ctrl-C
// and a match of --find stop what is left: a hash in progress polls its task's token, all else ends where it awaits.

#include <magpie/magpie.hpp>

#include "file_digest.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <compare>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace treesum;

constexpr std::string_view usage = R"(usage: treesum [--workers N] [--deadline TIME] [--find HASH] [PATH...]

Writes the SHA-256 of each file at or below the PATHs (default: .) to standard output, sorted by name, as sha256sum
does: `sha256sum -c` verifies it. Symbolic links are followed. What cannot be read is named on standard error.

  --workers N      use N threads; default: as many as there are processors to use
  --deadline TIME  stop after so long, 2s or 500ms for example, and list what is done by then
  --find HASH      list the first file found that has this SHA-256, and stop
  --help           this

Ctrl-C stops too, and lists what is done by then.

Exit status: 0: all files are listed, or one was found; 1: some were left out, or none was found; 2: wrong usage, or the
output could not be written; 3: the deadline passed; 130: Ctrl-C.
)";

struct options {
  unsigned workers = 0;  // 0: the runtime finds out
  std::optional<std::chrono::nanoseconds> deadline;
  std::optional<sha256> wanted;
  std::vector<std::string> paths;
};

struct wrong_usage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct file {
  std::string path;
  std::uint64_t size = 0;
  std::optional<sha256> sum;  // none: it could not be read
};

/// A directory to read. While it is read, its parent still waits for it: so the chain of parents is there to look at.
struct directory {
  std::string path;
  const directory* parent = nullptr;
  dev_t device = 0;
  ino_t inode = 0;
};

struct contents {
  std::vector<file> files;
  std::vector<directory> directories;
};

// --- Phase 1: which files are there
// -----------------------------------------------------------------------------------------

bool is_standard_output(const struct stat& status) {
  struct stat out;
  return ::fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == status.st_dev && out.st_ino == status.st_ino;
}

const char* kind_of(mode_t mode) {
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "neither a file nor a directory";
}

/// Puts what `name` in the open directory `where` stands for into `found`. `path` is its name in full.
void look_at(int where, const char* name, std::string path, const directory* parent, contents& found, progress& shown) {
  struct stat status;
  if (::fstatat(where, name, &status, 0) != 0) {
    const int error = errno;
    struct stat link;
    const bool is_link = ::fstatat(where, name, &link, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(link.st_mode);
    if (is_link && error == ENOENT) {
      shown.problem(path, "broken symbolic link: what it names does not exist");
    } else if (is_link && error == ELOOP) {
      shown.problem(path, "loop of symbolic links: it leads back to itself");
    } else {
      shown.problem(path, std::generic_category().message(error));
    }
  } else if (S_ISDIR(status.st_mode)) {
    found.directories.push_back({.path = std::move(path), .parent = parent});
  } else if (!S_ISREG(status.st_mode)) {
    shown.problem(path, std::string("is ") + kind_of(status.st_mode) + ", left out");
  } else if (is_standard_output(status)) {
    shown.note(path, "is the output itself, left out");
  } else {
    if (path.find('\n') != path.npos) shown.note(path, "has a newline in its name, escaped as sha256sum does");
    found.files.push_back({.path = std::move(path), .size = static_cast<std::uint64_t>(status.st_size), .sum = {}});
  }
}

/// Reads one directory. Errors: trouble.
contents read_directory(directory& here, progress& shown) {
  const std::unique_ptr<DIR, decltype([](DIR* d) { ::closedir(d); })> stream(::opendir(here.path.c_str()));
  if (!stream) throw trouble::from_errno();
  const int where = ::dirfd(stream.get());
  struct stat status;
  if (where < 0 || ::fstat(where, &status) != 0) throw trouble::from_errno();
  here.device = status.st_dev;
  here.inode = status.st_ino;
  for (const directory* above = here.parent; above != nullptr; above = above->parent) {
    if (above->device == here.device && above->inode == here.inode) {
      throw trouble("loop: this is " + printable(above->path) + " again, not entered a second time");
    }
  }

  contents found;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): each stream has one reader
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string path = here.path;
    if (path.back() != '/') path += '/';
    path += name;
    look_at(where, entry->d_name, std::move(path), &here, found, shown);
  }
  if (errno != 0) shown.problem(here.path, "not read to its end: " + std::generic_category().message(errno));

  std::uint64_t bytes = 0;
  for (const file& f : found.files) bytes += f.size;
  shown.listed(found.files.size(), bytes);
  return found;
}

contents read_or_report(directory& here, progress& shown) {
  try {
    return read_directory(here, shown);
  } catch (const trouble& why) {
    shown.problem(here.path, why.what());
    return {};
  }
}

std::vector<file> joined(std::vector<std::vector<file>> parts) {
  // The largest part is kept and the others move into it: cheap when one of them has nearly all.
  const auto largest = std::ranges::max_element(parts, {}, &std::vector<file>::size);
  std::vector<file> all = std::move(*largest);
  for (std::vector<file>& part : parts) {
    if (&part != &*largest) std::ranges::move(part, std::back_inserter(all));
  }
  return all;
}

magpie::task<std::vector<file>> walk(directory& here, progress& shown);

/// All files in `found` and in the directories of it. The view makes the tasks when gather asks for them. They refer to
/// what is in the frames of this task and of those above it, which are there until the last of their children has
/// ended.
magpie::task<std::vector<file>> descend(contents found, progress& shown) {
  auto walks = found.directories | std::views::transform([&shown](directory& d) { return walk(d, shown); });
  std::vector<std::vector<file>> parts = co_await magpie::gather(walks);
  parts.push_back(std::move(found.files));
  co_return joined(std::move(parts));
}

magpie::task<std::vector<file>> walk(directory& here, progress& shown) {
  contents found = read_or_report(here, shown);
  co_return co_await descend(std::move(found), shown);
}

// --- Phase 2: what are their digests
// ----------------------------------------------------------------------------------------

/// Cuts the files, largest first, into runs that are worth a task each: opening a small file costs as much as hashing
/// 16 KiB. There are some 4,096 of them at most, so however many files there are, the tasks need little memory.
std::vector<std::span<file>> in_batches(std::span<file> files) {
  constexpr std::uint64_t KiB = 1024;
  const auto cost = [](const file& f) { return f.size + 16 * KiB; };
  std::uint64_t all = 0;
  for (const file& f : files) all += cost(f);
  const std::uint64_t enough = std::max(1024 * KiB, all / 4096);

  std::vector<std::span<file>> batches;
  while (!files.empty()) {
    std::size_t n = 0;
    for (std::uint64_t sum = 0; n < files.size() && sum < enough; ++n) sum += cost(files[n]);
    batches.push_back(files.first(n));
    files = files.subspan(n);
  }
  return batches;
}

/// A file whose digest is not finished, because its task was asked to stop.
struct given_up {};

void hash_or_report(file& f, const magpie::stop_token& stop, progress& shown) {
  try {
    f.sum = digest_of_file(f.path.c_str(), [&](std::uint64_t n) {
      shown.hashed_bytes(n);
      if (stop.stop_requested()) throw given_up();
    });
  } catch (const trouble& why) {
    shown.problem(f.path, why.what());
  }
  shown.hashed_file();
}

/// The files whose digest is wanted, or all.
struct search {
  std::optional<sha256> wanted;
  std::mutex one_at_a_time;
  const file* found = nullptr;

  /// True: it is the one.
  bool is_wanted(const file& f) {
    if (!wanted || f.sum != wanted) return false;
    const std::lock_guard hold(one_at_a_time);
    if (found == nullptr) found = &f;
    return true;
  }
};

magpie::task<> hash_batch(std::span<file> batch, search& looking, magpie::task_group group, progress& shown) {
  const magpie::stop_token stop = co_await magpie::get_stop_token();
  for (file& f : batch) {
    try {
      hash_or_report(f, stop, shown);
    } catch (const given_up&) {
      // Nothing is lost: the stop is seen below.
    }
    if (looking.is_wanted(f)) group.cancel();
    co_await magpie::checkpoint();
  }
}

magpie::task<> sum_tree(const std::vector<std::string>& paths, std::vector<file>& files, search& looking,
                        progress& shown) {
  contents named;
  for (const std::string& path : paths) look_at(AT_FDCWD, path.c_str(), path, nullptr, named, shown);
  for (const file& f : named.files) shown.listed(1, f.size);
  files = co_await descend(std::move(named), shown);

  // Largest first. A group, because a match stops all of it.
  std::ranges::sort(files, std::greater(), &file::size);
  shown.start_hashing();
  auto batches = in_batches(files);
  co_await magpie::with_task_group([&](magpie::task_group& group) -> magpie::task<> {
    auto hashes =
        batches | std::views::transform([&](std::span<file> b) { return hash_batch(b, looking, group, shown); });
    co_await magpie::gather(hashes);
  });
}

// --- The program around it
// --------------------------------------------------------------------------------------------------

/// What stands behind `--name value` or `--name=value`, if `argument` is that option.
std::optional<std::string_view> value_of(std::string_view name, std::span<char*> arguments, std::size_t& i) {
  std::string_view argument = arguments[i];
  if (!argument.starts_with(name)) return {};
  argument.remove_prefix(name.size());
  if (argument.starts_with('=')) return argument.substr(1);
  if (!argument.empty()) return {};
  if (++i == arguments.size()) throw wrong_usage(std::string(name) + " needs a value after it");
  return arguments[i];
}

unsigned parsed_workers(std::string_view text) {
  unsigned workers = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), workers);
  if (error != std::errc() || rest != text.data() + text.size() || workers < 1 || workers > 1024) {
    throw wrong_usage("--workers takes a whole number from 1 to 1024, not '" + printable(text) + "'");
  }
  return workers;
}

std::chrono::nanoseconds parsed_time(std::string_view text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  const double seconds = unit == "ms" ? 1e-3 : unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (error != std::errc() || seconds == 0 || !(number >= 0) || number * seconds > 1e9) {
    throw wrong_usage("--deadline takes a time such as 500ms, 2s, 1.5m or 1h, not '" + printable(text) + "'");
  }
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(number * seconds));
}

sha256 parsed_hash(std::string_view text) {
  sha256 sum = {};
  bool good = text.size() == 2 * sum.size();
  for (std::size_t i = 0; good && i < sum.size(); ++i) {
    const char* const pair = text.data() + 2 * i;
    const auto [rest, error] = std::from_chars(pair, pair + 2, sum[i], 16);
    good = error == std::errc() && rest == pair + 2;
  }
  if (!good) throw wrong_usage("--find takes the 64 hexadecimal digits of a SHA-256, not '" + printable(text) + "'");
  return sum;
}

options parsed(std::span<char*> arguments) {
  options result;
  bool only_paths = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (only_paths || !argument.starts_with('-')) {
      if (argument.empty()) throw wrong_usage("a PATH is empty");
      result.paths.emplace_back(argument);
    } else if (argument == "--") {
      only_paths = true;
    } else if (const auto workers = value_of("--workers", arguments, i)) {
      result.workers = parsed_workers(*workers);
    } else if (const auto time = value_of("--deadline", arguments, i)) {
      result.deadline = parsed_time(*time);
    } else if (const auto hash = value_of("--find", arguments, i)) {
      result.wanted = parsed_hash(*hash);
    } else if (argument == "-") {
      throw wrong_usage("standard input is not read; a file of the name - is ./-");
    } else {
      throw wrong_usage("there is no option '" + printable(argument) + "'; a file of that name is ./" +
                        printable(argument));
    }
  }
  if (result.paths.empty()) result.paths.emplace_back(".");
  return result;
}

void write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
  }
}

void flush_output() {
  if (std::fflush(stdout) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
  }
}

double cpu_seconds() {
  rusage used = {};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

enum class cut_short { no, by_deadline, by_interrupt };

/// Runs it all. Whatever happens, no task refers to the arguments any more when it returns.
cut_short sum_trees(magpie::runtime& pool, const options& chosen, const magpie::stop_token& stop,
                    std::vector<file>& files, search& looking, progress& shown) {
  const auto deadline = chosen.deadline ? magpie::clock::now() + *chosen.deadline : magpie::never;
  try {
    pool.block_on(with_stop_token(stop, with_deadline(deadline, sum_tree(chosen.paths, files, looking, shown))));
  } catch (const magpie::timed_out&) {
    return cut_short::by_deadline;
  } catch (const magpie::task_cancelled&) {
    return cut_short::by_interrupt;
  }
  return cut_short::no;
}

int run(const options& chosen) {
  // Were it closed, the first file that is opened would become standard output.
  if (::fcntl(STDOUT_FILENO, F_GETFD) < 0)
    throw std::system_error(errno, std::generic_category(), "standard output is closed");

  const auto began = std::chrono::steady_clock::now();
  const interrupt control_c;  // before any other thread
  progress shown;
  magpie::runtime pool({.workers = chosen.workers, .thread_name = "treesum"});
  std::vector<file> files;
  search looking;
  looking.wanted = chosen.wanted;
  const cut_short how = sum_trees(pool, chosen, control_c.token(), files, looking, shown);
  shown.finish();
  if (looking.found != nullptr && looking.found->sum) {
    write_output(sha256sum_line(*looking.found->sum, looking.found->path));
    flush_output();
    return 0;
  }
  std::ranges::sort(files, {}, &file::path);
  const double seconds =
      std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), 1e-9);
  const double cpu = cpu_seconds();

  std::size_t listed = 0;
  for (const file& f : files) {
    if (!f.sum) continue;
    ++listed;
    if (!chosen.wanted) write_output(sha256sum_line(*f.sum, f.path));
  }
  flush_output();

  const auto bytes = static_cast<double>(shown.bytes());
  std::fprintf(stderr, "treesum: %zu files, %s in %.2f s: %s/s; %u worker%s, %.2f processors busy on average\n", listed,
               in_bytes(bytes).c_str(), seconds, in_bytes(bytes / seconds).c_str(), pool.workers(),
               pool.workers() == 1 ? "" : "s", cpu / seconds);
  if (how != cut_short::no) {
    const std::uint64_t left = files.size() - listed - std::min<std::uint64_t>(shown.problems(), files.size() - listed);
    std::fprintf(stderr, "treesum: %s: %zu files done, %llu left%s\n",
                 how == cut_short::by_deadline ? "the deadline passed" : "interrupted", listed,
                 static_cast<unsigned long long>(left),
                 files.empty() ? ", and more: the directories were not read to their end" : "");
    return how == cut_short::by_deadline ? 3 : 130;
  }
  if (chosen.wanted) {
    std::fprintf(stderr, "treesum: none of these files has that SHA-256\n");
    return 1;
  }
  if (shown.problems() == 0) return 0;
  std::fprintf(stderr, "treesum: %llu left out, named above\n", static_cast<unsigned long long>(shown.problems()));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::span<char*> arguments(argv + 1, argv + argc);
    if (std::ranges::count(arguments, std::string_view("--help"), [](char* a) { return std::string_view(a); }) > 0) {
      write_output(usage);
      flush_output();
      return 0;
    }
    return run(parsed(arguments));
  } catch (const wrong_usage& error) {
    std::fprintf(stderr, "treesum: %s\nSee treesum --help.\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "treesum: %s\n", error.what());
  }
  return 2;
}
