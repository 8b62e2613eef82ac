# Private, throw-away Postgres and Redis servers for a demonstration. To be sourced by bash.
#
#   private_folder       makes a folder for them and prints its name
#   start_postgres DIR   a new cluster with an empty database; sets DATABASE_URL
#   start_redis DIR      an empty server; sets REDIS_URL
#   discard_servers DIR  stops what runs in DIR and deletes it; harmless when nothing runs
#
# They listen on a Unix socket in DIR only: no TCP port can clash with a server of this machine,
# and nobody else can reach them. Nothing outside DIR is written.
# shellcheck shell=bash

# `su` without a dash leaves these out of root's PATH; runuser and ldconfig stand there.
PATH=$PATH:/usr/sbin:/sbin

# The folder with initdb, pg_ctl and psql. Debian keeps a server's programs off the PATH.
postgres_programs() {
    local initdb
    initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort --version-sort | tail -n 1)
    [[ -x $initdb ]] && dirname "$initdb"
}

# redis-check-rdb is the server's own binary under another name: it serves when it is started as
# `redis-server`. So redis-tools is enough, and no package that comes with a service is needed.
redis_program() {
    command -v redis-cli >/dev/null || return
    command -v redis-server || command -v redis-check-rdb
}

# Postgres refuses to run as root, so root lends both servers a name that owns nothing else.
server_user() {
    if ((EUID != 0)); then
        id -un
    elif id postgres &>/dev/null; then
        echo postgres
    else
        echo nobody
    fi
}

# In /, since that user may not be let into the folder that we were called from.
as_server_user() (
    cd /
    if ((EUID != 0)); then
        "$@"
    else
        runuser -u "$(server_user)" -- "$@"
    fi
)

# Always below /tmp: a socket's path may have 107 bytes at most, and a TMPDIR that belongs to
# root is closed to the servers.
private_folder() {
    local folder
    folder=$(mktemp -d /tmp/nightshift-XXXXXX)
    chown "$(server_user)" "$folder"
    echo "$folder"
}

start_postgres() {
    local folder=$1 programs
    programs=$(postgres_programs)
    as_server_user "$programs/initdb" --pgdata="$folder/postgres" --username=postgres \
        --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log"
    cat >>"$folder/postgres/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$folder'
port = 5432
fsync = off             # a throw-away database need not survive the machine's crash
full_page_writes = off
END
    as_server_user "$programs/pg_ctl" start --silent --wait --pgdata="$folder/postgres" \
        --log="$folder/postgres.log" || { cat "$folder/postgres.log" >&2 && return 1; }
    "$programs/psql" --no-psqlrc --quiet --command='create database app' \
        "postgresql:///postgres?host=$folder&user=postgres"
    export DATABASE_URL="postgresql:///app?host=$folder&user=postgres"
}

start_redis() {
    local folder=$1 tries
    ln -s "$(redis_program)" "$folder/redis-server"
    as_server_user "$folder/redis-server" --port 0 --unixsocket "$folder/redis.sock" \
        --dir "$folder" --save '' --daemonize yes --pidfile "$folder/redis.pid" \
        --logfile "$folder/redis.log"
    # A daemon's parent returns before the socket is there.
    for ((tries = 0; tries < 100; tries++)); do
        if redis-cli -s "$folder/redis.sock" ping &>/dev/null; then
            export REDIS_URL="unix://$folder/redis.sock"
            return
        fi
        sleep 0.1
    done
    cat "$folder/redis.log" >&2
    return 1
}

# Each server is told by its own folder or socket, never by a process id that could be stale.
discard_servers() {
    local folder=$1
    [[ -d $folder ]] || return 0
    redis-cli -s "$folder/redis.sock" shutdown nosave &>/dev/null || true
    as_server_user "$(postgres_programs)/pg_ctl" stop --silent --mode=immediate \
        --pgdata="$folder/postgres" &>/dev/null || true
    rm -rf "$folder"
}
