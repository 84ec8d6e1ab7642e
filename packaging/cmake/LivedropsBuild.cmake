# Functions and settings that every target of this project uses. Nothing here is global: a host that
# embeds livedrops keeps its own flags.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  find_program(LIVEDROPS_CCACHE ccache)
  mark_as_advanced(LIVEDROPS_CCACHE)
  if(LIVEDROPS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache refuses precompiled headers unless told that their macros and times do not matter.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        ${LIVEDROPS_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
    set(LIVEDROPS_PCH_FLAGS $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
endif()

set(LIVEDROPS_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wundef
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlapping copies inside std::string's operator+ where there are none (PR 105651).
  list(APPEND LIVEDROPS_WARNINGS -Wno-restrict)
endif()

# Source files that match; a directory that does not exist yet gives an empty list.
function(livedrops_glob out)
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/")
  file(GLOB files CONFIGURE_DEPENDS ${ARGN})
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# What all targets of this project have in common.
function(livedrops_configure target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE ${LIVEDROPS_WARNINGS})
  target_compile_definitions(${target} PRIVATE
      $<$<BOOL:${LIVEDROPS_ABORT_ON_BROKEN_INVARIANT}>:LIVEDROPS_ABORT_ON_BROKEN_INVARIANT=1>)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF C_STANDARD 99 C_EXTENSIONS OFF
      CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

function(livedrops_public_includes target)
  target_include_directories(${target} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
      $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# A library of the given kind; without sources it is an empty one, so that its users need no guard.
function(livedrops_add_library target kind)
  set(sources ${ARGN})
  if(NOT sources)
    set(sources "${PROJECT_BINARY_DIR}/empty.cc")
    file(CONFIGURE OUTPUT "${sources}" CONTENT "")
  endif()
  add_library(${target} ${kind} ${sources})
  livedrops_configure(${target})
  livedrops_public_includes(${target})
  # A host may link the static library into a shared one of its own.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# What the programs of src/cli share: CLI11 takes ten seconds a file.
function(livedrops_add_program_objects target)
  livedrops_add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PUBLIC CLI11::CLI11 ZLIB::ZLIB nlohmann_json::nlohmann_json
                        Threads::Threads)
endfunction()

# A program in <build>/bin of those objects and of its own sources.
function(livedrops_add_program target name objects)
  add_executable(${target} ${ARGN})
  livedrops_configure(${target})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE ${objects} livedrops_simulation livedrops_testing
                        livedrops)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}
                        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endfunction()
