# The server component: HTTP gateway, authentication, limits, configuration. It needs libraries that
# the core does not; AUTO builds without it, and says what is missing, when one is not found.

set(LIVEDROPS_SERVER AUTO CACHE STRING "Build the server library: AUTO, ON or OFF")
set_property(CACHE LIVEDROPS_SERVER PROPERTY STRINGS AUTO ON OFF)

# llhttp, the HTTP parser: a library where the distribution has one; Debian 12 has its C sources, in
# the package of a JavaScript library, and they are compiled into the network. True when found.
function(livedrops_find_llhttp found)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(LIVEDROPS_LLHTTP QUIET IMPORTED_TARGET GLOBAL libllhttp)
  endif()
  find_path(LIVEDROPS_LLHTTP_SOURCES llhttp.c PATHS /usr/share/llhttp)
  find_path(LIVEDROPS_LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp)
  mark_as_advanced(LIVEDROPS_LLHTTP_SOURCES LIVEDROPS_LLHTTP_INCLUDE)
  set(${found} FALSE PARENT_SCOPE)
  if(LIVEDROPS_LLHTTP_FOUND OR (LIVEDROPS_LLHTTP_SOURCES AND LIVEDROPS_LLHTTP_INCLUDE))
    set(${found} TRUE PARENT_SCOPE)
  endif()
endfunction()

function(livedrops_use_llhttp target)
  if(TARGET PkgConfig::LIVEDROPS_LLHTTP)
    target_link_libraries(${target} PUBLIC PkgConfig::LIVEDROPS_LLHTTP)
    return()
  endif()
  set(sources llhttp.c api.c http.c)
  list(TRANSFORM sources PREPEND "${LIVEDROPS_LLHTTP_SOURCES}/")
  target_sources(${target} PRIVATE ${sources})
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -w)  # generated, not ours
  target_include_directories(${target} SYSTEM PUBLIC "${LIVEDROPS_LLHTTP_INCLUDE}")
  # Without it llhttp 8 takes requests that others read differently (CVE-2023-30589).
  target_compile_definitions(${target} PUBLIC LLHTTP_STRICT_MODE=1)
endfunction()

# Finds what the network needs; `missing` names the Debian packages that would bring the rest.
function(livedrops_find_server_net_packages missing)
  set(absent)
  find_path(LIVEDROPS_UV_INCLUDE uv.h)
  find_library(LIVEDROPS_UV_LIBRARY uv)
  find_path(LIVEDROPS_WSLAY_INCLUDE wslay/wslay.h)
  find_library(LIVEDROPS_WSLAY_LIBRARY wslay)
  mark_as_advanced(LIVEDROPS_UV_INCLUDE LIVEDROPS_UV_LIBRARY LIVEDROPS_WSLAY_INCLUDE
                   LIVEDROPS_WSLAY_LIBRARY)
  find_package(ZLIB QUIET GLOBAL)
  find_package(OpenSSL 3.0 QUIET GLOBAL COMPONENTS SSL Crypto)
  livedrops_find_llhttp(has_llhttp)
  if(NOT LIVEDROPS_UV_INCLUDE OR NOT LIVEDROPS_UV_LIBRARY)
    list(APPEND absent libuv1-dev)
  endif()
  if(NOT LIVEDROPS_WSLAY_INCLUDE OR NOT LIVEDROPS_WSLAY_LIBRARY)
    list(APPEND absent libwslay-dev)
  endif()
  if(NOT TARGET ZLIB::ZLIB)
    list(APPEND absent zlib1g-dev)
  endif()
  if(NOT TARGET OpenSSL::SSL)
    list(APPEND absent libssl-dev)
  endif()
  if(NOT has_llhttp)
    list(APPEND absent node-llhttp)
  endif()
  set(${missing} "${absent}" PARENT_SCOPE)
endfunction()

