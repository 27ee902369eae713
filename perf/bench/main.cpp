// magpie-bench: runs the same work on many schedulers, each in a process of its own, and draws what came out.

#include "bench/commands.hpp"
#include "bench/run_file.hpp"
#include "bench/run_plan.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

namespace {

std::string positive(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == '\0' && value > 0 ? "" : text + " is not a number above 0";
}

int run(int argc, char** argv) {
  CLI::App app{"Runs the same work on many schedulers, each in a process of its own, and draws what came out."};
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  app.failure_message([](const CLI::App*, const CLI::Error& e) {
    return fmt::format("magpie-bench: {}\nmagpie-bench --help, or magpie-bench COMMAND --help, says what there is.\n",
                       e.what());
  });

  bench::place where;
  bench::wishes asked;
  int status = 0;

  const auto add_runners = [&](CLI::App* command) {
    command->add_option("--runners", where.folders, "more folders with runners (magpie-bench-PEER)")
        ->check(CLI::ExistingDirectory)
        ->type_name("DIR");
  };

  CLI::App* const list = app.add_subcommand("list", "the peers and the workloads that there are");
  add_runners(list);
  list->callback([&] { status = bench::list(where); });

  CLI::App* const run = app.add_subcommand("run", "measure, and write DIR/run.json and DIR/report.html");
  unsigned repeat = 0;
  double minutes = 0;
  double limit = 0;
  std::filesystem::path out;
  run->add_option("--filter", asked.filter, "only workloads whose name this regular expression finds")->type_name("RE");
  run->add_option("--peers", asked.peers, "only these, as in 'list': magpie,tbb")->delimiter(',')->type_name("A,B");
  run->add_option("--threads", asked.threads, "numbers of threads; 1 and all if not given")
      ->delimiter(',')
      ->check(CLI::Range(1U, 4096U))
      ->type_name("1,2");
  auto* const repeat_option = run->add_option("--repeat", repeat, "rounds: each runs everything once")
                                  ->check(CLI::Range(1U, 1000U))
                                  ->type_name("N");
  run->add_option("--size", asked.size, "quick (the default) or full: of the workloads")
      ->check(CLI::IsMember({"quick", "full"}))
      ->type_name("SIZE");
  auto* const minutes_option = run->add_option("--minutes", minutes, "fit into so many minutes")
                                   ->check(CLI::Validator(positive, "", ""))
                                   ->type_name("M");
  auto* const limit_option = run->add_option("--limit", limit, "kill a process that takes longer than this")
                                 ->check(CLI::Validator(positive, "", ""))
                                 ->type_name("SECONDS");
  run->add_flag("--bars", asked.only_bars, "only what magpie has bars to reach in: see docs/benchmarks.md");
  run->add_flag("--all", asked.all, "all workloads, even if the minutes are not enough for all");
  run->add_option("--out", out, "where to write; bench-DATE if not given")->type_name("DIR");
  add_runners(run);
  run->callback([&] {
    if (*repeat_option) asked.repeat = repeat;
    if (*minutes_option) asked.minutes = minutes;
    if (*limit_option) asked.limit = limit;
    status = bench::run(where, asked, out);
  });

  CLI::App* const compare = app.add_subcommand("compare", "what got better or worse from one run to another");
  std::filesystem::path before;
  std::filesystem::path after;
  std::vector<std::string> of{"magpie"};
  double fail_above = 0;
  compare->add_option("BEFORE", before, "run.json, or the folder with it")->required()->type_name("A.json");
  compare->add_option("AFTER", after, "run.json, or the folder with it")->required()->type_name("B.json");
  compare->add_option("--of", of, "the peers to judge (magpie); the others are the yardstick")
      ->delimiter(',')
      ->type_name("A,B");
  auto* const fail_option =
      compare
          ->add_option("--fail-above", fail_above,
                       "end with status 1 if something got worse by more than this, and than the noise")
          ->check(CLI::NonNegativeNumber)
          ->type_name("PERCENT");
  compare->callback([&] {
    status = bench::compare(before, after, of, *fail_option ? std::optional(fail_above / 100) : std::nullopt);
  });

  CLI::App* const report = app.add_subcommand("report", "draw DIR/report.html once more from DIR/run.json");
  std::filesystem::path drawn;
  report->add_option("DIR", drawn, "what 'run' has written")
      ->required()
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  bench::text_pages into;
  report
      ->add_option("--bars", into.bars,
                   "put the table of what magpie is to reach into this file, between <!-- bars: begin --> and end")
      ->check(CLI::ExistingFile)
      ->type_name("FILE.md");
  report->add_option("--tables", into.tables, "and all tables, between <!-- tables: begin --> and end")
      ->check(CLI::ExistingFile)
      ->type_name("FILE.md");
  report->callback([&] { status = bench::report(drawn, into); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : bench::misused;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const bench::bad_wish& e) {
    fmt::print(stderr, "magpie-bench: {}\n", e.what());
    return bench::misused;
  } catch (const std::exception& e) {
    fmt::print(stderr, "magpie-bench: {}\n", e.what());
    return bench::misused;
  }
}
