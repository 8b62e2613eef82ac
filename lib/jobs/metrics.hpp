// The ledger for Prometheus, in its text format:
// prometheus.io/docs/instrumenting/exposition_formats.
//
//  nightshift_job_last_success_timestamp_seconds{job}  Unix time
//  nightshift_job_last_success_duration_seconds{job}
//  nightshift_job_runs{job,state}                      of the last 7 days, and the last success
//  nightshift_job_missed_periods{job}                  of the last 7 days, by the schedule
#pragma once

#include "jobs/history.hpp"

#include <string>

namespace nightshift::jobs {

// zone: of the schedule's periods.
std::string metrics_text(postgres::Connection& connection,
                         const std::vector<ScheduledJob>& schedule, const std::string& zone);

}  // namespace nightshift::jobs
