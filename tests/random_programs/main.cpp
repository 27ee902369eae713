#include "random_programs/call_tree.hpp"
#include "random_programs/interpreter.hpp"
#include "support/witness.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

/// Random programs on the virtual runtime, against an oracle.
///   --seeds N --first S   runs those; a program that goes wrong is made small and printed
///   --figures             also says how often each call came to which end
///   --show S              prints the program of a seed
///   --self-test           does something wrong on purpose: it must be found, and made small
namespace {

using magpie_test::last_act;
using magpie_test::node;
using magpie_test::sabotage;

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::vector<std::string> run(node& n, std::uint64_t seed, sabotage how) {
  const last_act end = seed % 2 == 0 ? last_act::destroys : last_act::shuts_down;
  return magpie_test::run_program(n, seed, 1 + static_cast<unsigned>(seed / 2 % 4), end, how).complaints;
}

/// In a process of its own, as it may crash, or never end. Gives what it complains of.
std::string complaint_of(node n, std::uint64_t seed, sabotage how) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    alarm(60);
    std::string all;
    for (const std::string& c : run(n, seed, how)) all += c + "\n";
    if (write(ends[1], all.data(), all.size()) < 0) _exit(2);
    _exit(0);
  }
  close(ends[1]);
  std::string all;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) all += std::string("ended by ") + strsignal(WTERMSIG(status)) + "\n";
  return all;
}

/// The smallest program found that still goes wrong, under one of a few seeds.
node shrink(node n, std::uint64_t& seed, sabotage how) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (node& candidate : magpie_test::smaller_than(n)) {
      for (std::uint64_t i = 0; i < 8 && !smaller; ++i) {
        const std::uint64_t other = i == 0 ? seed : i;
        if (complaint_of(candidate, other, how).empty()) continue;
        seed = other;
        smaller = true;
      }
      if (!smaller) continue;
      n = candidate;
      break;
    }
  }
  return n;
}

node report(std::uint64_t program, node n, sabotage how) {
  std::uint64_t seed = program;
  say("program " + std::to_string(program) + ":\n" + complaint_of(n, seed, how));
  n = shrink(n, seed, how);
  say("the smallest that was found, under seed " + std::to_string(seed) + ":\n" + magpie_test::text_of(n) +
      complaint_of(n, seed, how) + "\n");
  return n;
}

std::uint64_t running = 0;
void name_the_running(int signal) {
  char text[64];
  const int n =
      std::snprintf(text, sizeof text, "program %llu: signal %d\n", static_cast<unsigned long long>(running), signal);
  if (write(STDOUT_FILENO, text, static_cast<std::size_t>(n)) < 0) _exit(4);
  _exit(3);
}

/// Gives how many went wrong.
int run_all(std::uint64_t first, std::uint64_t seeds, int most) {
  int wrong = 0;
  std::uint64_t nodes = 0;
  for (running = first; running < first + seeds && wrong < most; ++running) {
    alarm(60);
    node n = magpie_test::plant(running);
    nodes += magpie_test::size_of(n);
    if (run(n, running, sabotage::none).empty()) continue;
    ++wrong;
    report(running, magpie_test::plant(running), sabotage::none);
  }
  alarm(0);
  say(std::to_string(running - first) + " programs, " + std::to_string(nodes) + " calls, " +
      std::to_string(magpie_test::witness::made()) + " constructions, " + std::to_string(wrong) + " wrong\n");
  return wrong;
}

/// False if some call never came to an end that it can come to: then the programs say little.
bool print_figures(bool all) {
  bool enough = true;
  std::uint64_t checked = 0;
  std::uint64_t exact = 0;
  std::uint64_t not_known = 0;
  for (int i = 0; i < magpie_test::calls; ++i) {
    const magpie_test::figures& f = magpie_test::all_figures()[static_cast<std::size_t>(i)];
    const char* const name = magpie_test::name_of(static_cast<magpie_test::call>(i));
    checked += f.values + f.errors;
    exact += f.exact;
    not_known += f.not_known;
    if (f.begun < 100 || f.values + f.errors > f.begun) enough = false;
    if (!all) continue;
    char line[160];
    std::snprintf(line, sizeof line, "%-20s begun %9llu  values %9llu  errors %8llu  exact %9llu  not known %8llu\n",
                  name, static_cast<unsigned long long>(f.begun), static_cast<unsigned long long>(f.values),
                  static_cast<unsigned long long>(f.errors), static_cast<unsigned long long>(f.exact),
                  static_cast<unsigned long long>(f.not_known));
    say(line);
  }
  say(std::to_string(checked) + " results checked, " + std::to_string(exact) + " of them to the time, " +
      std::to_string(not_known) + " not known to the oracle\n");
  return enough;
}

bool self_test() {
  bool all_found = true;
  const std::map<sabotage, const char*> names{{sabotage::wrong_sum, "a wrong sum"},
                                              {sabotage::swallowed_error, "a swallowed error"},
                                              {sabotage::leak, "a leak"},
                                              {sabotage::late, "a delay"}};
  for (const auto& [how, name] : names) {
    bool found = false;
    for (std::uint64_t seed = 0; seed < 500 && !found; ++seed) {
      node n = magpie_test::plant(seed);
      if (complaint_of(n, seed, how).empty()) continue;
      say(std::string(name) + ", ");
      found = magpie_test::size_of(report(seed, n, how)) <= 3;
    }
    if (!found) say(std::string(name) + " was not found, or not made small\n");
    all_found &= found;
  }
  return all_found;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t first = 0;
  std::uint64_t seeds = 1000;
  bool figures = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::uint64_t number = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 0) : 0;
    if (argument == "--self-test") {
      if (std::freopen("/dev/null", "w", stderr) == nullptr) return 2;
      return self_test() ? 0 : 1;
    }
    if (argument == "--show") {
      node n = magpie_test::plant(number);
      for (const std::string& c : run(n, number, sabotage::none)) say(c + "\n");
      say(magpie_test::text_of(n));
      return 0;
    }
    if (argument == "--figures") figures = true;
    if (argument == "--seeds") seeds = number;
    if (argument == "--first") first = number;
  }
  for (int s : {SIGSEGV, SIGABRT, SIGALRM, SIGBUS}) signal(s, name_the_running);
  // What nobody can receive is written there, and detached tasks fail here by the thousand.
  if (std::getenv("MAGPIE_SHOW_STDERR") == nullptr && std::freopen("/dev/null", "w", stderr) == nullptr) return 2;
  const bool right = run_all(first, seeds, 5) == 0;
  const bool enough = print_figures(figures) || seeds < 1000;
  if (!enough) say("some calls were hardly made\n");
  return right && enough ? 0 : 1;
}