# The network, HTTP and WebSockets on libuv: objects, which the server library takes in, and which
# its own tests and benchmark link alone.
function(livedrops_add_server_net)
  livedrops_glob(sources src/server/net/*.cc)
  livedrops_add_library(livedrops_server_net OBJECT ${sources})
  livedrops_use_llhttp(livedrops_server_net)
  target_include_directories(livedrops_server_net PRIVATE src)
  target_compile_options(livedrops_server_net PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wconversion>)
  target_include_directories(livedrops_server_net SYSTEM PUBLIC "${LIVEDROPS_UV_INCLUDE}"
                             "${LIVEDROPS_WSLAY_INCLUDE}")
  target_link_libraries(livedrops_server_net PUBLIC livedrops ${LIVEDROPS_SERVER_NET_LIBRARIES})
endfunction()

# Finds what the server needs; `missing` names the Debian packages that would bring the rest.
function(livedrops_find_server_packages missing)
  set(absent)
  find_package(nlohmann_json 3.9 QUIET GLOBAL)
  find_package(tomlplusplus 3.0 QUIET GLOBAL)
  find_package(CLI11 QUIET GLOBAL)
  find_path(LIVEDROPS_ARGON2_INCLUDE argon2.h)
  find_library(LIVEDROPS_ARGON2_LIBRARY argon2)
  mark_as_advanced(LIVEDROPS_ARGON2_INCLUDE LIVEDROPS_ARGON2_LIBRARY)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    list(APPEND absent nlohmann-json3-dev)
  endif()
  if(NOT TARGET tomlplusplus::tomlplusplus)
    list(APPEND absent libtomlplusplus-dev)
  endif()
  if(NOT TARGET CLI11::CLI11)
    list(APPEND absent libcli11-dev)
  endif()
  if(NOT LIVEDROPS_ARGON2_INCLUDE OR NOT LIVEDROPS_ARGON2_LIBRARY)
    list(APPEND absent libargon2-dev)
  endif()
  set(${missing} "${absent}" PARENT_SCOPE)
endfunction()

if(NOT LIVEDROPS_SERVER STREQUAL "OFF")
  livedrops_find_server_packages(LIVEDROPS_SERVER_MISSING)
  livedrops_find_server_net_packages(LIVEDROPS_SERVER_NET_MISSING)
  list(APPEND LIVEDROPS_SERVER_MISSING ${LIVEDROPS_SERVER_NET_MISSING})
  if(LIVEDROPS_SERVER_MISSING AND LIVEDROPS_SERVER STREQUAL "ON")
    message(FATAL_ERROR "The server needs these packages: ${LIVEDROPS_SERVER_MISSING}")
  elseif(LIVEDROPS_SERVER_MISSING)
    message(STATUS "Without the server: not found: ${LIVEDROPS_SERVER_MISSING}")
  else()
    set(LIVEDROPS_SERVER_NET_LIBRARIES OpenSSL::SSL ZLIB::ZLIB
        $<BUILD_INTERFACE:${LIVEDROPS_UV_LIBRARY}> $<INSTALL_INTERFACE:uv>
        $<BUILD_INTERFACE:${LIVEDROPS_WSLAY_LIBRARY}> $<INSTALL_INTERFACE:wslay>
        $<BUILD_INTERFACE:$<TARGET_NAME_IF_EXISTS:PkgConfig::LIVEDROPS_LLHTTP>>)
    livedrops_add_server_net()
    livedrops_glob(LIVEDROPS_SERVER_SOURCES src/server/*.cc src/server/*/*.cc)
    # Those of the network are objects already.
    list(FILTER LIVEDROPS_SERVER_SOURCES EXCLUDE REGEX "/server/net/")
    livedrops_add_library(livedrops_server STATIC ${LIVEDROPS_SERVER_SOURCES}
                          $<TARGET_OBJECTS:livedrops_server_net>)
    add_library(livedrops::server ALIAS livedrops_server)
    target_include_directories(livedrops_server PRIVATE src "${LIVEDROPS_ARGON2_INCLUDE}")
    target_compile_options(livedrops_server PRIVATE -Wconversion)
    # What is only headers, or only used inside, is no business of an installed library's users.
    target_link_libraries(livedrops_server PUBLIC livedrops
                          PRIVATE $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>
                          $<BUILD_INTERFACE:tomlplusplus::tomlplusplus>
                          $<BUILD_INTERFACE:CLI11::CLI11>
                          $<BUILD_INTERFACE:${LIVEDROPS_ARGON2_LIBRARY}>
                          $<INSTALL_INTERFACE:argon2> ${LIVEDROPS_SERVER_NET_LIBRARIES})
    set_target_properties(livedrops_server PROPERTIES EXPORT_NAME server)
    if(NOT PROJECT_IS_TOP_LEVEL)
      set_target_properties(livedrops_server PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
  endif()
endif()
