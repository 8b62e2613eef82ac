# What the library needs, found the same way by the build and by whoever links it (this file is
# installed beside the package config).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(date CONFIG REQUIRED)  # time zones, until the oldest compiler's library has them
pkg_check_modules(LIBPQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
find_path(LIBCSV_INCLUDE_DIR csv.h REQUIRED)
find_library(LIBCSV_LIBRARY csv REQUIRED)

if(NOT TARGET NightshiftDeps::pqxx)
  add_library(NightshiftDeps::pqxx INTERFACE IMPORTED)
  target_link_libraries(NightshiftDeps::pqxx INTERFACE PkgConfig::LIBPQXX PkgConfig::LIBPQ)
  if(LIBPQXX_VERSION VERSION_LESS 7)
    # Debian 12's libpqxx was built without it; reading a NULL into an optional would crash.
    target_compile_definitions(NightshiftDeps::pqxx INTERFACE PQXX_HAVE_OPTIONAL=1)
  endif()
  add_library(NightshiftDeps::csv INTERFACE IMPORTED)
  target_include_directories(NightshiftDeps::csv INTERFACE ${LIBCSV_INCLUDE_DIR})
  target_link_libraries(NightshiftDeps::csv INTERFACE ${LIBCSV_LIBRARY})
endif()
