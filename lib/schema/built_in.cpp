#include "schema/built_in.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "migrations/status.hpp"
#include "schema/sql.hpp"

namespace nightshift::schema {

const migrations::Track& built_in() {
    static const migrations::Track track{
        "nightshift",
        {
            {1, "attempts_and_boards", sql::m0001_attempts_and_boards},
            {2, "runs_and_closings", sql::m0002_runs_and_closings},
            {3, "streaks", sql::m0003_streaks},
            {4, "notifications", sql::m0004_notifications},
            {5, "media", sql::m0005_media},
            {6, "counters", sql::m0006_counters},
            {7, "levels", sql::m0007_levels},
        }};
    return track;
}

void require_current(postgres::Connection& connection) {
    const auto now = connection.transaction("reading the schema's version", [](auto& transaction) {
        return migrations::status(transaction, built_in());
    });
    migrations::refuse_edited_or_ahead(now);
    const int pending = now.count(migrations::State::pending);
    if (pending > 0) {
        throw Error{Failure::configuration,
                    "the schema in " + connection.where() + " is too old for this nightshift",
                    counted(pending, "migration") + " not applied yet",
                    "run 'nightshift migrate up'"};
    }
}

}  // namespace nightshift::schema
