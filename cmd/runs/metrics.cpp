// nightshift runs metrics: the ledger for Prometheus.
#include "jobs/metrics.hpp"

#include "base/file.hpp"
#include "subcommands.hpp"

#include <nlohmann/json.hpp>

namespace nightshift::cmd {
namespace {

ExitCode show_metrics(Session& session, const std::string& file) {
    const auto text = jobs::metrics_text(*session.migrated_postgres(), declared_schedule(session),
                                         session.zone());
    if (!file.empty()) write_file(file, text, 0644);
    session.output.result([&] { return file.empty() ? text : "wrote " + file + "\n"; },
                          [&] {
                              return nlohmann::ordered_json{{"metrics", text}};
                          });
    return ExitCode::done;
}

}  // namespace

void add_runs_metrics(CLI::App& runs, Chosen& chosen) {
    auto* command = runs.add_subcommand("metrics", "the ledger in Prometheus's text format");
    command->fallthrough();
    auto file = std::make_shared<std::string>();
    command->add_option("--metrics-file", *file, "write it there, whole or not at all")
        ->type_name("FILE");
    command->footer(
        "Every job writes the same file with --metrics-file when its run has ended.\n"
        "\n"
        "Examples:\n"
        "  nightshift runs metrics\n"
        "  nightshift runs metrics --metrics-file "
        "/var/lib/prometheus/node-exporter/nightshift.prom");
    command->callback([&chosen, file] {
        chosen = {"runs metrics",
                  [file](Session& session) { return show_metrics(session, *file); }};
    });
}

}  // namespace nightshift::cmd
