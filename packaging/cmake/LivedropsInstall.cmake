# Install rules. One export set per component, so that a user of one needs nothing of the others:
#   livedrops (default)  the static C++ library        livedrops::livedrops
#   c                    the shared library, C API      livedrops::c
#   postgres             with the PostgreSQL storage    livedrops::postgres
#   testing              clocks, faults, conformance    livedrops::testing
#   server               HTTP gateway, when built        livedrops::server

include(CMakePackageConfigHelpers)
set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/livedrops")

install(TARGETS livedrops EXPORT livedrops ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS livedrops_c EXPORT livedrops-c LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS livedrops_testing EXPORT livedrops-testing
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
set(export_sets livedrops livedrops-c livedrops-testing)
if(TARGET livedrops_server)
  install(TARGETS livedrops_server EXPORT livedrops-server
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  list(APPEND export_sets livedrops-server)
endif()
if(LIVEDROPS_WITH_POSTGRES)
  install(TARGETS livedrops_postgres EXPORT livedrops-postgres)
  list(APPEND export_sets livedrops-postgres)
endif()
foreach(set ${export_sets})
  install(EXPORT ${set} NAMESPACE livedrops:: DESTINATION ${config_dir} FILE ${set}-targets.cmake)
endforeach()

install(DIRECTORY include/livedrops DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_BINARY_DIR}/include/livedrops/version.h"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/livedrops")
if(TARGET livedrops_cli)
  install(TARGETS livedrops_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET livedropsd)
  install(TARGETS livedropsd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES packaging/livedropsd.service DESTINATION lib/systemd/system)
  install(DIRECTORY packaging/monitoring DESTINATION "${CMAKE_INSTALL_DATADIR}/livedrops")
endif()

configure_package_config_file(packaging/cmake/livedropsConfig.cmake.in livedropsConfig.cmake
                              INSTALL_DESTINATION ${config_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the API.
write_basic_package_version_file(livedropsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/livedropsConfig.cmake"
              "${PROJECT_BINARY_DIR}/livedropsConfigVersion.cmake" DESTINATION ${config_dir})

# The .pc files find the prefix from where they lie, so that the installed tree can be moved.
file(RELATIVE_PATH LIVEDROPS_PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" LIVEDROPS_PC_PREFIX "${LIVEDROPS_PC_PREFIX}")
set(LIVEDROPS_PC_LIBPQ)
if(LIVEDROPS_WITH_POSTGRES)
  set(LIVEDROPS_PC_LIBPQ ", libpq")
endif()
foreach(name livedrops livedrops-c)
  configure_file(packaging/${name}.pc.in ${name}.pc @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
