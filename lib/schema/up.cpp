#include "schema/up.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "schema/built_in.hpp"

namespace nightshift::schema {
namespace {

// While one works the other stands idle.
void keep_when_idle(postgres::Connection& connection) {
    connection.translated("preparing the session", [&] {
        pqxx::nontransaction{connection.base()}.exec("SET idle_session_timeout = 0");
    });
}

std::vector<migrations::Statement> adopt(postgres::Connection& connection,
                                         postgres::AdvisoryLock& lock, Adoption adoption,
                                         const UpRequest& request) {
    const auto builder = request.run.connect();
    keep_when_idle(connection);
    keep_when_idle(*builder);
    std::vector<migrations::Statement> done;
    // Planned anew after each: meanwhile the app, or its owner, may have done the next.
    while (!adoption.statements.empty()) {
        auto& statement = adoption.statements.front();
        log::info(statement.purpose);
        log::debug("running", {{"sql", statement.sql}});
        lock.confirm();
        const bool ran = migrations::run(connection, statement,
                                         {.builder = *builder,
                                          .role = request.adoption.role,
                                          .patience = request.patience,
                                          .stop = request.run.stop});
        if (ran) done.push_back(std::move(statement));
        adoption = plan_adoption(connection, request.adoption);
        if (adoption.refusal) {
            throw Error{adoption.refusal->error.failure,
                        "the app's tables have changed meanwhile; what was done stays done",
                        adoption.refusal->error.cause, "run again to see what mends it"};
        }
    }
    return done;
}

}  // namespace

UpResult up(const UpRequest& request) {
    const auto lock = migrations::take_lock(request.run);
    const auto connection = request.run.connect();
    auto [adoption, migrations] = plan(*connection, request.adoption);
    UpResult result;
    result.waited = lock->had_to_wait();
    result.refusal = std::move(adoption.refusal);
    if (result.refusal) return result;

    if (!adoption.statements.empty()) {
        result.statements = adopt(*connection, *lock, std::move(adoption), request);
    }
    lock->confirm();
    result.applied = migrations::apply_pending(*connection, built_in());
    return result;
}

Plan plan(postgres::Connection& connection, const AdoptionRequest& request) {
    auto pending = migrations::pending(connection, built_in());  // refuses what it cannot know
    auto adoption = plan_adoption(connection, request);
    for (const auto& warning : adoption.warnings) log::warning(warning);
    return {std::move(adoption), std::move(pending)};
}

}  // namespace nightshift::schema
