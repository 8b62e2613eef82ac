# Run as a script: writes a header in which each given file is a string constant.
#   cmake -DOUTPUT=sql.hpp -DNAMESPACE=nightshift::jobs::sql -DFILES=a.sql;b.sql -P embed_text.cmake
# acquire_lease.sql becomes acquire_lease; 0001_house.sql becomes m0001_house.
set(text "// Made from the files of the same names; do not edit.\n#pragma once\n\n#include <string_view>\n\n")
string(APPEND text "namespace ${NAMESPACE} {\n\n")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME_WE)
  if(name MATCHES "^[0-9]")
    set(name "m${name}")
  endif()
  file(READ "${file}" content)
  string(APPEND text "inline constexpr std::string_view ${name} = R\"embedded(${content})embedded\";\n\n")
endforeach()
string(APPEND text "}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}" "${text}")
